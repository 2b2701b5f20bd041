package webhooks_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

// made is when Stripe made the events of these tests.
var made = storetest.Start.Unix()

var gift = models.Choices{Frequency: models.Once, Amount: 125050, Tribute: models.NoTribute}

// chargeJSON is a charge of a gift, as Stripe's event carries it.
func chargeJSON(d models.Donation, id string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"id":%q,"object":"charge","amount":125050,"amount_captured":125050,"captured":true,
		"paid":true,"status":"succeeded","currency":"usd","created":1795550400,"payment_intent":"pi_1",
		"billing_details":{"email":"canary@example.org"},
		"metadata":{"appeal_campaign":%q,"appeal_token":%q}}`, id, slug, d.Token))
}

func sessionJSON(d models.Donation, status, payment string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"id":"cs_test_1","object":"checkout.session","mode":"payment","status":%q,"payment_status":%q,
		"amount_total":125050,"currency":"usd","created":1795550300,"client_reference_id":%q,"payment_intent":"pi_1",
		"customer_details":{"email":"canary@example.org"},"metadata":{"appeal_campaign":%q,"appeal_token":%q}}`,
		status, payment, d.Token, slug, d.Token))
}

func TestTheDoorAnswersAsPromised(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		d := startGift(t, store, gift)
		good := eventJSON(t, "evt_good", "charge.succeeded", stripeapi.Version, made, chargeJSON(d, "ch_1"))
		now := clock.Now()
		live := bytes.Replace(good, []byte(`"livemode":false`), []byte(`"livemode":true`), 1)
		noMode := bytes.Replace(good, []byte(`"livemode":false,`), nil, 1)
		large := append(bytes.TrimSuffix(good, []byte("}")), []byte(`,"padding":"`+strings.Repeat("x", 200<<10)+`"}`)...)
		large = bytes.Replace(large, []byte("evt_good"), []byte("evt_large"), 1)
		v0 := strings.Replace(sign(good, secret, now), "v1=", "v0=", 1)
		garbage := []byte("{not json")

		for name, c := range map[string]struct {
			body      []byte
			signature string
			want      int
		}{
			"no signature":                        {good, "", 400},
			"nonsense for a signature":            {good, "t=1,v1=zz", 400},
			"another secret":                      {good, sign(good, "whsec_other", now), 400},
			"an empty secret":                     {good, sign(good, "", now), 400},
			"a v0 signature alone":                {good, v0, 400},
			"another body than was signed":        {append(bytes.Clone(good), '\n'), sign(good, secret, now), 400},
			"signed 301 s ago":                    {good, sign(good, secret, now.Add(-301*time.Second)), 400},
			"signed 301 s from now":               {good, sign(good, secret, now.Add(301*time.Second)), 400},
			"signed, but no JSON":                 {garbage, sign(garbage, secret, now), 400},
			"signed, but a list":                  {[]byte("[]"), sign([]byte("[]"), secret, now), 400},
			"signed, but null":                    {[]byte("null"), sign([]byte("null"), secret, now), 400},
			"signed, but no event":                {[]byte(`{"id":"evt_1"}`), sign([]byte(`{"id":"evt_1"}`), secret, now), 400},
			"signed, but its id is a number":      {[]byte(`{"id":1,"object":"event","type":"x"}`), sign([]byte(`{"id":1,"object":"event","type":"x"}`), secret, now), 400},
			"a live event at a test service":      {live, sign(live, secret, now), 400},
			"an event that does not say its mode": {noMode, sign(noMode, secret, now), 400},
			"1 MiB and a byte":                    {bytes.Repeat([]byte("x"), 1<<20+1), "t=1,v1=00", 413},
			"10 MB":                               {bytes.Repeat([]byte("x"), 10<<20), "t=1,v1=00", 413},
		} {
			if got := e.post(c.body, c.signature); got != c.want {
				t.Errorf("%s: answered %d, want %d", name, got, c.want)
			}
		}
		if got := e.totals(); got.Gross != 0 {
			t.Fatalf("something of that was booked: %+v", got)
		}
		for name, c := range map[string]struct {
			body      []byte
			signature string
		}{
			"signed 300 s ago":             {good, sign(good, secret, now.Add(-300*time.Second))},
			"signed 300 s from now":        {good, sign(good, secret, now.Add(300*time.Second))},
			"the secret being replaced":    {good, sign(good, "whsec_old", now)},
			"several signatures, one good": {good, sign(good, secret, now) + ",v1=00ff"},
			"200 KiB":                      {large, sign(large, secret, now)},
		} {
			if got := e.post(c.body, c.signature); got != 200 {
				t.Errorf("%s: answered %d, want 200", name, got)
			}
		}
		if got := e.totals(); got.Gross != 125050 || got.Gifts != 1 {
			t.Errorf("totals are %+v", got)
		}
		e.sound()
	})
}

func TestWhatWasSaidIsKeptByteForByte(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		raw := []byte("{ \"id\" : \"evt_1\",\n\t\"object\":\"event\", \"type\":\"made.up\", \"livemode\":false, \"data\":null }\n")
		if got := e.deliver(raw); got != 200 {
			t.Fatalf("answered %d", got)
		}
		if kept := e.state("evt_1"); !bytes.Equal(kept.Raw, raw) || kept.State != models.EventNoEffect {
			t.Errorf("kept as %s: %q", kept.State, kept.Raw)
		}
	})
}

func TestWhenAnsweredItIsBooked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		d := startGift(t, store, gift)
		e.stripe.setDown(true) // the common path needs nothing of Stripe's
		for i := range 3 {
			if got := e.deliver(eventJSON(t, "evt_1", "charge.succeeded", stripeapi.Version, made, chargeJSON(d, "ch_1"))); got != 200 {
				t.Fatalf("answered %d", got)
			}
			if got := e.totals(); got.Raised != 125050 || got.Gifts != 1 || got.Donors != 1 {
				t.Fatalf("after delivery %d: %+v", i+1, got)
			}
		}
		if asked := e.stripe.requests(); len(asked) != 0 {
			t.Errorf("Stripe was asked for %v", asked)
		}
	})
}

func TestSevenWorkersDeliverOneGift(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		d := startGift(t, store, gift)
		var wait sync.WaitGroup
		for i := range 7 {
			wait.Go(func() {
				// Two events of Stripe's for one change, and each of them several times.
				id := fmt.Sprintf("evt_%d", i%2)
				if got := e.deliver(eventJSON(t, id, "charge.succeeded", stripeapi.Version, made, chargeJSON(d, "ch_1"))); got != 200 {
					t.Errorf("answered %d", got)
				}
				session := eventJSON(t, "evt_session", "checkout.session.completed", stripeapi.Version, made, sessionJSON(d, "complete", "paid"))
				if got := e.deliver(session); got != 200 {
					t.Errorf("answered %d", got)
				}
			})
		}
		wait.Wait()
		e.settle(clock.Advance)
		if got := e.totals(); got.Gross != 125050 || got.Gifts != 1 || got.Donors != 1 || got.NeedsAttention != 0 {
			t.Errorf("totals are %+v", got)
		}
		e.sound()
	})
}

func TestAnEventWaitsWhileStripeIsDownAndStaffAreToldInTime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		d := startGift(t, store, gift)
		e.stripe.setDown(true)
		body := eventJSON(t, "evt_1", "checkout.session.completed", stripeapi.Version, made, sessionJSON(d, "complete", "paid"))
		if got := e.deliver(body); got != 200 {
			t.Fatalf("answered %d", got)
		}
		clock.Advance(3 * time.Second)
		if _, err := e.resolver.ResolveDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := e.state("evt_1"); got.State != models.EventWaiting || got.Attempts != 1 || got.Problem != "Stripe did not answer" {
			t.Fatalf("after the first try: %s, %d tries: %s", got.State, got.Attempts, got.Problem)
		}
		if got := e.totals(); got.NeedsAttention != 0 {
			t.Errorf("staff are told after seconds")
		}
		clock.Advance(15 * time.Minute)
		if got := e.totals(); got.NeedsAttention != 1 {
			t.Errorf("after a quarter of an hour %d events need attention", got.NeedsAttention)
		}
		e.stripe.setDown(false)
		var expanded map[string]any
		if err := json.Unmarshal(sessionJSON(d, "complete", "paid"), &expanded); err != nil {
			t.Fatal(err)
		}
		expanded["payment_intent"] = map[string]any{
			"id": "pi_1", "object": "payment_intent", "status": "succeeded", "latest_charge": chargeJSON(d, "ch_1"),
		}
		object, err := json.Marshal(expanded)
		if err != nil {
			t.Fatal(err)
		}
		e.stripe.put("checkout/sessions/cs_test_1", string(object))
		e.settle(clock.Advance)
		if got := e.totals(); got.Gross != 125050 || got.NeedsAttention != 0 {
			t.Errorf("once Stripe is back: %+v", got)
		}
		e.sound()
	})
}

// Stripe copies a payment intent's metadata to its charge. Should it not have
// come, the session that was paid for names the charge all the same.
func TestAChargeThatDoesNotSayWhoseItIsIsNotAskedAfter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		foreign := strings.Replace(string(chargeJSON(models.Donation{}, "ch_foreign")), "appeal_", "other_", 2)
		foreign = strings.Replace(foreign, "pi_1", "pi_foreign", 1)
		refunded := eventJSON(t, "evt_refunded", "charge.refunded", stripeapi.Version, made, json.RawMessage(foreign))
		for id, body := range map[string][]byte{
			"evt_foreign": eventJSON(t, "evt_foreign", "charge.succeeded", stripeapi.Version, made, json.RawMessage(foreign)), "evt_refunded": refunded,
		} {
			if got := e.deliver(body); got != 200 || e.state(id).State != models.EventForeign {
				t.Errorf("%s is answered %d and is %s", id, got, e.state(id).State)
			}
		}
		e.settle(clock.Advance)
		if asked := e.stripe.requests(); len(asked) != 0 {
			t.Errorf("Stripe was asked for %v", asked)
		}

		d := startGift(t, store, gift)
		bare := strings.Replace(string(chargeJSON(d, "ch_1")), "appeal_", "other_", 2)
		session := strings.Replace(string(sessionJSON(d, "complete", "paid")), `"pi_1"`,
			`{"id":"pi_1","object":"payment_intent","status":"succeeded","amount_received":125050,"currency":"usd","latest_charge":`+bare+`}`, 1)
		e.stripe.put("checkout/sessions/cs_test_1", session)
		e.deliver(eventJSON(t, "evt_1", "charge.succeeded", stripeapi.Version, made, json.RawMessage(bare)))
		e.deliver(eventJSON(t, "evt_2", "checkout.session.completed", stripeapi.Version, made, sessionJSON(d, "complete", "paid")))
		e.settle(clock.Advance)
		if got := e.totals(); got.Gross != 125050 || got.Gifts != 1 || got.NeedsAttention != 0 {
			t.Errorf("once the session says so: %+v", got)
		}
		e.sound()
	})
}

func TestAGiftWhoseEventsNeverComeIsFoundByLookingOnceInFiveSeconds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		d := startGift(t, store, gift)
		session := "cs_test_1"
		if err := store.AttachCheckout(t.Context(), d, models.CheckoutSession{SessionID: &session, CheckoutURL: "https://example.org/pay"}); err != nil {
			t.Fatal(err)
		}
		look := func() {
			t.Helper()
			if err := e.resolver.Look(t.Context(), d.Token); err != nil {
				t.Fatal(err)
			}
		}
		e.stripe.put("checkout/sessions/cs_test_1", string(sessionJSON(d, "open", "unpaid")))
		for range 2 * webhooks.LooksPerSecond {
			look()
		}
		if asked := e.stripe.requests(); len(asked) != 1 {
			t.Fatalf("asked %d times at once", len(asked))
		}
		// However often its page asks, the pages of others still have their turn.
		other := startGift(t, store, gift)
		otherSession := "cs_test_2"
		if err := store.AttachCheckout(t.Context(), other, models.CheckoutSession{SessionID: &otherSession, CheckoutURL: "https://example.org/pay"}); err != nil {
			t.Fatal(err)
		}
		e.stripe.put("checkout/sessions/cs_test_2", strings.ReplaceAll(string(sessionJSON(other, "open", "unpaid")), "cs_test_1", otherSession))
		if err := e.resolver.Look(t.Context(), other.Token); err != nil || len(e.stripe.requests()) != 2 {
			t.Fatalf("another gift's page was not looked up: %v", err)
		}
		e.stripe.put("checkout/sessions/cs_test_1", string(sessionJSON(d, "complete", "paid")))
		e.stripe.put("payment_intents/pi_1", `{"id":"pi_1","object":"payment_intent","status":"succeeded","latest_charge":"ch_1",
			"amount_received":125050,"currency":"usd","created":1795550395,"metadata":{"appeal_campaign":"`+slug+`","appeal_token":"`+d.Token+`"}}`)
		e.stripe.put("charges/ch_1", string(chargeJSON(d, "ch_1")))
		clock.Advance(5 * time.Second)
		look()
		if got := e.totals(); got.Gross != 125050 || got.Gifts != 1 {
			t.Errorf("totals are %+v", got)
		}
		// The event comes after all, and changes nothing.
		e.deliver(eventJSON(t, "evt_1", "charge.succeeded", stripeapi.Version, made, chargeJSON(d, "ch_1")))
		if got := e.totals(); got.Gross != 125050 || got.Gifts != 1 {
			t.Errorf("after the event came late: %+v", got)
		}
		e.sound()
	})
}

func TestAGiftThatContradictsWhatWasAgreedNeedsAPersonEvenWithoutAnEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		d := startGift(t, store, models.Choices{Frequency: models.Once, Amount: 99900, Tribute: models.NoTribute})
		session := "cs_test_1"
		if err := store.AttachCheckout(t.Context(), d, models.CheckoutSession{SessionID: &session, CheckoutURL: "https://example.org/pay"}); err != nil {
			t.Fatal(err)
		}
		e.stripe.put("checkout/sessions/cs_test_1", string(sessionJSON(d, "complete", "paid")))
		for range 2 {
			if err := e.resolver.Look(t.Context(), d.Token); err != nil {
				t.Fatal(err)
			}
			clock.Advance(5 * time.Second)
		}
		if got := e.totals(); got.NeedsAttention != 1 || got.Gross != 0 {
			t.Errorf("totals are %+v", got)
		}
		// Read twice, it says the same, and stands once.
		kept, err := store.OpenEvents(t.Context())
		if err != nil || len(kept) != 1 || kept[0].State != models.EventAttention || kept[0].Problem == "" {
			t.Errorf("kept as %+v, %v", kept, err)
		}
	})
}

func TestGenuineEventsOfOddShapesAreKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		for i, odd := range []string{
			`"data":"x"`, `"data":[]`, `"data":{"object":[]}`, `"created":"2024-01-01T00:00:00Z"`, `"created":1.5`, `"account":{}`, `"api_version":5`, `"api_version":null`,
			`"created":4611686018427387904`, `"created":-4611686018427387904`, `"created":253402300800`,
			`"api_version":"\u0000"`, `"data":{"object":{"id":"ch_\u0000","object":"charge"}}`,
		} {
			id := fmt.Sprintf("evt_odd_%d", i)
			if got := e.deliver([]byte(fmt.Sprintf(`{"id":%q,"object":"event","type":"charge.succeeded","livemode":false,%s}`, id, odd))); got != 200 {
				t.Errorf("%s is answered %d", odd, got)
			}
			if kept := e.state(id); kept.State != models.EventWaiting {
				t.Errorf("%s is kept as %s", odd, kept.State)
			}
		}
		// None of them keeps another from being booked.
		d := startGift(t, store, gift)
		e.stripe.put("charges/ch_1", string(chargeJSON(d, "ch_1")))
		e.deliver(eventJSON(t, "evt_good", "charge.succeeded", "2025-03-31.basil", made, chargeJSON(d, "ch_1")))
		e.settle(clock.Advance)
		if got := e.totals(); got.Gross != 125050 {
			t.Errorf("beside them %s is booked", got.Gross)
		}
	})
}

func TestAnAmountThatIsMissingIsAskedFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		d := startGift(t, store, gift)
		e.deliver(eventJSON(t, "evt_1", "charge.succeeded", stripeapi.Version, made, chargeJSON(d, "ch_1")))
		refund := `{"id":"re_1","object":"refund","charge":"ch_1","status":"succeeded","currency":"usd","created":1795550500,"amount":%s}`
		payout := `{"id":"po_1","object":"payout","status":"paid","currency":"usd","created":1795550600,"arrival_date":4611686018427387904,"amount":%s}`
		e.stripe.put("refunds/re_1", fmt.Sprintf(refund, "5000"))
		e.stripe.put("payouts/po_1", fmt.Sprintf(payout, "7000"))
		e.deliver(eventJSON(t, "evt_2", "charge.refund.updated", stripeapi.Version, made, json.RawMessage(fmt.Sprintf(refund, "null"))))
		e.deliver(eventJSON(t, "evt_3", "payout.paid", stripeapi.Version, made, json.RawMessage(fmt.Sprintf(payout, "null"))))
		e.settle(clock.Advance)
		if got := e.totals(); got.Refunded != 5000 || got.PaidOut != 7000 || got.NeedsAttention != 0 {
			t.Errorf("totals are %+v", got)
		}
		e.sound()
	})
}

func TestNoSecretAndNoPersonIsLogged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		d := startGift(t, store, gift)
		body := eventJSON(t, "evt_1", "charge.succeeded", stripeapi.Version, made, chargeJSON(d, "ch_1"))
		signature := sign(body, secret, clock.Now())
		e.deliver(body)
		e.post(body, sign(body, "whsec_other", clock.Now()))
		e.post([]byte("canary@example.org"), signature)
		e.stripe.setDown(true)
		e.deliver(eventJSON(t, "evt_2", "checkout.session.completed", "2025-03-31.basil", made, sessionJSON(d, "complete", "paid")))
		e.settle(clock.Advance)
		for _, canary := range []string{"canary@example.org", secret, "whsec_old", "sk_test_1", signature, d.Token} {
			if strings.Contains(e.logged.String(), canary) {
				t.Errorf("the log holds %q:\n%s", canary, e.logged)
			}
		}
		if e.logged.Len() == 0 {
			t.Error("nothing was logged at all")
		}
	})
}

func FuzzDoor(f *testing.F) {
	f.Add([]byte(`{"id":"evt_1","object":"event","type":"charge.succeeded","api_version":"2023-10-16","livemode":false,"data":{"object":{"id":"ch_1","object":"charge","status":"succeeded","paid":true,"captured":true,"payment_intent":{"id":"x"},"metadata":{"appeal_campaign":"corruption-project"}}}}`))
	f.Add([]byte(`{"id":"evt_2","object":"event","type":"checkout.session.completed","api_version":"2023-10-16","livemode":false,"data":{"object":{"id":1}}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		clock := &storetest.Clock{}
		e := newEntrance(t, storetest.Open(t, "sqlite:"+t.TempDir()+"/a.db", clock), clock.Now)
		if got := e.deliver(body); got != 200 && got != 400 {
			t.Errorf("answered %d", got)
		}
	})
}

func TestABankDebitThatFailedIsTriedAnew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		e := newEntrance(t, store, clock.Now)
		for i, first := range []string{"failed", "succeeded"} {
			d := startGift(t, store, gift)
			debit := func(id, status string, paid bool, captured int, more string) {
				object := fmt.Sprintf(`{"id":%q,"object":"charge","amount":125050,"amount_captured":%d,"captured":true,"paid":%t,"status":%q,
					"currency":"usd","created":1795550400,"payment_intent":"pi_%d","payment_method_details":{"type":"us_bank_account"},
					"metadata":{"appeal_campaign":%q,"appeal_token":%q}%s}`, id, captured, paid, status, i, slug, d.Token, more)
				if got := e.deliver(eventJSON(t, "evt_"+id, "charge."+status, stripeapi.Version, made, json.RawMessage(object))); got != 200 {
					t.Fatalf("answered %d", got)
				}
			}
			tries := map[string]func(){
				"failed": func() {
					debit(fmt.Sprintf("py_back_%d", i), "failed", false, 0, fmt.Sprintf(`,"balance_transaction":"txn_%da","failure_balance_transaction":
						{"id":"txn_%db","object":"balance_transaction","amount":-125050,"created":1795550450,"currency":"usd"}`, i, i))
				},
				"succeeded": func() { debit(fmt.Sprintf("py_paid_%d", i), "succeeded", true, 125050, "") },
			}
			tries[first]()
			for name, again := range tries {
				if name != first {
					again()
				}
			}
		}
		e.settle(clock.Advance)
		if got := e.totals(); got.Gross != 2*125050 || got.Gifts != 2 || got.NeedsAttention != 0 {
			t.Errorf("totals are %+v", got)
		}
		e.sound()
	})
}
