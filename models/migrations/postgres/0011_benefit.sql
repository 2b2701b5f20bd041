-- +goose Up

-- What a donor was promised in return for a gift, and what it was said to be
-- worth, when the gift was made: its receipts describe both.
ALTER TABLE donations ADD COLUMN benefit TEXT NOT NULL DEFAULT '';
ALTER TABLE donations ADD COLUMN benefit_value BIGINT NOT NULL DEFAULT 0;
