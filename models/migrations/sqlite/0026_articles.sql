-- +goose Up

-- The figures of days are told apart by the article, too, out of which a gift
-- came. They are reckoned anew when the books are next opened.
UPDATE books SET zone = '';
DROP TABLE day_changes;
DROP TABLE day_figures;
CREATE TABLE day_changes (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    day             TEXT NOT NULL,     -- YYYY-MM-DD in the books' zone
    frequency       TEXT NOT NULL,     -- renewals and offline gifts are kinds of their own
    method          TEXT NOT NULL,
    channel         TEXT NOT NULL,
    article         TEXT NOT NULL,     -- src/ and the article, whatever link led to it; none; offline
    amount          BIGINT NOT NULL,   -- of one gift, where gifts are counted; else 0
    gross           BIGINT NOT NULL,
    refunded        BIGINT NOT NULL,
    disputed        BIGINT NOT NULL,
    fees            BIGINT NOT NULL,
    gifts           BIGINT NOT NULL
);
CREATE TABLE day_figures (
    day             TEXT NOT NULL,
    frequency       TEXT NOT NULL,
    method          TEXT NOT NULL,
    channel         TEXT NOT NULL,
    article         TEXT NOT NULL,
    gross           BIGINT NOT NULL,
    refunded        BIGINT NOT NULL,
    disputed        BIGINT NOT NULL,
    fees            BIGINT NOT NULL,
    gifts           BIGINT NOT NULL,
    PRIMARY KEY (day, frequency, method, channel, article)
);
