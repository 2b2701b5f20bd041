-- +goose Up

-- What a monthly or yearly gift is paid with, where that is a card: so that a
-- donor can be told in time that it expires.
ALTER TABLE subscriptions ADD COLUMN payment_method TEXT NOT NULL DEFAULT ''; -- pm_…
ALTER TABLE subscriptions ADD COLUMN card_brand TEXT NOT NULL DEFAULT '';
ALTER TABLE subscriptions ADD COLUMN card_last4 TEXT NOT NULL DEFAULT '';
ALTER TABLE subscriptions ADD COLUMN card_exp_month BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscriptions ADD COLUMN card_exp_year BIGINT NOT NULL DEFAULT 0; -- 0: not known
ALTER TABLE subscriptions ADD COLUMN card_since DATETIME; -- when it took the place of another; NULL: the first one known
-- Only of one that was seen going on is its end news: a rebuild sees many at
-- their end for the first time.
ALTER TABLE subscriptions ADD COLUMN ran BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE subscriptions SET ran = TRUE WHERE status NOT IN ('canceled', 'incomplete_expired') AND NOT cancels_at_end;
CREATE INDEX subscriptions_by_expiry ON subscriptions (card_exp_year, card_exp_month) WHERE card_exp_year > 0;

-- What becomes pointless when something else is learned of the same object is
-- found by it: a renewal that failed and was paid before its mail went out.
ALTER TABLE outbox ADD COLUMN object TEXT NOT NULL DEFAULT '';
CREATE INDEX outbox_by_object ON outbox (object) WHERE object <> '';
