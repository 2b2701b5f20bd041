-- +goose Up

-- What Stripe last said of each dispute beside the money it moved: until when
-- it can be answered, and whether it was.
CREATE TABLE disputes (
    id              TEXT PRIMARY KEY,  -- dp_…
    status          TEXT NOT NULL,
    amount          BIGINT NOT NULL,   -- what is disputed
    respond_by      DATETIME,          -- NULL: Stripe names no day
    as_of           DATETIME NOT NULL  -- when it was so at Stripe
);
