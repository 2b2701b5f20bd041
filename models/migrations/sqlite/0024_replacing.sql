-- +goose Up

-- What is only appended to can't be replaced either: for INSERT OR REPLACE SQLite
-- deletes the row that is in its way, and asks no trigger of deletions about it
-- (https://www.sqlite.org/lang_conflict.html). Postings themselves are inserted
-- where they may stand already, so that no trigger can tell the one from the
-- other; their lines, which have the money, can't be replaced.
-- +goose StatementBegin
CREATE TRIGGER posting_lines_are_not_replaced BEFORE INSERT ON posting_lines
WHEN EXISTS (SELECT 1 FROM posting_lines WHERE posting = NEW.posting AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER receipts_are_not_replaced BEFORE INSERT ON receipts
WHEN EXISTS (SELECT 1 FROM receipts WHERE id = NEW.id OR number = NEW.number OR replaces = NEW.replaces)
BEGIN SELECT RAISE(ABORT, 'receipts are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_log_is_not_replaced BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER closings_are_not_replaced BEFORE INSERT ON closings
WHEN EXISTS (SELECT 1 FROM closings WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'closings are append-only'); END;
-- +goose StatementEnd
