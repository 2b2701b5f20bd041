package finance

// advice is what to do about something that is not in order.
type advice struct {
	ID, Title string
	Steps     []string
	Href      string // the room where it is done; "" for none
	Room      string
}

var (
	adviceHooks = advice{ID: "do-events", Title: "Events don’t arrive, or late", Steps: []string{
		"Run appeal check: it compares the webhook endpoint with what is at Stripe, and says what differs.",
		"Look at the endpoint in Stripe’s Dashboard, under Developers, Webhooks: it lists each try and what was answered.",
		"After a change of the public address or of the program run appeal stripe setup, and put the signing secret that it prints into STRIPE_WEBHOOK_SECRET.",
		"Nothing is lost meanwhile: the sync books what no event told.",
	}}
	adviceEvents = advice{ID: "do-failed", Title: "Events that are not booked", Steps: []string{
		"One that waits is tried again by itself. If many wait, look whether Stripe can be reached, and whether the key may read what it needs: appeal check says so.",
		"One that needs a person says why beside it. After a fix press Retry: it is booked once, however often it is tried.",
	}, Href: eventsPath, Room: "To look at"}
	adviceSync = advice{ID: "do-sync", Title: "The sync does not come to its end", Steps: []string{
		"With APPEAL_SYNC_INTERVAL=0 the service never syncs by itself; run appeal stripe sync, or take the variable out.",
		"Otherwise run appeal stripe sync by hand: it says what it could not read. A restricted key may lack a permission; appeal check names it.",
		"Fees, payouts and the comparison with Stripe are as old as the last sync that reached its end.",
	}}
	adviceDiffers = advice{ID: "do-difference", Title: "The books and Stripe differ", Steps: []string{
		"Each difference is named with its object and its amount. docs/ledger.md says what each kind means and what resolves it.",
		"Run appeal stripe sync once more: what was on its way may have come.",
		"Run appeal verify: it says whether the books agree with themselves.",
	}, Href: eventsPath, Room: "To look at"}
	adviceResolved = advice{ID: "do-resolved", Title: "A difference was resolved, and stands", Steps: []string{
		"Somebody said why nothing is left to do. Read the notes; a sync that finds it changed opens it again.",
	}, Href: resolvedPath, Room: "What was resolved"}
	advicePayout = advice{ID: "do-payout", Title: "A payout did not arrive", Steps: []string{
		"The bank sent it back, and the money is in the Stripe balance again. Look at the bank account in Stripe’s Dashboard; Stripe pays out again once it is good.",
	}, Href: payoutsPath, Room: "Payouts"}
	adviceMail = advice{ID: "do-mail", Title: "Mail is not sent", Steps: []string{
		"If it is not set up: set SMTP_URL to the mail server and MAIL_FROM to whom mails are from. What is queued then goes out by itself.",
		"Run appeal check: it connects to the mail server and gives the password, and sends nothing.",
		"Mail that was given up or is held is sent by hand; docs/mail.md says what each means.",
	}, Href: eventsPath, Room: "To look at"}
	adviceWork = advice{ID: "do-work", Title: "Work in the background is behind", Steps: []string{
		"Look into the service’s log: what fails says so there, each time it is tried.",
		"Look whether the machine has room: a full disk or a database that can’t be written stops all of it.",
		"Restart the service. What was under way goes on where it stopped; nothing is done twice.",
	}}
	adviceSchema = advice{ID: "do-schema", Title: "Program and database don’t fit", Steps: []string{
		"Behind: make a backup, then run appeal migrate; a service without APPEAL_AUTO_MIGRATE=false does that when it starts.",
		"Ahead: an older program runs beside a newer database. Run the newer program again.",
	}}
	adviceBackup = advice{ID: "do-backup", Title: "How to know of the last backup", Steps: []string{
		"SQLite: sqlite3 appeal.db \".backup FILE\" makes one at any time; the file’s own date tells its age. A copy of the one file while the service runs is none.",
		"PostgreSQL: pg_dump, or the server’s own means, which list theirs.",
		"Now and then restore one elsewhere and run appeal verify on it. Whatever was lost of online gifts since, appeal stripe sync restores from Stripe.",
	}}
)
