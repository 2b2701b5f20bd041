-- +goose Up

-- What a person entered of a gift that did not pass through Stripe. Its money
-- stands in the journal; only a reversal is added here later.
CREATE TABLE offline_gifts (
    donation_id     TEXT PRIMARY KEY REFERENCES donations (id),
    method          TEXT NOT NULL,
    received_on     TIMESTAMPTZ NOT NULL, -- the day in the campaign's zone, as a UTC midnight
    dated_on        TIMESTAMPTZ,          -- of a check, likewise
    donor_name      TEXT NOT NULL,
    donor_email     TEXT NOT NULL,
    donor_address   TEXT NOT NULL,
    reference       TEXT NOT NULL,
    note            TEXT NOT NULL,
    entered_by      TEXT NOT NULL,
    entered_at      TIMESTAMPTZ NOT NULL,
    form_key        TEXT UNIQUE,
    reversed_at     TIMESTAMPTZ,
    reversed_by     TEXT NOT NULL DEFAULT '',
    reverse_reason  TEXT NOT NULL DEFAULT ''
);
