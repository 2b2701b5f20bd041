-- +goose Up

-- What came last, and which of it no webhook brought.
CREATE INDEX events_by_arrival ON events (received_at, type);
