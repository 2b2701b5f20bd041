-- +goose Up

-- The list of gifts, in its two orders: by the time, and by the amount.
CREATE INDEX donations_by_moment ON donations (COALESCE(received_at, created_at), id);
CREATE INDEX donations_by_worth ON donations ((CASE WHEN captured > 0 THEN captured ELSE amount_charged END), id);
-- What gifts are found by.
CREATE INDEX facts_by_last4 ON facts (last4) WHERE last4 <> '';
CREATE INDEX facts_by_method ON facts (method, donation_id) WHERE method <> '';
CREATE INDEX audit_log_by_object ON audit_log (object);

-- How often an event came again after it was kept, and when last.
ALTER TABLE events ADD COLUMN again BIGINT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN again_at TIMESTAMPTZ;

-- What staff write down about a gift. Appended, never changed.
CREATE TABLE gift_notes (
    id              TEXT PRIMARY KEY,  -- sorts by time
    donation_id     TEXT NOT NULL REFERENCES donations (id),
    at              TIMESTAMPTZ NOT NULL,
    who             TEXT NOT NULL,
    text            TEXT NOT NULL
);
CREATE INDEX gift_notes_by_donation ON gift_notes (donation_id, id);
