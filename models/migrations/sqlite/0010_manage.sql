-- +goose Up

-- One link for each time somebody asked to manage gifts. Its token stands in
-- the mail alone; here is its SHA-256. Of the address asked for, only a hash of
-- its inbox is kept: anybody can type anybody's.
CREATE TABLE manage_links (
    token_hash      TEXT PRIMARY KEY,
    inbox_hash      TEXT NOT NULL,
    donor_id        TEXT REFERENCES donors (id), -- NULL: no link was mailed; nobody gave from that address, or its inbox was sent enough
    made_at         DATETIME NOT NULL,
    expires_at      DATETIME NOT NULL,
    used_at         DATETIME
);
CREATE INDEX manage_links_by_inbox ON manage_links (inbox_hash, made_at);
CREATE INDEX manage_links_by_time ON manage_links (made_at);

-- Donors who see their gifts now, by the SHA-256 of what their browser holds.
CREATE TABLE manage_sessions (
    token_hash      TEXT PRIMARY KEY,
    donor_id        TEXT NOT NULL REFERENCES donors (id),
    made_at         DATETIME NOT NULL,
    expires_at      DATETIME NOT NULL
);
CREATE INDEX manage_sessions_by_time ON manage_sessions (expires_at);

-- Repeated gifts that their donors ended here, and why, if they said so.
CREATE TABLE cancellations (
    subscription_id TEXT PRIMARY KEY REFERENCES subscriptions (id),
    asked_at        DATETIME NOT NULL,
    reason          TEXT NOT NULL DEFAULT '' -- the donor's own words; staff only
);

-- When the period under way began, which is when its payment was due, and the
-- part of a payment that covers fees, which a change of the amount changes too.
ALTER TABLE subscriptions ADD COLUMN period_start DATETIME;
ALTER TABLE subscriptions ADD COLUMN fees_covered BIGINT NOT NULL DEFAULT 0;
UPDATE subscriptions SET fees_covered = COALESCE((SELECT MAX(d.fees_covered) FROM donations d WHERE d.token = subscriptions.token), 0);
