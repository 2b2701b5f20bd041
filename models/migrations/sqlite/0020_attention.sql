-- +goose Up

-- What people decided about what needed them, in their words. Appended, never
-- changed: an event that is resolved says so by its state, a finding below.
CREATE TABLE resolutions (
    id              TEXT PRIMARY KEY,  -- sorts by time
    kind            TEXT NOT NULL,     -- a finding's; empty: an event
    object          TEXT NOT NULL,
    problem         TEXT NOT NULL,     -- in the words in which it was decided about
    amount          BIGINT NOT NULL,
    at              DATETIME NOT NULL,
    who             TEXT NOT NULL,
    note            TEXT NOT NULL
);
CREATE INDEX resolutions_by_object ON resolutions (object, id);

-- NULL: nobody has decided about it, or it has changed since.
ALTER TABLE findings ADD COLUMN resolved_at DATETIME;

-- The mornings on which it was looked whether something waits, and how much did:
-- finance is mailed once a day, whatever comes later.
CREATE TABLE mornings (
    day             TEXT PRIMARY KEY,  -- in the campaign's zone
    at              DATETIME NOT NULL,
    waited          BIGINT NOT NULL
);
