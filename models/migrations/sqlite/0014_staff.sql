-- +goose Up

-- Who may enter the finance rooms. A person is never removed, so that the
-- audit log goes on naming somebody; who left is disabled.
CREATE TABLE staff (
    id              TEXT PRIMARY KEY,
    email           TEXT NOT NULL UNIQUE, -- trimmed and lower-cased
    role            TEXT NOT NULL,     -- viewer, finance or admin
    password_hash   TEXT NOT NULL,     -- Argon2id; empty until an invitation was taken up
    factor          TEXT NOT NULL DEFAULT '', -- the second factor's secret, sealed; empty: none
    factor_step     BIGINT NOT NULL DEFAULT 0, -- the last time step whose code was used
    disabled_at     DATETIME,
    created_at      DATETIME NOT NULL
);

-- Codes that stand in for the second factor, once each. Only hashes are kept.
CREATE TABLE staff_recovery_codes (
    staff_id        TEXT NOT NULL REFERENCES staff (id),
    code_hash       TEXT NOT NULL,
    PRIMARY KEY (staff_id, code_hash)
);

-- Who is signed in. The token is in the browser alone; here is its SHA-256. A
-- session that ended has no row.
CREATE TABLE staff_sessions (
    id              TEXT PRIMARY KEY,  -- to name it on a page
    token_hash      TEXT NOT NULL UNIQUE,
    staff_id        TEXT NOT NULL REFERENCES staff (id),
    device          TEXT NOT NULL,     -- "Firefox on Linux", as its browser says
    created_at      DATETIME NOT NULL,
    seen_at         DATETIME NOT NULL
);
CREATE INDEX staff_sessions_by_staff ON staff_sessions (staff_id);

-- Browsers from which somebody has signed in before. They have an allowance of
-- tries of their own, so that strangers can't use up their owner's.
CREATE TABLE staff_devices (
    token_hash      TEXT NOT NULL,
    staff_id        TEXT NOT NULL REFERENCES staff (id),
    seen_at         DATETIME NOT NULL,
    PRIMARY KEY (token_hash, staff_id)
);
CREATE INDEX staff_devices_by_staff ON staff_devices (staff_id);

-- Tries to sign in that are still held against an account, a network or a
-- device, known or not. A row whose moment has passed is as good as none.
CREATE TABLE login_allowances (
    name            TEXT PRIMARY KEY,  -- a SHA-256
    full_at         BIGINT NOT NULL    -- microseconds since 1970: when all tries are allowed again
);

-- Links with which somebody chooses a password. The token stands in the link
-- alone; here is its SHA-256.
CREATE TABLE staff_links (
    token_hash      TEXT PRIMARY KEY,
    staff_id        TEXT NOT NULL UNIQUE REFERENCES staff (id),
    expires_at      DATETIME NOT NULL
);

-- Who did what to which object. Appended, and never changed.
CREATE TABLE audit_log (
    id              TEXT PRIMARY KEY,  -- sorts by time
    at              DATETIME NOT NULL,
    who             TEXT NOT NULL,     -- an e-mail, or what acted without a person
    act             TEXT NOT NULL,
    object          TEXT NOT NULL,
    before          TEXT NOT NULL,
    after           TEXT NOT NULL
);
-- +goose StatementBegin
CREATE TRIGGER audit_log_stays BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_log_is_kept BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
