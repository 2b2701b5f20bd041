-- +goose Up

-- Every id that Stripe knows a gift by: its session, payment intent, charge and
-- invoice. What names one of them is about that gift.
CREATE TABLE gift_ids (
    id              TEXT PRIMARY KEY,
    donation_id     TEXT NOT NULL REFERENCES donations (id)
);
CREATE INDEX gift_ids_by_donation ON gift_ids (donation_id);
INSERT INTO gift_ids (id, donation_id)
    SELECT payment_intent, MIN(donation_id) FROM facts WHERE payment_intent <> '' GROUP BY payment_intent;
INSERT INTO gift_ids (id, donation_id)
    SELECT session_id, MIN(donation_id) FROM facts WHERE session_id <> '' GROUP BY session_id;
INSERT INTO gift_ids (id, donation_id)
    SELECT SUBSTR(key, 1, LENGTH(key) - 7), donation_id FROM facts WHERE kind = 'charge';

DROP INDEX facts_by_intent;
ALTER TABLE facts DROP COLUMN payment_intent;
ALTER TABLE facts DROP COLUMN session_id;
ALTER TABLE facts ADD COLUMN object TEXT NOT NULL DEFAULT ''; -- the charge, refund or dispute it tells of
UPDATE facts SET object = SUBSTR(key, 1, LENGTH(key) - 7) WHERE kind = 'charge';
CREATE INDEX facts_by_object ON facts (object, kind);
-- Few stand at any time: refunds and disputes whose end is not known yet.
CREATE INDEX facts_opened ON facts (kind, object) WHERE kind IN ('refund', 'dispute_opened');

-- A renewal is a gift of its own, without a token: its invoice names it.
ALTER TABLE donations ADD COLUMN invoice_id TEXT;
ALTER TABLE donations ADD COLUMN subscription_id TEXT;
ALTER TABLE donations ADD COLUMN renewal BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE donations ADD COLUMN refunded_at TIMESTAMPTZ;
CREATE UNIQUE INDEX donations_by_invoice ON donations (invoice_id);
CREATE INDEX donations_by_subscription ON donations (subscription_id);
CREATE INDEX donations_undecided ON donations (status) WHERE status IN ('started', 'processing');

-- Monthly and yearly gifts, as Stripe last described them.
CREATE TABLE subscriptions (
    id              TEXT PRIMARY KEY,
    token           TEXT NOT NULL,     -- of the gift that began it
    customer        TEXT NOT NULL,
    status          TEXT NOT NULL,
    amount          BIGINT NOT NULL,   -- of one payment, covered fees included
    currency        TEXT NOT NULL,
    months          BIGINT NOT NULL,   -- from one payment to the next
    cancels_at_end  BOOLEAN NOT NULL,  -- no payment after the period under way
    period_end      TIMESTAMPTZ,
    as_of           TIMESTAMPTZ NOT NULL    -- when it was so at Stripe
);

-- What an event waits for: it is tried again at once when one of these ids
-- becomes known.
CREATE TABLE event_waits (
    id              TEXT NOT NULL,
    event_id        TEXT NOT NULL REFERENCES events (id),
    PRIMARY KEY (id, event_id)
);

CREATE TABLE payouts (
    id              TEXT PRIMARY KEY,
    amount          BIGINT NOT NULL,   -- negative: Stripe debited the bank
    currency        TEXT NOT NULL,
    status          TEXT NOT NULL,
    automatic       BOOLEAN NOT NULL,
    reconciliation  TEXT NOT NULL,     -- completed: its members can be listed
    arrival_on      TIMESTAMPTZ NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    failed_at       TIMESTAMPTZ,
    members_read    BOOLEAN NOT NULL,
    difference      BIGINT NOT NULL DEFAULT 0, -- its amount less that of its members
    from_before     BIGINT NOT NULL DEFAULT 0  -- what moved before the books start, of its members
);
CREATE INDEX payouts_by_arrival ON payouts (arrival_on, id);

-- Stripe's own account of every movement of its balance, beside ours.
CREATE TABLE balance_transactions (
    id              TEXT PRIMARY KEY,
    category        TEXT NOT NULL,
    source          TEXT NOT NULL,
    amount          BIGINT NOT NULL,
    fee             BIGINT NOT NULL,
    net             BIGINT NOT NULL,
    currency        TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    movement        TEXT NOT NULL,     -- the key under which the journal has it, if a gift's or a payout's
    treatment       TEXT NOT NULL,     -- gift, payout, other or suspense
    owns_movement   BOOLEAN NOT NULL,  -- the posting under that key is of this transaction
    payout_id       TEXT NOT NULL,     -- the deposit it went out with; '' while not known
    read_at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX balance_transactions_by_movement ON balance_transactions (movement);
CREATE INDEX balance_transactions_by_payout ON balance_transactions (payout_id);
CREATE INDEX balance_transactions_by_time ON balance_transactions (created_at);
CREATE INDEX balance_transactions_unsettled ON balance_transactions (treatment) WHERE treatment = 'suspense';

-- The line of a posting in one account is asked for far more often than an
-- account's amounts in their order: by this index neither has to go through
-- the whole account.
DROP INDEX posting_lines_by_account;
CREATE INDEX posting_lines_by_account ON posting_lines (account, posting, amount);

-- Where the books and Stripe differ, for staff.
CREATE TABLE findings (
    kind            TEXT NOT NULL,
    object          TEXT NOT NULL,
    amount          BIGINT NOT NULL,
    currency        TEXT NOT NULL,
    detail          TEXT NOT NULL,
    found_at        TIMESTAMPTZ NOT NULL,
    seen_at         TIMESTAMPTZ NOT NULL,   -- by the last sync that looked
    closed_at       TIMESTAMPTZ,
    PRIMARY KEY (kind, object)
);

-- One row: how far the sync with Stripe has come.
CREATE TABLE sync_state (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    started_at      TIMESTAMPTZ,            -- of the run under way or broken off
    since           TIMESTAMPTZ,            -- from when on it reads
    stage           TEXT NOT NULL,
    after           TEXT NOT NULL,     -- the last object read in that stage
    completed_at    TIMESTAMPTZ,            -- of the last run that reached its end
    read_until      TIMESTAMPTZ,            -- when that run began: the next reads from there
    stripe_balance  BIGINT,            -- Stripe's own figure at the end of it
    balance_at      TIMESTAMPTZ
);

-- Who does what only one replica should do at a time.
CREATE TABLE leases (
    name            TEXT PRIMARY KEY,
    holder          TEXT NOT NULL,
    until           TIMESTAMPTZ NOT NULL
);
