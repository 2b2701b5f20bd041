-- +goose Up

-- A donor's postal address as given with a gift, in lines, as a name is: where
-- the campaign asks for it Stripe tells it, and staff enter it of other gifts.
-- It stands in these two columns and in offline_gifts.donor_address.
ALTER TABLE facts ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE donations ADD COLUMN donor_address TEXT NOT NULL DEFAULT ''; -- a cache of the facts
UPDATE facts SET address = (SELECT TRIM(o.donor_address) FROM offline_gifts o WHERE o.donation_id = facts.donation_id)
    WHERE kind = 'gift' AND donation_id IN (SELECT donation_id FROM offline_gifts WHERE donor_address <> '');
UPDATE donations SET donor_address = (SELECT TRIM(o.donor_address) FROM offline_gifts o WHERE o.donation_id = donations.id)
    WHERE id IN (SELECT donation_id FROM offline_gifts WHERE donor_address <> '');
