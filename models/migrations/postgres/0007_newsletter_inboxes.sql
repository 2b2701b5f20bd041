-- +goose Up

-- Addresses that differ in what follows a plus sign, or in dots, mostly end in
-- one inbox, and share what mail it may be sent.
ALTER TABLE newsletter_links ADD COLUMN inbox TEXT NOT NULL DEFAULT ''; -- the address without these
UPDATE newsletter_links SET inbox = email; -- near enough for a day
DROP INDEX newsletter_links_by_email;
CREATE INDEX newsletter_links_by_inbox ON newsletter_links (inbox, made_at);
