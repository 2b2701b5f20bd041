-- +goose Up

-- A gift can have several charges: a bank debit that failed is tried again.
-- So each fact says which one it is of, where it names one.
ALTER TABLE facts ADD COLUMN charge TEXT NOT NULL DEFAULT '';
UPDATE facts SET charge = object WHERE kind IN ('charge', 'failure', 'debit_pending', 'payment_failed');
UPDATE facts SET charge = COALESCE((SELECT MIN(c.charge) FROM facts c WHERE c.donation_id = facts.donation_id AND c.kind = 'charge'), '')
    WHERE kind IN ('refund', 'refund_failed', 'refund_settled', 'dispute', 'fee');

-- Few stand at any time: gifts of which more was paid than was agreed.
CREATE INDEX donations_overpaid ON donations (reference) WHERE amount_charged < captured - refunded - disputed;
