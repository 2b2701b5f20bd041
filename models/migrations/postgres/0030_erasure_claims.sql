-- +goose Up

-- Each claim of an erasure has a number of its own. Attempts begin anew when
-- something turns up for whoever was erased, and told two claims not apart.
ALTER TABLE erasures ADD COLUMN claims BIGINT NOT NULL DEFAULT 0;

-- An erasure asks where else an address stands.
CREATE INDEX facts_by_email ON facts (email) WHERE email <> '';

-- Words of gifts that nobody paid go by the clock too. Retention asks for them.
ALTER TABLE retention ADD COLUMN worded BIGINT NOT NULL DEFAULT 0; -- such gifts, since the audit log was last told
CREATE INDEX donations_unpaid_words ON donations (created_at) WHERE donor_id IS NULL AND (comment <> '' OR tribute_name <> '');
