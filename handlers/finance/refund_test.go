package finance_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/handlers/finance"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

func refundOf(d models.Donation) string { return "/finance/donations/" + d.ID + "/refund" }

// refunded holds what the books say was given back of a gift.
func (h *house) refunded(d models.Donation, want money.Minor) {
	h.t.Helper()
	now, err := h.store.FindGift(h.t.Context(), d.ID)
	if err != nil || now.Refunded != want {
		h.t.Errorf("%s is refunded, %v; want %s", now.Refunded, err, want)
	}
}

func TestAFormThatIsSentTwentyTimesRefundsOnce(t *testing.T) {
	t.Parallel()
	clerkOnBoth(t, func(t *testing.T, h *house, clerk *browser) {
		d := h.give(5000)
		clerk.get(refundOf(d)).expect(t, 200, "", "all that is left, $50.00")
		form := []string{"amount", "20", "reason", "duplicate", "note", "gave twice, says A Reader", "form_key", "key-of-the-form"}
		var wait sync.WaitGroup
		statuses := make([]int, 20)
		for i := range statuses {
			wait.Go(func() {
				b := h.browser()
				for name, value := range clerk.cookies {
					b.cookies[name] = value
				}
				statuses[i] = b.post(refundOf(d), form...).status
			})
		}
		wait.Wait()
		for _, status := range statuses {
			if status != http.StatusSeeOther {
				t.Fatalf("answered %v", statuses)
			}
		}
		h.refunded(d, 2000) // no event has come: the books were told at once
		clerk.get("/finance/donations/"+d.ID).expect(t, 200, "", "Refund of $20.00: gave twice, says A Reader")
		clerk.post(refundOf(d), form...).expect(t, 303, "/finance/donations/"+d.ID, "")
		clerk.post(refundOf(d), "amount", "20.01", "form_key", "key-of-the-form").expect(t, 409, "", "This form has done something else before.")
		clerk.post(refundOf(h.give(5000)), form...).expect(t, 409, "", "This form has done something else before.")
		clerk.post(refundOf(d), "amount", "30.01", "form_key", "another-key").expect(t, 422, "", "more than is left to refund")
		h.clock.Advance(time.Second) // the log is in the order of time
		for range 2 {
			clerk.post(refundOf(d), "amount", "", "reason", "requested_by_customer", "form_key", "key-of-the-rest").expect(t, 303, "/finance/donations/"+d.ID, "")
		}
		h.refunded(d, 5000)
		clerk.post(refundOf(d), "amount", "", "form_key", "a-third-key").expect(t, 409, "", "Nothing of this gift is left")
		made, asked := did(t, h, models.RefundMadeBy), did(t, h, models.RefundAskedFor)
		if len(made) != 2 || len(asked) != 2 || asked[1].Who != "clerk@example.org" || asked[1].After != "$20.00, duplicate" || asked[1].Object != d.ID {
			t.Errorf("the log says %+v and %+v", asked, made)
		}
	})
}

func TestAGiftOfWhichABankTookPartBackOffersNoRefundOfTheRest(t *testing.T) {
	t.Parallel()
	clerkOnBoth(t, func(t *testing.T, h *house, clerk *browser) {
		d := h.give(5000)
		page := "/finance/donations/" + d.ID
		clerk.get(page).says(t, `href="`+refundOf(d)+`"`)
		held := models.Fact{
			Key: "txn_held:dispute", Kind: models.DisputeMoved, Object: "dp_1", Money: money.Money{Minor: 2000, Currency: "usd"}, At: h.clock.Now(),
			Gift: models.GiftRef{Campaign: "corruption-project", Token: d.Token},
		}
		if _, err := h.store.Learn(t.Context(), models.Object{ID: "dp_1", Raw: []byte("{}"), Reading: models.Reading{Facts: []models.Fact{held}}}); err != nil {
			t.Fatal(err)
		}
		clerk.get(page).hides(t, `href="`+refundOf(d)+`"`)
		clerk.post(refundOf(d), "amount", "5", "form_key", "of-the-rest-of-it").expect(t, 409, "", "disputes this gift")
	})
}

// unheard is a look-up that reaches nobody.
type unheard struct{}

func (unheard) LookRefund(context.Context, string) error { return errors.New("not now") }

func TestARefundThatTheBooksHaveNotHeardOfIsNotMadeOnceMore(t *testing.T) {
	t.Parallel()
	clock := &storetest.Clock{}
	h := openAs(t, storetest.Open(t, storetest.InMemory(t), clock), clock, "", func(c *finance.Config) { c.Lookup = unheard{} })
	clerk := h.as(h.add("clerk@example.org", models.Finance))
	d := h.give(5000)
	clerk.post(refundOf(d), "amount", "40", "form_key", "key-of-the-form").expect(t, 303, "/finance/donations/"+d.ID, "")
	h.refunded(d, 0)
	clerk.get(refundOf(d)).expect(t, 200, "", "<dt>On its way into the books</dt><dd>$40.00</dd>")
	clerk.post(refundOf(d), "amount", "40", "form_key", "another-key").expect(t, 422, "", "more than is left to refund")
	clerk.post(refundOf(d), "amount", "", "form_key", "a-third-key").expect(t, 303, "/finance/donations/"+d.ID, "")
	clerk.post(refundOf(d), "amount", "", "form_key", "a-fourth-key").expect(t, 409, "", "Nothing of this gift is left")
	if made := did(t, h, models.RefundMadeBy); len(made) != 2 || !strings.HasPrefix(made[1].After, "$10.00") && !strings.HasPrefix(made[0].After, "$10.00") {
		t.Errorf("the log says %+v", made)
	}
}

func TestWhatCantBeRefundedIsNotAndComesBackAsItWasTyped(t *testing.T) {
	t.Parallel()
	clerkOnBoth(t, func(t *testing.T, h *house, clerk *browser) {
		h.hears()
		d := h.give(60000)
		for name, c := range map[string]struct {
			form   []string
			status int
			says   string
		}{
			"no amount":              {[]string{"amount", "some"}, 422, "Enter an amount in dollars"},
			"nothing":                {[]string{"amount", "0"}, 422, "Enter an amount in dollars"},
			"more than there is":     {[]string{"amount", "600.01", "confirm", "600.01"}, 422, "more than is left"},
			"much, unconfirmed":      {[]string{"amount", "500.01"}, 422, "Type the same amount again"},
			"all of it, unconfirmed": {[]string{"amount", ""}, 422, "Type the same amount again"},
			"confirmed as another":   {[]string{"amount", "500.01", "confirm", "50.01"}, 422, "Type the same amount again"},
			"confirmed as no amount": {[]string{"amount", "10", "confirm", "yes"}, 422, "Type the same amount again"},
			"for no reason there is": {[]string{"amount", "1", "reason", "remorse"}, 422, "Choose one of the reasons."},
			"with an endless note":   {[]string{"amount", "1", "note", strings.Repeat("x", 1001)}, 422, "at most 1,000 characters"},
		} {
			got := clerk.post(refundOf(d), append(c.form, "form_key", "key-of-the-form")...)
			if got.status != c.status || !strings.Contains(got.body, c.says) || !strings.Contains(got.body, "key-of-the-form") {
				t.Errorf("%s: answered %d:\n%s", name, got.status, got.body)
			}
		}
		clerk.post("/finance/donations/don_nobody/refund", "amount", "1").expect(t, 404, "", "Page not found")
		check := clerk.enter(aCheck()).entered(t)
		clerk.post("/finance/donations/"+check+"/refund", "amount", "1").expect(t, 409, "", "did not pass through Stripe")
		clerk.post(refundOf(d), "amount", "500", "form_key", "the-limit-itself").expect(t, 303, "/finance/donations/"+d.ID, "")
		clerk.post(refundOf(d), "amount", "100", "confirm", "100.00", "form_key", "the-rest").expect(t, 303, "/finance/donations/"+d.ID, "")
		h.refunded(d, 60000)

		// A dispute that the books know of, and one that only Stripe does.
		known, unknown := h.give(2000), h.give(3000)
		h.dispute(known)
		h.arrive()
		clerk.post(refundOf(known), "amount", "5", "form_key", "of-the-disputed").expect(t, 409, "", "disputes this gift")
		h.dispute(unknown)
		for range 2 {
			clerk.post(refundOf(unknown), "amount", "5", "form_key", "of-the-other").expect(t, 409, "", "Stripe refused this refund")
		}
		h.arrive()
		h.refunded(known, 0)
		h.refunded(unknown, 0)
		if refused := did(t, h, models.RefundRefusedTo); len(refused) != 1 || refused[0].Before != "$5.00" {
			t.Errorf("the log says %+v", refused)
		}
	})
}

func TestARefundThatStripeDoesNotAnswerIsTakenOnceWhenItDoes(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]stripesim.Fault{
		"it is not reached":          {Drop: true},
		"its answer is lost":         {Drop: true, After: true},
		"it breaks":                  {Status: 500},
		"it breaks when it has done": {Status: 500, After: true},
		"it is too busy":             {Status: 429},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			h := openOn(t, storetest.Open(t, storetest.InMemory(t), clock), clock, "")
			clerk := h.as(h.add("clerk@example.org", models.Finance))
			d := h.give(5000)
			form := []string{"amount", "20", "note", "as agreed", "form_key", "key-of-the-form"}
			h.stripe.spoil.Store(&fault)
			got := clerk.post(refundOf(d), form...)
			got.expect(t, 503, "", "Send the same form again in a minute")
			if got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "key-of-the-form") {
				t.Errorf("the page can't be sent again:\n%s", got.body)
			}
			clerk.post(refundOf(d), "amount", "20", "form_key", "another-key").expect(t, 409, "", "Ask for that one again first.")
			h.stripe.spoil.Store(nil)
			for range 2 {
				clerk.post(refundOf(d), form...).expect(t, 303, "/finance/donations/"+d.ID, "")
			}
			h.refunded(d, 2000)
			clerk.get(refundOf(d)).expect(t, 200, "", "all that is left, $30.00")
		})
	}
}
