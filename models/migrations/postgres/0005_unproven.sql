-- +goose Up

-- The postings that no balance transaction proved when a sync last looked, and
-- what Stripe said of each: what verify takes for on its way.
CREATE TABLE unproven_postings (
    key             TEXT PRIMARY KEY,
    asked_at        TIMESTAMPTZ,     -- when Stripe was asked last; never, while it is new
    missing         TEXT NOT NULL      -- why Stripe does not bear it out; '' if it does
);
-- A balance that was read before these were kept can't be compared with them.
UPDATE sync_state SET stripe_balance = NULL, balance_at = NULL;

-- Few stand at any time, and each sync lists them.
CREATE INDEX facts_of_warnings ON facts (donation_id, object) WHERE kind = 'fraud_warning';
