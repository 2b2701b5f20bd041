-- +goose Up

-- Until when the books are closed: the last row holds. What it closed comes to
-- stands beside it, by account.
CREATE TABLE closings (
    number          BIGINT PRIMARY KEY, -- counted up from 1
    until           TIMESTAMPTZ NOT NULL,  -- the first moment that is open
    through         TEXT NOT NULL,      -- the last day that is closed, YYYY-MM-DD in the campaign's zone
    reopened        BOOLEAN NOT NULL,   -- days were opened again, and fewer are closed than before
    reason          TEXT NOT NULL,
    closed_at       TIMESTAMPTZ NOT NULL,
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
CREATE FUNCTION refuse_closing_change() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'closings are append-only';
END
$$ LANGUAGE plpgsql;
-- +goose StatementEnd
CREATE TRIGGER closings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON closings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_closing_change();

-- When what came late happened: its day was closed, and it is posted in the
-- first moment that was open. NULL: as of its own time.
ALTER TABLE postings ADD COLUMN happened_at TIMESTAMPTZ;
CREATE INDEX postings_late ON postings (at) WHERE happened_at IS NOT NULL;
-- When the journal has a fact that is posted late. NULL: at its own time.
ALTER TABLE facts ADD COLUMN booked_at TIMESTAMPTZ;

-- A booking that looked before the day was closed, and posts after, has lost a
-- race: 40001 has it tried again.
-- +goose StatementBegin
CREATE FUNCTION refuse_closed_day() RETURNS trigger AS $$
BEGIN
    IF NEW.at < (SELECT until FROM closings ORDER BY number DESC LIMIT 1) THEN
        RAISE EXCEPTION 'that day is closed' USING ERRCODE = '40001';
    END IF;
    RETURN NEW;
END
$$ LANGUAGE plpgsql;
-- +goose StatementEnd
CREATE TRIGGER postings_leave_closed_days BEFORE INSERT ON postings
    FOR EACH ROW EXECUTE FUNCTION refuse_closed_day();
