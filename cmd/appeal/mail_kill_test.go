//go:build !race

package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/mailtest"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// mailing are the points on a mail's way, which a service without a relay does
// not come by.
var mailing = []crash.Point{
	crash.ReceiptUnkept, crash.ReceiptKept, crash.MailUnclaimed, crash.MailClaimed, crash.MailUnended, crash.MailEnded,
}

// taken are the points that a process may come by between a relay's answer to
// some mail and the books' knowing of it. What was answered then comes again.
// Receipts are issued beside the sending, which may be anywhere meanwhile.
var taken = map[crash.Point]bool{crash.ReceiptUnkept: true, crash.ReceiptKept: true, crash.MailUnended: true, crash.MailEnded: true}

func TestAKillOnAMailsWayLosesNoneAndRepeatsOnlyWhatWasTaken(t *testing.T) {
	t.Parallel()
	for name, database := range storetest.Databases() {
		if name != "SQLite" && os.Getenv("TEST_LONG") == "" {
			continue // models' own test kills whoever mails on both
		}
		for _, point := range mailing {
			t.Run(name+"/"+point.String(), func(t *testing.T) {
				t.Parallel()
				server := mailtest.New(t, mailtest.Options{})
				m := newMortal(t, database(t), 1)
				m.env["SMTP_URL"], m.env["MAIL_FROM"] = server.URL(), "Newsroom <giving@example.org>"
				m.dies = death{point, 1, 1}
				m.start()
				m.give(wish{"form-of-the-once-gift", "20.00", "once", "succeeds"})
				m.deliver()
				m.await(func() bool { return m.deaths > 0 || m.process.Load().over() }, func() string { return "the service to be killed" })
				m.revive()
				m.stop()
				m.ahead.Add(int64(15 * time.Minute)) // the claim of the process that was killed has run out
				m.start()
				m.await(func() bool {
					queue, err := m.store.MailQueue(t.Context())
					return err == nil && queue[models.MailIsSent] == 2 && queue[models.MailIsQueued] == 0
				}, func() string { return "the receipt and the newsletter's question to be sent" })
				if !m.stop() || m.deaths != 1 {
					t.Errorf("it was killed %d times", m.deaths)
				}
				came, twice := arrivals(t, server)
				if came != 2 || twice > 0 && !taken[point] || twice == 0 && point == crash.MailUnended {
					t.Errorf("%d mails came, %d of them twice", came, twice)
				}
				if status, out, errs := appeal(t, m.env, "verify"); status != done {
					t.Errorf("verify: status %d, %s%s", status, out, errs)
				}
			})
		}
	}
}

// arrivals counts the mails that a relay was given, and those of them that came
// again. Whatever comes again says the same.
func arrivals(t *testing.T, server *mailtest.Server) (came, twice int) {
	t.Helper()
	texts := map[string]string{}
	for _, received := range server.Mails() {
		read, err := mail.Parse(received.Raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range read.Header {
			if !strings.EqualFold(field.Name, "Message-ID") {
				continue
			}
			if before, again := texts[field.Value]; again {
				twice++
				if before != read.Text { // the receipt's number stands in it
					t.Errorf("it came as\n%s\nand again as\n%s", before, read.Text)
				}
			}
			texts[field.Value] = read.Text
		}
	}
	return len(texts), twice
}
