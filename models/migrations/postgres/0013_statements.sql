-- +goose Up

-- Whether a receipt of a gift waits for a person, asked for each gift of a year.
CREATE INDEX outbox_held ON outbox (donation_id) WHERE state = 'held';
