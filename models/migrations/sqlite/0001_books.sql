-- +goose Up

-- One row: whose books these are.
CREATE TABLE books (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    slug        TEXT NOT NULL,
    currency    TEXT NOT NULL,
    livemode    BOOLEAN,               -- unknown until a service with a Stripe key has started
    made_at     DATETIME NOT NULL,
    probed_at   DATETIME               -- written by the readiness check, to prove that writing works
);

CREATE TABLE donors (
    id          TEXT PRIMARY KEY,
    email       TEXT UNIQUE,           -- trimmed and lower-cased; NULL: a gift without one
    gifts       BIGINT NOT NULL DEFAULT 0, -- gifts of theirs that count now
    created_at  DATETIME NOT NULL
);

CREATE TABLE donations (
    id              TEXT PRIMARY KEY,
    token           TEXT UNIQUE,
    reference       TEXT NOT NULL UNIQUE,
    livemode        BOOLEAN NOT NULL,
    frequency       TEXT NOT NULL,
    amount          BIGINT NOT NULL,
    fees_covered    BIGINT NOT NULL,
    newsletter      BOOLEAN NOT NULL,
    comment         TEXT NOT NULL,
    tribute         TEXT NOT NULL,
    tribute_name    TEXT NOT NULL,
    src             TEXT NOT NULL,
    utm_source      TEXT NOT NULL,
    utm_medium      TEXT NOT NULL,
    utm_campaign    TEXT NOT NULL,
    utm_content     TEXT NOT NULL,
    currency        TEXT NOT NULL,
    amount_charged  BIGINT NOT NULL,
    form_key        TEXT,
    form_attempt    BIGINT NOT NULL,
    session_id      TEXT UNIQUE,
    checkout_url    TEXT NOT NULL,
    expires_at      DATETIME,
    checkout_state  TEXT NOT NULL,
    from_metadata   BOOLEAN NOT NULL,  -- made from what Stripe keeps, not from a form
    cancelled_at    DATETIME,
    looked_at       DATETIME,
    donor_id        TEXT REFERENCES donors (id),
    status          TEXT NOT NULL,
    received_at     DATETIME,
    captured        BIGINT NOT NULL DEFAULT 0,
    refunded        BIGINT NOT NULL DEFAULT 0,
    disputed        BIGINT NOT NULL DEFAULT 0,
    fee_taken       BIGINT NOT NULL DEFAULT 0,
    counted         BOOLEAN NOT NULL DEFAULT FALSE,
    pending         BIGINT NOT NULL DEFAULT 0,
    created_at      DATETIME NOT NULL,
    UNIQUE (form_key, form_attempt)
);
CREATE INDEX donations_by_donor ON donations (donor_id);
CREATE INDEX donations_by_time ON donations (received_at, id);

-- What is known of a gift: a set, appended once per key. The person's address
-- in it may be emptied on erasure; nothing else changes.
CREATE TABLE facts (
    key             TEXT PRIMARY KEY,
    donation_id     TEXT NOT NULL REFERENCES donations (id),
    kind            TEXT NOT NULL,
    amount          BIGINT NOT NULL,
    currency        TEXT NOT NULL,
    at              DATETIME NOT NULL,
    email           TEXT NOT NULL,
    email_rank      BIGINT NOT NULL,
    payment_intent  TEXT NOT NULL,
    session_id      TEXT NOT NULL,
    method          TEXT NOT NULL,
    last4           TEXT NOT NULL,
    evidence        TEXT NOT NULL,     -- the event or object that said so
    recorded_at     DATETIME NOT NULL
);
CREATE INDEX facts_by_donation ON facts (donation_id);
CREATE INDEX facts_by_intent ON facts (payment_intent);

-- The journal. Appended once per key, never changed.
CREATE TABLE postings (
    key             TEXT PRIMARY KEY,
    kind            TEXT NOT NULL,
    donation_id     TEXT REFERENCES donations (id),
    payout          TEXT NOT NULL DEFAULT '',
    at              DATETIME NOT NULL, -- Stripe's time of the movement
    posted_at       DATETIME NOT NULL,
    corrects        TEXT REFERENCES postings (key),
    memo            TEXT NOT NULL
);
CREATE INDEX postings_by_donation ON postings (donation_id);
CREATE INDEX postings_by_time ON postings (at);

CREATE TABLE posting_lines (
    posting         TEXT NOT NULL REFERENCES postings (key),
    number          BIGINT NOT NULL,
    account         TEXT NOT NULL,
    amount          BIGINT NOT NULL,   -- positive is a debit, negative a credit
    currency        TEXT NOT NULL,
    PRIMARY KEY (posting, number)
);
CREATE INDEX posting_lines_by_account ON posting_lines (account, amount);

-- The inbox: every genuine event as it came, before it is understood.
CREATE TABLE events (
    id              TEXT PRIMARY KEY,
    type            TEXT NOT NULL,
    object_id       TEXT NOT NULL,
    created         DATETIME NOT NULL,
    livemode        BOOLEAN NOT NULL,
    api_version     TEXT NOT NULL,
    raw             BLOB NOT NULL,
    sha256          TEXT NOT NULL,
    received_at     DATETIME NOT NULL,
    state           TEXT NOT NULL,
    attempts        BIGINT NOT NULL DEFAULT 0,
    next_try_at     DATETIME,
    failing_since   DATETIME,
    problem         TEXT NOT NULL
);
CREATE INDEX events_by_state ON events (state, next_try_at);
CREATE INDEX events_by_object ON events (object_id, type);

-- The outbox: what is to be sent, committed with what it tells of.
CREATE TABLE outbox (
    key             TEXT PRIMARY KEY,
    kind            TEXT NOT NULL,
    donation_id     TEXT REFERENCES donations (id),
    payload         TEXT NOT NULL,
    state           TEXT NOT NULL,
    attempts        BIGINT NOT NULL DEFAULT 0,
    next_try_at     DATETIME NOT NULL,
    created_at      DATETIME NOT NULL
);
CREATE INDEX outbox_due ON outbox (state, next_try_at);

-- The public figures as changes, appended with the posting that made them and
-- folded up in the background, so that no two bookings queue for one row.
CREATE TABLE progress_changes (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    gross           BIGINT NOT NULL,
    refunded        BIGINT NOT NULL,
    disputed        BIGINT NOT NULL,
    offline         BIGINT NOT NULL,
    fees            BIGINT NOT NULL,
    pending         BIGINT NOT NULL,
    gifts           BIGINT NOT NULL,
    donors          BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,   -- microseconds since 1970, so that MAX reads alike on both databases
    gift_at         BIGINT NOT NULL    -- likewise, of the last gift counted; 0 for none
);

-- +goose StatementBegin
CREATE TRIGGER postings_stay BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER postings_are_kept BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER posting_lines_stay BEFORE UPDATE ON posting_lines BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER posting_lines_are_kept BEFORE DELETE ON posting_lines BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;
-- +goose StatementEnd
