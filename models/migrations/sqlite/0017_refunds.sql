-- +goose Up

-- Refunds that were asked for here. The id is Stripe's idempotency key and
-- stands in the refund's metadata, so that each is made once; the books change
-- when Stripe says so, not by these rows.
CREATE TABLE refund_requests (
    id              TEXT PRIMARY KEY,
    form_key        TEXT NOT NULL UNIQUE,
    donation_id     TEXT NOT NULL REFERENCES donations (id),
    charge          TEXT NOT NULL,
    amount          BIGINT NOT NULL,
    whole           BOOLEAN NOT NULL,  -- all that was left was asked for
    reason          TEXT NOT NULL,
    asked_by        TEXT NOT NULL,
    asked_at        DATETIME NOT NULL,
    attempt         INTEGER NOT NULL,  -- of Stripe's idempotency keys
    state           TEXT NOT NULL,     -- asked, unanswered, taken or refused
    refund_id       TEXT,              -- Stripe's, once it is taken
    ended_at        DATETIME
);
CREATE INDEX refund_requests_by_donation ON refund_requests (donation_id);
