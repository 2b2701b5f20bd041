package finance_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/handlers/finance"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// row is the state of one check and what the page says of it.
func (a answer) row(t *testing.T, name string) (tone, state, rest string) {
	t.Helper()
	found := regexp.MustCompile(`<tr><th scope="row">` + regexp.QuoteMeta(name) + `</th><td class="nb ([a-z]+)">.*?</svg> ([^<]*)</td>(.*?)</tr>`).FindStringSubmatch(a.body)
	if found == nil {
		t.Fatalf("%q is not on the page:\n%s", name, a.body)
	}
	return found[1], found[2], found[3]
}

// checks holds rows to their states, "tone: word".
func (a answer) checks(t *testing.T, want map[string]string) {
	t.Helper()
	for name, state := range want {
		if tone, word, _ := a.row(t, name); tone+": "+word != state {
			t.Errorf("%s is %s: %s, want %s", name, tone, word, state)
		}
	}
}

// arrives has an event come.
func (h *house) arrives(id string, r models.Reading) {
	h.t.Helper()
	e := models.Event{ID: id, Type: "charge.succeeded", ObjectID: "ch_" + id, Created: h.clock.Now(), Raw: []byte("{}")}
	if _, _, err := h.store.Receive(h.t.Context(), e, r); err != nil {
		h.t.Fatal(err)
	}
}

// statusHouse is a house whose service syncs every five minutes.
func statusHouse(t *testing.T, s *models.Store, clock *storetest.Clock) *house {
	t.Helper()
	return openAs(t, s, clock, "", func(c *finance.Config) {
		c.SyncEvery, c.Version, c.Commit = 5*time.Minute, "v1.2.3", "0123abcd"
	})
}

// syncs has a sync reach its end, with what it found.
func (h *house) syncs(found ...models.Finding) {
	h.t.Helper()
	run, err := h.store.BeginSync(h.t.Context(), models.SyncPlan{Stages: []string{"end"}, BooksStart: storetest.Start.AddDate(0, -1, 0)})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.store.NameDifferences(h.t.Context(), run.StartedAt, found); err != nil {
		h.t.Fatal(err)
	}
	if err := h.store.CompleteSync(h.t.Context(), run, nil); err != nil {
		h.t.Fatal(err)
	}
}

func TestTheStatusOfAServiceThatDoesWell(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		h := statusHouse(t, s, clock)
		storetest.PaidOut(t, s, 0)
		h.arrives("evt_1", models.Reading{State: models.EventNoEffect})
		h.gives(7, models.Choices{Frequency: models.Once, Amount: 50_00}, "ruth@example.org", "Ruth Castillo")
		h.sendAll()
		h.syncs()
		if _, err := s.CompleteRetention(t.Context()); err != nil {
			t.Fatal(err)
		}
		page := h.as(h.add("ada@example.org", models.Finance)).get("/finance/status")
		page.checks(t, map[string]string{
			"Last event received": "good: Arriving", "Last event booked": "good: Booked", "Lag of the last event": "good: Prompt",
			"Events not booked yet": "good: None", "Events that failed": "good: None", "Last sync with Stripe": "good: On time",
			"Last payout seen": "good: Seen", "Gifts without their receipt": "good: None", "Oldest queued mail": "good: None", "Mail given up": "good: None",
			"Mail held": "good: None", "Looking events up at Stripe": "good: Keeping up", "Sending mail": "good: Keeping up", "Forgetting what is old": "good: Keeping up", "Schema": "good: Current", "Last backup": "told: Not known here",
		})
		page.says(t, "v1.2.3", "0123abcd", "Test mode: no real money moves", `<a href="#do-backup">`, `id="do-backup"`)
		if !strings.Contains(page.body, "SQLite 3.") && !strings.Contains(page.body, "PostgreSQL 1") {
			t.Error("the database is not named")
		}
		page.hides(t, "Castillo", "ruth@", "postgres://", "sqlite:", "password@")
	})
}

func TestTheStatusNamesEachProblemAndWhatToDo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		h := statusHouse(t, s, clock)
		h.gives(7, models.Choices{Frequency: models.Once, Amount: 50_00}, "ruth@example.org", "Ruth Castillo")
		h.arrives("evt_poison", models.Reading{State: models.EventAttention, Problem: "can't be read"})
		h.arrives("evt_waits", models.Reading{State: models.EventWaiting, Problem: "to be looked up"})
		h.syncs(models.Finding{Kind: models.FoundPayout, Object: "po_1", Amount: 100, Currency: "usd", Detail: "the payout is short"})
		if _, err := s.CompleteRetention(t.Context()); err != nil {
			t.Fatal(err)
		}
		clock.Advance(4 * 24 * time.Hour)
		ada := h.as(h.add("ada@example.org", models.Admin))
		page := ada.get("/finance/status")
		page.says(t, "Something is wrong.", "can&#39;t be read", `action="/finance/events/evt_poison/replay"`, "$1.00 in 1 item.")
		page.checks(t, map[string]string{
			"Last event received": "warned: Quiet", "Events not booked yet": "bad: Stuck", "Events that failed": "bad: Need a person",
			"Last sync with Stripe": "bad: Stopped", "Difference from Stripe": "bad: Differs", "Oldest queued mail": "bad: Stuck",
			"Looking events up at Stripe": "bad: Behind", "Sending mail": "bad: Behind", "Forgetting what is old": "warned: Stopped",
		})
		// Each thing to do is told once, and each row leads to one.
		ids := map[string]bool{}
		for _, id := range regexp.MustCompile(`<h3 id="([^"]+)"`).FindAllStringSubmatch(page.body, -1) {
			if ids[id[1]] {
				t.Errorf("%s is told twice", id[1])
			}
			ids[id[1]] = true
		}
		for _, tone := range []string{"warned", "bad"} {
			for _, row := range regexp.MustCompile(`<td class="nb `+tone+`">.*?</tr>`).FindAllString(page.body, -1) {
				led := regexp.MustCompile(`href="#([^"]+)"`).FindStringSubmatch(row)
				if led == nil || !ids[led[1]] {
					t.Errorf("nothing is said on what to do: %s", row)
				}
			}
		}
		ada.post("/finance/events/evt_poison/replay").expect(t, http.StatusSeeOther, "/finance/events?said=replayed", "")
		ada.get("/finance/status").hides(t, "evt_poison/replay")
		if err := s.Resolve(t.Context(), "ada@example.org", models.FoundPayout, "po_1", "", "The bank confirmed it."); err != nil {
			t.Fatal(err)
		}
		ada.get("/finance/status").checks(t, map[string]string{"Difference from Stripe": "warned: Resolved"})
	})
}

func TestTheStatusTellsWhatIsTurnedOff(t *testing.T) {
	t.Parallel()
	clock := &storetest.Clock{}
	h := openAs(t, storetest.Open(t, storetest.InMemory(t), clock), clock, "", func(c *finance.Config) { c.Mailed = false })
	h.syncs()
	page := h.as(h.add("ada@example.org", models.Finance)).get("/finance/status")
	page.checks(t, map[string]string{
		"Last event received": "warned: None yet", "Lag of the last event": "told: Not known", "Last sync with Stripe": "warned: Turned off",
		"Difference from Stripe": "good: Matches", "Oldest queued mail": "warned: Not set up", "Sending mail": "told: Off", "Last payout seen": "told: None yet",
	})
	page.says(t, "Something is to be watched.", "APPEAL_SYNC_INTERVAL=0", "set SMTP_URL to the mail server")
	h.as(h.add("vera@example.org", models.Viewer)).get("/finance/status").expect(t, http.StatusForbidden, "", "needs another role")
}
