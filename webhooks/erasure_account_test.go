//go:build !race

package webhooks_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/erasure"
	"github.com/corruptionproject/appeal/internal/export"
	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/outbox"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

// drill is a whole service whose donor is about to be erased: books, log,
// captured mail, and all that works in the background.
type drill struct {
	*bookkeeper
	address string // of the books
	folder  string // of captured mail
	logged  *bytes.Buffer
	letters *outbox.Worker
	eraser  *erasure.Worker
}

func newDrill(t *testing.T, address string) *drill {
	t.Helper()
	clock := &storetest.Clock{}
	store := storetest.OpenWith(t, models.Options{
		URL: address, Slug: slug, Now: clock.Now, Notices: models.Notices{To: []string{"desk@example.org"}, From: 100}, Addresses: true,
	})
	account := newAccount(t, clock, 1, nil)
	account.campaign.CollectAddress = true
	d := &drill{bookkeeper: account.keptIn(store), address: address, folder: t.TempDir(), logged: &bytes.Buffer{}}
	log := slog.New(slog.NewJSONHandler(&lockedWriter{w: d.logged}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d.resolver = webhooks.NewResolver(store, d.client, log)
	d.syncer = webhooks.NewSyncer(store, d.client, webhooks.SyncConfig{Slug: slug, BooksStart: d.campaign.BooksStart, Holder: "test", Log: log})
	router := echo.New()
	router.POST(webhooks.Path, (&webhooks.Door{Store: store, Secrets: []string{secret}, Resolver: d.resolver, Log: log}).Receive)
	d.door = httptest.NewServer(router)
	t.Cleanup(d.door.Close)
	d.subscribed()
	captured, err := mail.OpenCapture(d.folder, clock.Now)
	d.ok(err)
	t.Cleanup(func() { d.ok(captured.Close()) })
	base := &url.URL{Scheme: "https", Host: "give.example.org"}
	d.letters = &outbox.Worker{
		Store: store, Sender: captured, Campaign: d.campaign, Links: links.New(make([]byte, 32)), BaseURL: base,
		From: mail.Address{Name: "Newsroom", Email: "giving@example.org"}, TestMode: true, Log: log,
	}
	d.eraser = &erasure.Worker{Store: store, Stripe: d.client, Mail: captured, Log: log}
	return d
}

// bird is the n-th canary: found wherever something of it is kept.
func bird(n int) string { return fmt.Sprintf("Kanari%02dvogel", n) }

// donorOf is whoever is erased.
var donorOf = bird(1) + "@example.org"

// pays gives through Stripe under the name of a canary.
func (d *drill) pays(choices models.Choices, email string) models.Donation {
	d.t.Helper()
	choices.Tribute, choices.TributeName, choices.Comment, choices.Newsletter = models.InMemory, bird(2), bird(3)+" says \"hello\"", true
	gift := d.open(choices)
	d.payAs(gift, email, bird(4), "succeeds")
	d.later(time.Minute)
	return gift
}

// lives is all that a donor can leave behind: it returns the gifts.
func (d *drill) lives() (once, monthly models.Donation) {
	d.t.Helper()
	ctx, by := d.t.Context(), models.Actor("finance@example.org")
	once = d.pays(models.Choices{Frequency: models.Once, Amount: 50_00}, donorOf)
	monthly = d.pays(models.Choices{Frequency: models.Monthly, Amount: 15_00}, strings.ToUpper(donorOf))
	sub := d.subscriptionOf(monthly)
	must[string](d.bookkeeper)(d.sim.Renew(ctx, sub))
	disputed := d.pays(models.Choices{Frequency: models.Once, Amount: 70_00}, donorOf)
	must[string](d.bookkeeper)(d.sim.OpenDispute(ctx, d.chargeOf(disputed), stripesim.DisputeOptions{}))
	must[string](d.bookkeeper)(d.sim.RefundCharge(ctx, d.chargeOf(once), stripesim.RefundOptions{Amount: 5_00}))
	must[string](d.bookkeeper)(d.sim.ForeignSubscription(ctx, donorOf, "usd", 9_00)) // another product's customer
	d.later(time.Hour)
	offline, err := d.store.EnterOffline(ctx, models.NewOfflineGift{
		Amount: 300_00, Method: models.Check, ReceivedOn: storetest.Start.AddDate(0, 0, -3).Truncate(24 * time.Hour), DonorName: bird(5), DonorEmail: donorOf,
		DonorAddress: bird(6) + "\n" + bird(7), Reference: bird(8), Note: bird(9), Zone: time.UTC, EnteredBy: string(by),
	})
	d.ok(err)
	mistake, err := d.store.EnterOffline(ctx, models.NewOfflineGift{
		Amount: 10_00, Method: models.Cash, ReceivedOn: storetest.Start.AddDate(0, 0, -4).Truncate(24 * time.Hour), DonorEmail: donorOf, Zone: time.UTC, EnteredBy: string(by),
	})
	d.ok(err)
	d.ok(d.store.ReverseOffline(ctx, mistake.ID, bird(10), string(by)))
	d.ok(d.store.AddNote(ctx, once.ID, bird(11), by))
	d.ok(d.store.AddNote(ctx, offline.ID, bird(12), by))
	d.ok(d.store.RequestNewsletter(ctx, donorOf))
	d.ok(d.store.RequestManageLink(ctx, donorOf))
	d.ok(d.store.KeepCancellation(ctx, sub))
	d.ok(d.store.KeepReason(ctx, sub, bird(13)))
	// Something of theirs that needed a person, and what that person wrote.
	charge := d.chargeOf(once)
	raw := fmt.Appendf(nil, `{"id":%q,"object":"charge","billing_details":{"name":%q,"phone":%q,"address":{"line1":%q,"city":%q,"postal_code":%q}},"shipping":{"name":%q},
		"description":%q,"statement_descriptor":%q,"metadata":{"note":%q},"receipt_url":"https://pay.stripe.com/%s"}`,
		charge, bird(14), bird(15), bird(16), bird(17), bird(18), bird(19), bird(20), bird(21), bird(22), bird(23))
	d.ok(d.store.SetAside(ctx, models.Object{ID: charge, Raw: raw}, models.EventAttention, "it contradicts the books"))
	for _, e := range d.openEvents() {
		d.ok(d.store.Resolve(ctx, by, "", e.ID, "", bird(24)))
	}
	d.ok(d.letters.Once(ctx))
	return once, monthly
}

func (d *drill) openEvents() []models.Event {
	d.t.Helper()
	events, err := d.store.OpenEvents(d.t.Context())
	d.ok(err)
	return events
}

// birds are where canaries are seen: in the books, in the bytes of their files,
// in captured mail, in the log, and in a table that leaves the house.
func (d *drill) birds() map[string][]string {
	d.t.Helper()
	places := map[string]string{"books": storetest.Everything(d.t, d.address), "log": d.logged.String()}
	files, err := filepath.Glob(filepath.Join(d.folder, "*"))
	d.ok(err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		d.ok(err)
		places["mail"] += string(raw) + "\n"
	}
	for _, table := range []export.Table{export.Donations, export.Donors, export.Newsletter, export.Journal} {
		places["exports"] += d.table(table)
	}
	seen := map[string][]string{}
	for place, text := range places {
		for line := range strings.Lines(text) {
			if at := aBird.FindStringIndex(line); at != nil {
				seen[place] = append(seen[place], line[max(0, at[0]-60):min(len(line), at[1]+20)])
			}
		}
	}
	return seen
}

var aBird = regexp.MustCompile(`(?i)kanari`)

// table is an export.
func (d *drill) table(t export.Table) string {
	d.t.Helper()
	var out bytes.Buffer
	_, err := export.Books{Store: d.store, Campaign: d.campaign}.Write(d.t.Context(), &out, export.Request{Table: t}, sheet.CSV, nil)
	d.ok(err)
	return out.String()
}

// works has everything be done that is done in the background.
func (d *drill) works() {
	d.t.Helper()
	d.later(time.Minute)
	d.ok(d.letters.Once(d.t.Context()))
	d.ok(d.eraser.Once(d.t.Context()))
	d.later(time.Minute)
	d.ok(d.letters.Once(d.t.Context()))
}

// readsAll syncs from the beginning.
func (d *drill) readsAll() webhooks.Report {
	d.t.Helper()
	from := d.campaign.BooksStart
	report, err := d.syncer.Sync(d.t.Context(), &from, nil)
	d.ok(err)
	return report
}

func TestADonorWhoIsErasedIsNowhereAndNothingBringsThemBack(t *testing.T) {
	t.Parallel()
	databases := storetest.Databases()
	databases["SQLite"] = storetest.InMemory
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDrill(t, database(t))
			once, _ := d.lives()
			d.readsAll()
			d.works()
			seen := d.birds()
			for _, place := range []string{"books", "mail", "exports"} {
				if len(seen[place]) == 0 {
					t.Errorf("no canary was ever in the %s", place)
				}
			}
			before, digest, journal := d.totals(), d.digest(), d.table(export.Journal)
			// Of one more gift the books have not heard yet.
			d.payAs(d.open(models.Choices{Frequency: models.Once, Amount: 20_00, Tribute: models.NoTribute}), donorOf, bird(4), "never")
			d.clock.Advance(time.Second)

			e, err := d.store.Erase(t.Context(), "admin@example.org", donorOf)
			d.ok(err)
			d.ok(d.eraser.Once(t.Context()))
			nowhere := func(when string) {
				t.Helper()
				for place, lines := range d.birds() {
					t.Errorf("%s, the %s have %q", when, place, lines)
				}
			}
			nowhere("once they are erased")
			done, err := d.store.FindErasure(t.Context(), e.DonorID)
			if d.ok(err); done.State != models.ErasureDone || done.Problem != "" {
				t.Fatalf("the erasure is %+v", done)
			}
			if diff := cmp.Diff(before, d.totals()); diff != "" || d.digest() != digest || d.table(export.Journal) != journal {
				t.Errorf("the money has changed (−before +after): %s", diff)
			}

			// What it says now: that the customer is gone, and that gift.
			d.works()
			nowhere("after Stripe has told what became of it")
			if now := d.totals(); now.RecurringActive != before.RecurringActive-1 || now.Gross != before.Gross+20_00 {
				t.Errorf("totals are %+v, were %+v", now, before)
			}

			// All that Stripe ever said, once more, and then everything read anew.
			for event := range strings.Lines(storetest.Everything(t, d.address)) {
				if id, is := strings.CutPrefix(strings.TrimSpace(event), "events: id evt_"); is {
					d.ok(d.sim.Resend(t.Context(), "evt_"+id))
				}
			}
			d.later(time.Hour)
			d.agree(d.readsAll())
			d.works()
			nowhere("after all was told again")
			if now := d.totals(); now.Gross != before.Gross+20_00 || now.Gifts != before.Gifts+1 || now.Donors != before.Donors {
				t.Errorf("with the gift that was not known yet, totals are %+v, were %+v", now, before)
			}

			// And what is new about an old gift.
			must[string](d.bookkeeper)(d.sim.RefundCharge(t.Context(), d.chargeOf(once), stripesim.RefundOptions{Amount: 7_00}))
			d.works()
			d.agree(d.sync())
			d.works()
			nowhere("after a later refund")
			if now := d.totals(); now.Refunded != before.Refunded+7_00 || now.Donors != before.Donors || now.Gifts != before.Gifts+1 {
				t.Errorf("totals are %+v, were %+v", now, before)
			}
		})
	}
}
