-- +goose Up

-- Until when the books are closed: the last row holds. What it closed comes to
-- stands beside it, by account.
CREATE TABLE closings (
    number          BIGINT PRIMARY KEY, -- counted up from 1
    until           DATETIME NOT NULL,  -- the first moment that is open
    through         TEXT NOT NULL,      -- the last day that is closed, YYYY-MM-DD in the campaign's zone
    reopened        BOOLEAN NOT NULL,   -- days were opened again, and fewer are closed than before
    reason          TEXT NOT NULL,
    closed_at       DATETIME NOT NULL,
    closed_by       TEXT NOT NULL,
    postings        BIGINT NOT NULL     -- how many the closed days hold
);
CREATE TABLE closing_balances (
    closing         BIGINT NOT NULL REFERENCES closings (number),
    account         TEXT NOT NULL,
    amount          BIGINT NOT NULL,    -- of all lines of the closed days
    PRIMARY KEY (closing, account)
);
-- +goose StatementBegin
CREATE TRIGGER closings_stay BEFORE UPDATE ON closings BEGIN SELECT RAISE(ABORT, 'closings are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER closings_are_kept BEFORE DELETE ON closings BEGIN SELECT RAISE(ABORT, 'closings are append-only'); END;
-- +goose StatementEnd

-- When what came late happened: its day was closed, and it is posted in the
-- first moment that was open. NULL: as of its own time.
ALTER TABLE postings ADD COLUMN happened_at DATETIME;
CREATE INDEX postings_late ON postings (at) WHERE happened_at IS NOT NULL;
-- When the journal has a fact that is posted late. NULL: at its own time.
ALTER TABLE facts ADD COLUMN booked_at DATETIME;

-- +goose StatementBegin
CREATE TRIGGER postings_leave_closed_days BEFORE INSERT ON postings
WHEN NEW.at < (SELECT until FROM closings ORDER BY number DESC LIMIT 1)
BEGIN SELECT RAISE(ABORT, 'that day is closed'); END;
-- +goose StatementEnd
