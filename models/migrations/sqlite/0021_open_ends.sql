-- +goose Up

-- The refunds and disputes of a gift whose end is not known: a cache of its
-- facts, as its other figures are, so that nobody has to read every refund there
-- ever was to find the few under way.
ALTER TABLE donations ADD COLUMN refunds_open BIGINT NOT NULL DEFAULT 0;   -- refunds under way
ALTER TABLE donations ADD COLUMN refunding BIGINT NOT NULL DEFAULT 0; -- what they come to
ALTER TABLE donations ADD COLUMN disputes_open BIGINT NOT NULL DEFAULT 0;  -- disputes that are not decided
ALTER TABLE donations ADD COLUMN contested BIGINT NOT NULL DEFAULT 0; -- what they took
UPDATE donations SET
    refunds_open = (SELECT COUNT(*) FROM facts f WHERE f.donation_id = donations.id AND f.kind = 'refund'
        AND NOT EXISTS (SELECT 1 FROM facts c WHERE c.donation_id = f.donation_id AND c.object = f.object AND c.kind IN ('refund_settled', 'refund_failed'))),
    refunding = (SELECT COALESCE(SUM(f.amount), 0) FROM facts f WHERE f.donation_id = donations.id AND f.kind = 'refund'
        AND NOT EXISTS (SELECT 1 FROM facts c WHERE c.donation_id = f.donation_id AND c.object = f.object AND c.kind IN ('refund_settled', 'refund_failed'))),
    disputes_open = (SELECT COUNT(DISTINCT f.object) FROM facts f WHERE f.donation_id = donations.id AND f.kind = 'dispute_opened'
        AND NOT EXISTS (SELECT 1 FROM facts c WHERE c.donation_id = f.donation_id AND c.object = f.object AND c.kind = 'dispute_closed')),
    contested = (SELECT COALESCE(SUM(m.amount), 0) FROM facts m WHERE m.donation_id = donations.id AND m.kind = 'dispute'
        AND EXISTS (SELECT 1 FROM facts o WHERE o.donation_id = m.donation_id AND o.object = m.object AND o.kind = 'dispute_opened')
        AND NOT EXISTS (SELECT 1 FROM facts c WHERE c.donation_id = m.donation_id AND c.object = m.object AND c.kind = 'dispute_closed'))
    WHERE id IN (SELECT donation_id FROM facts WHERE kind IN ('refund', 'dispute_opened'));
-- Few stand at any time.
CREATE INDEX donations_refunding ON donations (refunds_open) WHERE refunds_open > 0;
CREATE INDEX donations_contested ON donations (disputes_open) WHERE disputes_open > 0;
-- What the overview counts of gifts that repeat.
CREATE INDEX donations_paid_by_subscription ON donations (subscription_id) WHERE captured > 0;
CREATE INDEX subscriptions_by_status ON subscriptions (status);
