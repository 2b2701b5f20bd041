-- +goose Up

-- A run is over once every stage of it was read: what failed is kept, and is
-- read again before the run may end.
ALTER TABLE sync_state ADD COLUMN failed BOOLEAN NOT NULL DEFAULT FALSE; -- the stage failed before in this run
ALTER TABLE sync_state ADD COLUMN later TEXT NOT NULL DEFAULT '[]';      -- the stages after it, as JSON
ALTER TABLE sync_state ADD COLUMN advanced_at TIMESTAMPTZ;                  -- when a page or a stage was last read to its end
-- A run that was under way does not say what is after its stage: it begins anew.
UPDATE sync_state SET started_at = NULL, since = NULL, stage = '', after = '';

-- What stays unexplained is looked at less and less often.
ALTER TABLE balance_transactions ADD COLUMN look_at TIMESTAMPTZ; -- what is in suspense: when next; NULL: at once
