//go:build !race

package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// crowded are the points that only busy books come by.
var crowded = map[crash.Point]bool{crash.ProgressFolding: true, crash.ProgressFolded: true}

// elsewhere are the points that no campaign's life comes by: the tests of crashes
// in models and in handlers/finance do.
var elsewhere = []crash.Point{
	crash.OfflineUnkept, crash.OfflineKept, crash.RefundUnkept, crash.RefundKept, crash.RefundAnswered, crash.RefundEnded,
	crash.StatementsUnkept, crash.StatementsKept, crash.FiguresUnkept, crash.FiguresKept,
}

// live is a campaign's life: gifts of each kind, one of which no webhook tells,
// and a refund, all booked; a reader of the newsletter; then a sync. Where they are to be many, hundreds
// more came until a moment.
func (m *mortal) live(many bool, until time.Time) {
	m.t.Helper()
	if many {
		const gifts = 300
		m.sessions += gifts
		err := m.sim.Sample(m.t.Context(), stripesim.SampleOptions{
			N: gifts, Campaign: "corruption-project", From: until.AddDate(0, 0, -7), To: until,
		}, nil)
		if err != nil {
			m.t.Fatal(err)
		}
	}
	m.through(func() {
		for _, w := range []wish{
			{"form-of-the-once-gift", "20.00", "once", "succeeds"},
			{"form-of-the-twice-gift", "35.01", "once", "twice"},
			{"form-of-the-never-gift", "50.02", "once", "never"},
			{"form-of-the-monthly-gift", "15.04", "monthly", "succeeds"},
		} {
			m.give(w)
		}
		m.refund(2000, 500)
		m.deliver()
		m.readNewsletter("reader@example.org")
	})
	m.sync()
	m.agree()
	// Each of the four gifts had the box ticked as well.
	if mails := m.confirmations(); len(mails) != 5 {
		m.t.Errorf("%d mails ask to confirm the newsletter, and not 5: %+v", len(mails), mails)
	}
}

// confirmations are the mails that ask to confirm the newsletter.
func (m *mortal) confirmations() []models.Mail {
	m.t.Helper()
	return storetest.Queued(m.t, m.store, models.MailConfirmNewsletter)
}

// readNewsletter asks for the newsletter until that is answered, and confirms
// until that is.
func (m *mortal) readNewsletter(email string) {
	m.t.Helper()
	post := func(path string, form url.Values) func() error {
		return func() error {
			answer, err := m.client.PostForm("http://"+mortalHost+path, form)
			if err != nil {
				return err
			}
			if answer.StatusCode != http.StatusOK {
				err = fmt.Errorf("answered %d", answer.StatusCode)
			}
			return errors.Join(err, answer.Body.Close())
		}
	}
	m.insist("the newsletter to be asked for", post("/newsletter", url.Values{"email": {email}}))
	mails := m.confirmations()
	at := slices.IndexFunc(mails, func(mail models.Mail) bool { return mail.To == email })
	if at < 0 {
		m.t.Fatalf("it was answered, and no mail is queued: %+v", mails)
	}
	m.insist("the newsletter to be confirmed", post("/newsletter/confirm/"+mails[at].About.Token, nil))
	list, err := storetest.All(m.store.ConfirmedSignups(m.t.Context(), models.Span{}))
	if err != nil || len(list) != 1 {
		m.t.Errorf("on the list are %+v, %v", list, err)
	}
}

func TestACrashAtAnyPointLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	began := time.Now()
	peace := map[bool][]string{}
	for _, many := range []bool{false, true} {
		m := newMortal(t, storetest.Databases()["SQLite"](t), 1)
		m.live(many, began)
		_, peace[many] = m.ledger()
	}
	ways := []death{{pass: 1, times: 1}}
	if os.Getenv("TEST_LONG") != "" {
		// Then later, and then again and again while it recovers.
		ways = append(ways, death{pass: 2, times: 1}, death{pass: 1, times: 3})
	}
	for name, database := range storetest.Databases() {
		for _, point := range crash.Points() {
			if slices.Contains(elsewhere, point) || slices.Contains(mailing, point) || slices.Contains(erasing, point) || slices.Contains(erasingAtStripe, point) {
				continue
			}
			t.Run(name+"/"+point.String(), func(t *testing.T) {
				t.Parallel()
				want := peace[crowded[point]]
				for _, way := range ways {
					m := newMortal(t, database(t), 1)
					m.dies = death{point, way.pass, way.times}
					m.live(crowded[point], began)
					if _, ledger := m.ledger(); !cmp.Equal(want, ledger) {
						t.Errorf("killed %d times at pass %d, the ledger is not that of a run in peace (−want +got):\n%s",
							m.deaths, way.pass, cmp.Diff(want, ledger))
					}
					if m.deaths == 0 && way.pass == 1 {
						t.Error("it was not killed: nothing here comes by this point")
					}
				}
			})
		}
	}
}
