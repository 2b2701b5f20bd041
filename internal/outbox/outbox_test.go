package outbox

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/pgtest"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// relay takes mail, as it is told to.
type relay struct {
	mu   sync.Mutex
	took []mail.Message
	// answer says what becomes of one message; nil: it is taken.
	answer func(mail.Message) error
	calls  int
}

func (r *relay) Send(_ context.Context, messages []mail.Message) []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	results := make([]error, len(messages))
	for i, m := range messages {
		if r.answer != nil {
			results[i] = r.answer(m)
		}
		if results[i] == nil {
			r.took = append(r.took, m)
		}
	}
	return results
}

func (r *relay) Check(context.Context) error { return nil }

// set changes what becomes of messages from here on.
func (r *relay) set(answer func(mail.Message) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// mails are those that were taken so far.
func (r *relay) mails() []mail.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]mail.Message(nil), r.took...)
}

// office is a worker at the built-in campaign's books.
type office struct {
	*Worker
	t     testing.TB
	clock *storetest.Clock
	relay *relay
}

func newOffice(t testing.TB, s *models.Store, clock *storetest.Clock) *office {
	t.Helper()
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, clock: clock, relay: &relay{}}
	o.Worker = &Worker{
		Store: s, Sender: o.relay, Campaign: c, Links: links.New(make([]byte, 32)), BaseURL: &url.URL{Scheme: "https", Host: "give.example.org"},
		From: mail.Address{Name: c.Organisation.Name, Email: "giving@example.org"}, TestMode: true, Log: slog.New(slog.DiscardHandler),
	}
	return o
}

// onBoth runs a test at books of each kind.
func onBoth(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) { test(t, newOffice(t, s, clock)) })
}

// once has the worker do all that is due.
func (o *office) once() {
	o.t.Helper()
	if err := o.Once(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// start keeps an intended gift.
func (o *office) start(choices models.Choices) models.Donation {
	o.t.Helper()
	d, err := o.Store.StartDonation(o.t.Context(), "", 0, choices)
	if err != nil {
		o.t.Fatal(err)
	}
	return d
}

// give has a gift of $50.00 made and paid.
func (o *office) give(charge, email string) models.Donation {
	o.t.Helper()
	d := o.start(models.Choices{Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute})
	o.book(charged(d, charge, "Jordan Sample", email))
	return d
}

// charged is the fact that a gift was paid by card.
func charged(d models.Donation, charge, name, email string) models.Fact {
	agreed := money.Money{Minor: d.AmountCharged, Currency: "usd"}
	return models.Fact{
		Key: charge + ":charge", Kind: models.Charged, Object: charge, Money: agreed, Agreed: &agreed, At: storetest.Start,
		Gift: models.GiftRef{Campaign: "corruption-project", Token: d.Token, PaymentIntent: "pi_of_" + charge, Charge: charge},
		Name: name, Email: email, EmailRank: models.SessionEmail, Evidence: "of_" + charge,
	}
}

// refunded is the fact that a part of a gift was given back.
func refunded(d models.Donation, refund, charge string, minor money.Minor) models.Fact {
	return models.Fact{
		Key: refund + ":refund", Kind: models.RefundMade, Object: refund, Money: money.Money{Minor: minor, Currency: "usd"}, At: storetest.Start.Add(time.Hour),
		Gift: models.GiftRef{Campaign: "corruption-project", Token: d.Token, Charge: charge}, Evidence: "of_" + refund,
	}
}

func (o *office) book(facts ...models.Fact) { o.t.Helper(); o.learn(models.Reading{Facts: facts}) }

// learn books what an object says.
func (o *office) learn(reading models.Reading) {
	o.t.Helper()
	for _, learned := range must(o.Store.Learn(o.t.Context(), models.Object{ID: "obj_1", Raw: []byte("{}"), Reading: reading}))(o.t) {
		if learned.State != models.EventBooked {
			o.t.Fatalf("it is %s: %+v", learned.State, learned)
		}
	}
}

// must stops a test whose step failed.
func must[T any](got T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
}

// states counts the mails in each state.
func (o *office) states() map[models.MailState]int64 {
	o.t.Helper()
	return must(o.Store.MailQueue(o.t.Context()))(o.t)
}

// sound fails the test if any predicate of the books is broken.
func (o *office) sound() {
	o.t.Helper()
	for _, b := range must(o.Store.Verify(o.t.Context()))(o.t) {
		o.t.Errorf("%s does not hold (%s): %s", b.Predicate, b.Rule, b.Found)
	}
}

// link is the first address in a mail's text that goes on from a path.
func link(t testing.TB, m mail.Message, path string) string {
	t.Helper()
	_, rest, found := strings.Cut(m.Text, path)
	if !found {
		t.Fatalf("no link to %s stands in\n%s", path, m.Text)
	}
	token, _, _ := strings.Cut(rest, "\n")
	return token
}
