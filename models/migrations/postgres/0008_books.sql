-- +goose Up

-- Whose gift it is, in the words given with it. The person's name in it may be
-- emptied on erasure, as the address.
ALTER TABLE facts ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE donations ADD COLUMN donor_name TEXT NOT NULL DEFAULT ''; -- a cache of the facts
CREATE INDEX facts_of_lost_disputes ON facts (object) WHERE kind = 'dispute_lost';

-- Numbered documents about gifts. Appended, never changed.
CREATE TABLE receipts (
    id              TEXT PRIMARY KEY,
    number          BIGINT NOT NULL UNIQUE,
    donation_id     TEXT NOT NULL REFERENCES donations (id),
    kind            TEXT NOT NULL,      -- receipt, amended or void
    amount          BIGINT NOT NULL,    -- what the contribution comes to: the next less the two after it
    captured        BIGINT NOT NULL,
    refunded        BIGINT NOT NULL,
    lost            BIGINT NOT NULL,    -- in disputes
    reason          TEXT NOT NULL,
    replaces        TEXT UNIQUE REFERENCES receipts (id),
    issued_at       TIMESTAMPTZ NOT NULL
);
CREATE INDEX receipts_by_donation ON receipts (donation_id, number);

-- The gifts of which a document may be due: of each, whether one is can be
-- told from its facts alone.
CREATE TABLE receipts_due (
    donation_id     TEXT PRIMARY KEY REFERENCES donations (id),
    since           TIMESTAMPTZ NOT NULL,
    not_before      TIMESTAMPTZ NOT NULL
);
CREATE INDEX receipts_due_by_time ON receipts_due (not_before, donation_id);

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION '% are append-only', TG_TABLE_NAME;
END
$$ LANGUAGE plpgsql;
-- +goose StatementEnd
CREATE TRIGGER receipts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON receipts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What becomes of a mail that is due.
CREATE INDEX outbox_by_donation ON outbox (donation_id, kind);
ALTER TABLE outbox ADD COLUMN first_tried_at TIMESTAMPTZ;                 -- the patience with it counts from then
ALTER TABLE outbox ADD COLUMN ended_at TIMESTAMPTZ;                       -- when it was sent, given up or dropped
ALTER TABLE outbox ADD COLUMN problem TEXT NOT NULL DEFAULT '';   -- for staff; no address in it
ALTER TABLE outbox ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';  -- who had it sent again; '': nobody, it came of itself

-- A receipt was a mail before it was a document: none of them was sent.
INSERT INTO receipts_due (donation_id, since, not_before)
    SELECT donation_id, MIN(created_at), MIN(created_at) FROM outbox WHERE kind = 'receipt' GROUP BY donation_id;
DELETE FROM outbox WHERE kind = 'receipt';

-- A dispute that is over and has not given back all that it took was lost; should
-- it have been won, what it gives back later says so.
INSERT INTO facts (key, donation_id, kind, amount, currency, at, object, charge, email, email_rank, method, last4, evidence, recorded_at)
    SELECT c.object || ':lost', c.donation_id, 'dispute_lost', 0, c.currency, c.at, c.object, c.charge, '', 0, '', '', c.evidence, c.recorded_at
    FROM facts c WHERE c.kind = 'dispute_closed'
      AND (SELECT SUM(m.amount) FROM facts m WHERE m.object = c.object AND m.kind = 'dispute') > 0;
