package models

// offlinePredicates are those that hold of what is not Stripe's to tell: gifts
// that a person entered, and yearly statements.
var offlinePredicates = []predicate{
	{"I5", "an offline gift is posted as it was entered, and reversed where a person said so", `
		SELECT p.key || ': nobody entered it' FROM postings p LEFT JOIN offline_gifts o ON o.donation_id = p.donation_id
		WHERE p.kind IN ('gift', 'reversal') AND o.donation_id IS NULL
		UNION ALL
		SELECT o.donation_id || ': entered with ' || d.amount_charged || ', posted ' || COALESCE(l.amount, 0)
		FROM offline_gifts o JOIN donations d ON d.id = o.donation_id
		LEFT JOIN postings p ON p.key = ` + offlineKey + ` || ':gift' AND p.kind = 'gift' AND p.donation_id = o.donation_id
		LEFT JOIN posting_lines l ON l.posting = p.key AND l.account = 'offline:received'
		WHERE COALESCE(l.amount, 0) <> d.amount_charged
		UNION ALL
		SELECT o.donation_id || ': its reversal is said and not posted, or posted and not said'
		FROM offline_gifts o LEFT JOIN postings r ON r.donation_id = o.donation_id AND r.kind = 'reversal'
		WHERE (r.key IS NULL) <> (o.reversed_at IS NULL)
		UNION ALL
		SELECT r.key || ': is no mirror of ' || COALESCE(r.corrects, 'anything')
		FROM offline_gifts o JOIN postings r ON r.donation_id = o.donation_id AND r.kind = 'reversal'
		LEFT JOIN posting_lines back ON back.posting = r.key AND back.account = 'offline:received'
		LEFT JOIN posting_lines l ON l.posting = r.corrects AND l.account = 'offline:received' AND r.corrects = ` + offlineKey + ` || ':gift'
		WHERE l.posting IS NULL OR back.posting IS NULL OR l.amount <> -back.amount`},
	{"I17", "every statement is of a donor and a year", `
		SELECT m.key || ': of no donor' FROM outbox m LEFT JOIN donors o ON o.id = SUBSTR(m.key, 1, LENGTH(m.key) - 15)
		WHERE m.kind = 'statement' AND o.id IS NULL`},
}

// offlineKey is what the postings of an offline gift are named after.
const offlineKey = `REPLACE(o.donation_id, 'don_', 'off_')`
