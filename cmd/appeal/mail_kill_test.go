//go:build !race

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/mailtest"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestAMailThatWasTakenBeforeAKillComesAgainAsTheSame(t *testing.T) {
	t.Parallel()
	server := mailtest.New(t, mailtest.Options{})
	m := newMortal(t, storetest.Databases()["SQLite"](t), 1)
	m.env["SMTP_URL"], m.env["MAIL_FROM"] = server.URL(), "Newsroom <giving@example.org>"
	m.dies = death{crash.MailUnended, 1, 1}
	m.start()
	m.give(wish{"form-of-the-once-gift", "20.00", "once", "succeeds"})
	m.deliver()
	m.await(func() bool { return m.deaths > 0 || m.process.Load().over() }, func() string { return "the relay's answer to kill the service" })
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
	texts, twice := map[string]string{}, 0
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
	if len(texts) != 2 || twice == 0 {
		t.Errorf("%d mails came, %d of them twice", len(texts), twice)
	}
}
