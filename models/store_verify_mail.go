package models

import "strconv"

// newestReceipts are the newest documents of all gifts.
const newestReceipts = `SELECT r.* FROM receipts r LEFT JOIN receipts n ON n.replaces = r.id WHERE n.id IS NULL`

// lostGifts are the gifts that lost something in disputes, with how much:
// standingOf in SQL.
const lostGifts = `SELECT t.donation_id, SUM(t.taken) AS lost FROM (
		SELECT m.donation_id, m.object, SUM(m.amount) AS taken
		FROM facts l JOIN facts m ON m.object = l.object AND m.kind = 'dispute' AND m.donation_id = l.donation_id
		WHERE l.kind = 'dispute_lost' GROUP BY m.donation_id, m.object HAVING SUM(m.amount) > 0) AS t
	GROUP BY t.donation_id`

// mailPredicates are those of documents and of what is mailed. A gift that is
// due is being seen to: its documents follow from its facts, and so does its mail.
var mailPredicates = []predicate{
	{"I3", "receipts are numbered from 1 without a gap", `
		SELECT n.kept || ' receipts, the numbers go from ' || n.least || ' to ' || n.most
		FROM (SELECT COUNT(*) AS kept, COUNT(DISTINCT number) AS distinct_numbers, MIN(number) AS least, MAX(number) AS most FROM receipts) AS n
		WHERE n.kept > 0 AND (n.least <> 1 OR n.most <> n.kept OR n.distinct_numbers <> n.kept)`},
	{"I16", "every gift that was received has its receipt", `
		SELECT d.id || ': received ' || d.captured || ', and has no receipt'
		FROM donations d LEFT JOIN receipts r ON r.donation_id = d.id LEFT JOIN receipts_due q ON q.donation_id = d.id
		WHERE d.captured > 0 AND r.id IS NULL AND q.donation_id IS NULL`},
	{"I16", "a gift's newest document says what stands of it", `
		SELECT r.id || ': says ' || r.amount || ', what stands is ' || r.stands
		FROM (SELECT n.id, n.donation_id, n.amount,
		             CASE WHEN d.captured - d.refunded - COALESCE(l.lost, 0) > 0 THEN d.captured - d.refunded - COALESCE(l.lost, 0) ELSE 0 END AS stands
		      FROM (` + newestReceipts + `) AS n JOIN donations d ON d.id = n.donation_id LEFT JOIN (` + lostGifts + `) AS l ON l.donation_id = n.donation_id) AS r
		LEFT JOIN receipts_due q ON q.donation_id = r.donation_id
		WHERE r.amount <> r.stands AND q.donation_id IS NULL`},
	{"I16", "a gift's first document is a receipt, and each other replaces the one before it", `
		SELECT r.id || ': a ' || r.kind || ' of ' || r.amount || ' that replaces ' || COALESCE(r.replaces, 'none') || ' after ' || COALESCE(r.before, 'none')
		FROM (SELECT id, kind, amount, captured, refunded, lost, replaces, LAG(id) OVER (PARTITION BY donation_id ORDER BY number) AS before FROM receipts) AS r
		WHERE COALESCE(r.replaces, '') <> COALESCE(r.before, '')
		   OR r.kind <> CASE WHEN r.before IS NULL THEN 'receipt' WHEN r.amount = 0 THEN 'void' ELSE 'amended' END
		   OR r.amount <> CASE WHEN r.captured - r.refunded - r.lost > 0 THEN r.captured - r.refunded - r.lost ELSE 0 END`},
	{"I17", "every gift's newest document has its mail in the outbox, if an address is known, and no other thing is mailed as a receipt", `
		SELECT r.id || ': no mail queued' FROM (` + newestReceipts + `) AS r
		JOIN donations d ON d.id = r.donation_id JOIN donors p ON p.id = d.donor_id
		LEFT JOIN outbox o ON o.key = r.id || ':receipt' LEFT JOIN receipts_due q ON q.donation_id = r.donation_id
		WHERE p.email IS NOT NULL AND (o.key IS NULL OR o.state = 'dropped') AND q.donation_id IS NULL
		UNION ALL
		SELECT o.key || ': of no document of its gift' FROM outbox o LEFT JOIN receipts r ON r.id = SUBSTR(o.key, 1, 31)
		WHERE o.kind = 'receipt' AND (r.id IS NULL OR o.donation_id IS NULL OR o.donation_id <> r.donation_id)
		UNION ALL
		SELECT o.key || ': would bring another document' FROM outbox o
		WHERE o.kind = 'receipt' AND o.state IN ('queued', 'held', 'failed') AND o.payload NOT LIKE '%"receipt":"' || SUBSTR(o.key, 1, 31) || '"%'
		UNION ALL
		SELECT o.key || ': mailed again, and nobody asked for it' FROM outbox o
		WHERE o.kind = 'receipt' AND o.asked_by = '' AND o.key <> SUBSTR(o.key, 1, 31) || ':receipt'`},
	{"I17", "every link that confirms the newsletter has its mail in the outbox, and no other has one", `
		SELECT 'link ' || l.token_hash || ': no mail queued' FROM newsletter_links l LEFT JOIN outbox o ON o.key = l.token_hash || ':newsletter_confirm'
		WHERE o.key IS NULL
		UNION ALL
		SELECT o.key || ': of no link' FROM outbox o LEFT JOIN newsletter_links l ON l.token_hash = REPLACE(o.key, ':newsletter_confirm', '')
		WHERE o.kind = 'newsletter_confirm' AND l.token_hash IS NULL`},
	{"I17", "a ticked box for the newsletter is acted upon once the gift is paid and its address known, and never else", `
		SELECT d.id || ': paid, and its address was not asked' FROM donations d
		WHERE d.newsletter AND d.newsletter_asked_at IS NULL AND NOT d.from_metadata AND NOT d.renewal
		  AND EXISTS (SELECT 1 FROM facts f WHERE f.donation_id = d.id AND f.kind = 'charge')
		  AND EXISTS (SELECT 1 FROM facts f WHERE f.donation_id = d.id AND f.email_rank = ` + strconv.Itoa(int(SessionEmail)) + ` AND f.email <> '')
		UNION ALL
		SELECT d.id || ': its address was asked, and the box or the payment is missing' FROM donations d
		WHERE d.newsletter_asked_at IS NOT NULL
		  AND (NOT d.newsletter OR d.from_metadata OR d.renewal
		       OR NOT EXISTS (SELECT 1 FROM facts f WHERE f.donation_id = d.id AND f.kind = 'charge'))
		UNION ALL
		SELECT l.token_hash || ': of the gift ' || l.donation_id || ', whose box was not acted upon'
		FROM newsletter_links l JOIN donations d ON d.id = l.donation_id WHERE d.newsletter_asked_at IS NULL`},
}
