//go:build !race

package webhooks_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/erasure"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// forgotten is an account in which somebody gave in every way and was erased, by
// the books that were kept then. Other books are made anew from it.
type forgotten struct {
	*bookkeeper
	events []string // the ids of all events, the newest first
}

// forget has somebody give in every way, be erased, give again and be erased again.
func forget(t *testing.T, clock *storetest.Clock, store *models.Store) forgotten {
	t.Helper()
	b := newAccount(t, clock, 1, nil).keptIn(store)
	gives := func(choices models.Choices, email string, outcomes ...string) models.Donation {
		choices.Comment, choices.Tribute, choices.TributeName = "canary words", models.InMemory, "Canary Senior"
		d := b.open(choices)
		for _, outcome := range outcomes {
			b.paysAs(d, email, "Canary Bird", outcome)
		}
		return d
	}
	b.give(once50, "other@example.org", "succeeds")
	gives(once50, "canary@example.org", "succeeds")
	gives(once50, "Canary@Example.org", "declined", "succeeds")
	refunded := gives(once50, "canary@example.org", "twice")
	must[string](b)(b.sim.OpenDispute(t.Context(), b.chargeOf(refunded), stripesim.DisputeOptions{Amount: 2000}))
	debit := gives(once50, "canary@example.org", "debit")
	b.ok(b.sim.FailDebit(t.Context(), b.chargeOf(debit), false))
	first := gives(monthly, "canary@example.org", "succeeds")
	b.sync()
	sub := b.subscriptionOf(first)
	must[string](b)(b.sim.Renew(t.Context(), sub))
	must[string](b)(b.sim.FailRenewal(t.Context(), sub))
	b.later(24 * time.Hour)
	b.agree(b.sync())

	for range 2 { // whoever gives again is another donor, and is erased apart
		_, err := store.Erase(t.Context(), models.Operator, "canary@example.org")
		b.ok(err)
		b.erases(b.client)
		clock.Advance(time.Hour)
		gives(once50, "canary@example.org", "succeeds")
		b.later(time.Hour)
		b.agree(b.sync())
	}
	_, err := store.Erase(t.Context(), models.Operator, "canary@example.org")
	b.ok(err)
	b.erases(b.client)
	clock.Advance(time.Hour)
	b.give(once50, "canary2@example.org", "succeeds")
	b.later(time.Hour)
	b.agree(b.sync())
	return forgotten{bookkeeper: b, events: b.allEvents()}
}

// paysAs pays under a name.
func (b *bookkeeper) paysAs(d models.Donation, email, name, outcome string) {
	b.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.PostForm(d.CheckoutURL, url.Values{"email": {email}, "name": {name}, "outcome": {outcome}})
	b.ok(err)
	b.ok(answer.Body.Close())
}

// asked is a Stripe that has forgotten already.
type asked struct{}

func (asked) Forget(context.Context, stripeapi.Known, time.Time) ([]string, error) { return nil, nil }

// erases finishes the erasures that are due.
func (b *bookkeeper) erases(stripe erasure.Stripe) {
	b.t.Helper()
	worker := &erasure.Worker{Store: b.store, Stripe: stripe, Log: slog.New(slog.DiscardHandler)}
	b.ok(worker.Once(b.t.Context()))
}

// allEvents are the ids of all that happened in the account.
func (b *bookkeeper) allEvents() (ids []string) {
	b.t.Helper()
	l := stripeapi.Listing{Kind: stripeapi.Events}
	for {
		page, err := b.client.List(b.t.Context(), l)
		b.ok(err)
		for _, raw := range page.Items {
			var e struct{ ID string }
			b.ok(json.Unmarshal(raw, &e))
			ids = append(ids, e.ID)
		}
		if page.Last == "" {
			return ids
		}
		l.After = page.Last
	}
}

func TestBooksMadeAnewBringNobodyBackWhoWasErased(t *testing.T) { //nolint:tparallel // its books are of one account, in turn
	t.Parallel()
	clock := &storetest.Clock{}
	was := forget(t, clock, storetest.Open(t, storetest.InMemory(t), clock))
	for _, how := range []string{"by a sync", "by events of before the erasure, in disorder, and a sync"} {
		for name, address := range storetest.Databases() {
			if how != "by a sync" && name != "SQLite" {
				continue // what differs between databases was seen by then
			}
			t.Run(how+", "+name, func(t *testing.T) {
				at := address(t)
				b := was.keptIn(storetest.Open(t, at, clock))
				if how != "by a sync" {
					b.subscribed()
					for _, i := range rand.New(rand.NewPCG(3, 7)).Perm(len(was.events)) {
						b.ok(b.sim.Resend(t.Context(), was.events[i]))
					}
					b.later(time.Minute)
				}
				b.agree(b.sync())
				b.erases(asked{})
				if got, want := b.totals(), was.totals(); got != want {
					t.Errorf("the totals are\n%+v, and were\n%+v", got, want)
				}
				everything := strings.ToLower(storetest.Everything(t, at))
				for line := range strings.Lines(everything) {
					if strings.Contains(line, "canary ") || strings.Contains(line, "canary@") {
						t.Errorf("somebody is back: %.300s", line)
					}
				}
				for _, known := range []string{"other@example.org", "canary2@example.org"} {
					if !strings.Contains(everything, known) {
						t.Errorf("%s is lost", known)
					}
				}
			})
		}
	}
}
