-- +goose Up

-- In whose zone the days are below; '' until they are reckoned, which is done
-- when the books are next opened.
ALTER TABLE books ADD COLUMN zone TEXT NOT NULL DEFAULT '';

-- What came in and went out, by day and kind of gift: appended with the fact
-- that changed it, so that no two bookings queue for one row.
CREATE TABLE day_changes (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day             TEXT NOT NULL,     -- YYYY-MM-DD in the books' zone
    frequency       TEXT NOT NULL,     -- renewals and offline gifts are kinds of their own
    method          TEXT NOT NULL,
    channel         TEXT NOT NULL,
    amount          BIGINT NOT NULL,   -- of one gift, where gifts are counted; else 0
    gross           BIGINT NOT NULL,
    refunded        BIGINT NOT NULL,
    disputed        BIGINT NOT NULL,
    fees            BIGINT NOT NULL,
    gifts           BIGINT NOT NULL
);

-- The same, folded up in the background.
CREATE TABLE day_figures (
    day             TEXT NOT NULL,
    frequency       TEXT NOT NULL,
    method          TEXT NOT NULL,
    channel         TEXT NOT NULL,
    gross           BIGINT NOT NULL,
    refunded        BIGINT NOT NULL,
    disputed        BIGINT NOT NULL,
    fees            BIGINT NOT NULL,
    gifts           BIGINT NOT NULL,
    PRIMARY KEY (day, frequency, method, channel)
);

-- And how many gifts of each amount a day had, for the median.
CREATE TABLE day_amounts (
    day             TEXT NOT NULL,
    amount          BIGINT NOT NULL,
    gifts           BIGINT NOT NULL,
    PRIMARY KEY (day, amount)
);
