-- +goose Up

-- Who has held a deposit against the bank's statement, and when. NULL: nobody
-- yet, or it was taken back.
ALTER TABLE payouts ADD COLUMN marked_at TIMESTAMPTZ;
ALTER TABLE payouts ADD COLUMN marked_by TEXT NOT NULL DEFAULT '';
