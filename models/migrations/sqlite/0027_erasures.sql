-- +goose Up

-- Whoever gave and asked to be forgotten: nothing of their person is kept, and
-- nothing of it is taken in again.
ALTER TABLE donors ADD COLUMN erased_at DATETIME;
CREATE TABLE erasures (
    id              TEXT PRIMARY KEY,   -- sorts by time
    donor_id        TEXT NOT NULL UNIQUE REFERENCES donors (id),
    asked_at        DATETIME NOT NULL,  -- when the books' own rows were emptied
    asked_by        TEXT NOT NULL,
    events_after    TEXT NOT NULL,      -- the last raw event that was looked at
    events_at       DATETIME,           -- when all of them were
    stripe_at       DATETIME,           -- when Stripe had forgotten too
    state           TEXT NOT NULL,      -- queued or done
    attempts        BIGINT NOT NULL,
    next_try_at     DATETIME NOT NULL,
    failing_since   DATETIME,
    problem         TEXT NOT NULL
);
CREATE INDEX erasures_due ON erasures (state, next_try_at);

-- One row once somebody was erased: the key with which their addresses are
-- hashed, so that the hashes say nothing without the books.
CREATE TABLE erasure_key (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    key             TEXT NOT NULL
);
CREATE TABLE erased_addresses (
    hash            TEXT NOT NULL,      -- HMAC-SHA-256 of the address
    erasure_id      TEXT NOT NULL REFERENCES erasures (id),
    PRIMARY KEY (hash, erasure_id)
);

-- What speaks of a customer may speak of somebody who was erased.
CREATE INDEX subscriptions_by_customer ON subscriptions (customer);
