-- +goose Up

-- Who asked for the newsletter, and who has confirmed it. Only a confirmed
-- address is on the list.
CREATE TABLE newsletter_signups (
    email           TEXT PRIMARY KEY,  -- trimmed and lower-cased
    source          TEXT NOT NULL,     -- page or gift: where it was asked for first
    requested_at    DATETIME NOT NULL,
    asked_at        DATETIME NOT NULL, -- when it was asked for last; written each time, known or not
    confirmed_at    DATETIME
);
CREATE INDEX newsletter_signups_by_time ON newsletter_signups (confirmed_at, email);

-- One link for each mail that asks to confirm. Its token stands in the mail
-- alone; here is its SHA-256.
CREATE TABLE newsletter_links (
    token_hash      TEXT PRIMARY KEY,
    email           TEXT NOT NULL REFERENCES newsletter_signups (email),
    donation_id     TEXT UNIQUE REFERENCES donations (id), -- the gift whose box was ticked
    made_at         DATETIME NOT NULL,
    expires_at      DATETIME NOT NULL
);
CREATE INDEX newsletter_links_by_email ON newsletter_links (email, made_at);

-- When the box that was ticked beside a gift was acted upon. What was paid
-- before this step counts as acted upon: nobody is asked months later.
ALTER TABLE donations ADD COLUMN newsletter_asked_at DATETIME;
UPDATE donations SET newsletter_asked_at = created_at
    WHERE newsletter AND NOT from_metadata
      AND EXISTS (SELECT 1 FROM facts f WHERE f.donation_id = donations.id AND f.kind = 'charge');
