-- +goose Up

-- Persons stay in the raw text of an event for a while, and then no more. Its
-- hash stays that of what came.
ALTER TABLE events ADD COLUMN emptied_at DATETIME; -- when persons were taken out of raw; NULL: it is as it came
CREATE INDEX events_to_empty ON events (received_at) WHERE emptied_at IS NULL;

-- What was forgotten since the audit log was last told of it.
CREATE TABLE retention (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    emptied         BIGINT NOT NULL,   -- payloads
    dropped         BIGINT NOT NULL,   -- addresses that asked for the newsletter and never confirmed
    completed_at    DATETIME                 -- when nothing that was due was left
);
INSERT INTO retention (id, emptied, dropped) VALUES (1, 0, 0);
