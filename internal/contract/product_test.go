package contract_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/contract"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// TestEveryRequestTheProductSendsIsOneStripeDescribes drives the product's own
// client through everything it ever asks. The proxy fails the test if
// stripe-mock refuses a request, or if the simulator answers it out of shape.
func TestEveryRequestTheProductSendsIsOneStripeDescribes(t *testing.T) {
	const key = "sk_test_contract"
	_, address := contract.Simulator(t, stripesim.Config{Seed: 11, SecretKey: key})
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	client := stripeapi.New(c, stripeapi.Config{Key: key, APIBase: address, BaseURL: "https://give.example.org"})
	ctx := t.Context()

	if live, err := client.Livemode(ctx); live || err != nil {
		t.Errorf("the key is live: %v, %v", live, err)
	}
	gifts := map[string]models.Choices{
		"plain": {Frequency: models.Once, Amount: 5000, Tribute: models.NoTribute},
		"with everything": {
			Frequency: models.Once, Amount: 125050, FeesCovered: 3766, Newsletter: true, Comment: strings.Repeat("é", 500),
			Tribute: models.InMemory, TributeName: strings.Repeat("n", 80), Src: strings.Repeat("s", 200),
			UTMSource: "a", UTMMedium: "b", UTMCampaign: "c", UTMContent: strings.Repeat("d", 200),
			Benefit: strings.Repeat("é", 200), BenefitValue: 3600,
		},
	}
	everything := gifts["with everything"]
	for i, frequency := range []models.Frequency{models.Monthly, models.Yearly} {
		choices := everything
		choices.Frequency = frequency
		d := models.Donation{
			Token: strings.Repeat("C", 21) + string(frequency[0]), Reference: "CP-0123ABC" + string('F'+rune(i)), Choices: choices, Currency: "usd",
			AmountCharged: choices.Charged(), CreatedAt: time.Now(),
		}
		opened, err := client.OpenCheckout(ctx, d)
		if err != nil {
			t.Fatalf("%s: %v", frequency, err)
		}
		if again, err := client.OpenCheckout(ctx, d); err != nil || *again.SessionID != *opened.SessionID {
			t.Errorf("%s: asked again, it is another session: %v", frequency, err)
		}
		pay(t, opened.CheckoutURL)
	}
	for name, choices := range gifts {
		d := models.Donation{
			Token: strings.Repeat("A", 21) + name[:1], Reference: "CP-0123ABCD", Choices: choices, Currency: "usd",
			AmountCharged: choices.Charged(), CreatedAt: time.Now(),
		}
		opened, err := client.OpenCheckout(ctx, d)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := client.OpenCheckout(ctx, d)
		if err != nil || *again.SessionID != *opened.SessionID || again.CheckoutURL != opened.CheckoutURL {
			t.Errorf("%s: asked again, it is another session: %v", name, err)
		}
		pay(t, opened.CheckoutURL)
		if err := client.CloseCheckout(ctx, *opened.SessionID); !errors.Is(err, stripeapi.ErrNotOpen) {
			t.Errorf("%s: closing a paid session: %v", name, err)
		}
		intent, charge := ids(t, client, *opened.SessionID)
		if _, err := client.Fetch(ctx, stripeapi.PaymentIntents, intent); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		raw, err := client.Fetch(ctx, stripeapi.Charges, charge)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var copied struct {
			Metadata map[string]string `json:"metadata"`
		}
		if err := json.Unmarshal(raw, &copied); err != nil {
			t.Fatal(err)
		}
		back := stripeapi.ReadMetadata(copied.Metadata)
		back.Choices.Amount = choices.Amount // the charge's amount tells it, not its metadata
		if back.Choices != choices || back.Token != d.Token || back.Reference != d.Reference || back.Campaign != c.Slug {
			t.Errorf("%s: what travelled with the gift came back as %+v", name, back)
		}
		refund(t, client, charge)
	}
	left, err := client.OpenCheckout(ctx, models.Donation{
		Token: strings.Repeat("B", 22), Reference: "CP-0123ABCE", Choices: gifts["plain"], Currency: "usd", AmountCharged: 5000, CreatedAt: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.CloseCheckout(ctx, *left.SessionID); err != nil {
		t.Errorf("closing an open session: %v", err)
	}
	withDebits := c
	withDebits.BankDebits = true
	byBank := stripeapi.New(withDebits, stripeapi.Config{Key: key, APIBase: address, BaseURL: "https://give.example.org"})
	for i, frequency := range []models.Frequency{models.Once, models.Monthly} {
		choices := models.Choices{Frequency: frequency, Amount: 5000, Tribute: models.NoTribute}
		if _, err := byBank.OpenCheckout(ctx, models.Donation{
			Token: strings.Repeat("D", 21) + string('0'+rune(i)), Reference: "CP-0123ABD" + string('0'+rune(i)), Choices: choices, Currency: "usd",
			AmountCharged: 5000, CreatedAt: time.Now(),
		}); err != nil {
			t.Errorf("%s, bank debits offered: %v", frequency, err)
		}
	}
	withAddress := c
	withAddress.CollectAddress = true
	asking := stripeapi.New(withAddress, stripeapi.Config{Key: key, APIBase: address, BaseURL: "https://give.example.org"})
	for i, frequency := range []models.Frequency{models.Once, models.Monthly} {
		opened, err := asking.OpenCheckout(ctx, models.Donation{
			Token: strings.Repeat("F", 21) + string('0'+rune(i)), Reference: "CP-0123ABE" + string('0'+rune(i)), Currency: "usd",
			Choices: models.Choices{Frequency: frequency, Amount: 5000, Tribute: models.NoTribute}, AmountCharged: 5000, CreatedAt: time.Now(),
		})
		if err != nil {
			t.Fatalf("%s, an address asked for: %v", frequency, err)
		}
		pay(t, opened.CheckoutURL)
		var session struct {
			Customer struct{ Address map[string]string } `json:"customer_details"`
		}
		fetch(t, client, stripeapi.Sessions, *opened.SessionID, &session)
		if session.Customer.Address["line1"] != "1 Sample Street" {
			t.Errorf("%s: the donor lives at %v", frequency, session.Customer.Address)
		}
	}
	if _, err := client.Fetch(ctx, stripeapi.Charges, "ch_unknown"); !errors.Is(err, stripeapi.ErrMissing) {
		t.Errorf("an unknown charge: %v", err)
	}
	if _, err := client.Fetch(ctx, stripeapi.Events, "evt_unknown"); !errors.Is(err, stripeapi.ErrMissing) {
		t.Errorf("an unknown event: %v", err)
	}
}

func pay(t *testing.T, address string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.PostForm(address, url.Values{
		"email": {"reader@example.org"}, "outcome": {"succeeds"},
		"line1": {"1 Sample Street"}, "city": {"Springfield"}, "state": {"IL"}, "postal_code": {"62701"}, "country": {"US"}, // where it is asked for
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("paying is answered %d, %v", answer.StatusCode, err)
	}
}

// refund gives back a part of a charge, asks for that again, and for too much.
func refund(t *testing.T, client *stripeapi.Client, charge string) {
	t.Helper()
	r := models.RefundRequest{ID: "refund_of_" + charge, Charge: charge, Amount: 1000, Reason: models.RequestedByDonor}
	made, err := client.Refund(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, attempt := range []int{0, 1} {
		r.Again, r.Attempt = true, attempt
		if again, err := client.Refund(t.Context(), r); err != nil || again != made {
			t.Errorf("asked again, it is another refund: %q, not %q, %v", again, made, err)
		}
	}
	_, err = client.Refund(t.Context(), models.RefundRequest{ID: "refund_of_more_of_" + charge, Charge: charge, Amount: 100000000})
	if !errors.Is(err, stripeapi.ErrRefused) {
		t.Errorf("more than there is: %v", err)
	}
}

func ids(t *testing.T, client *stripeapi.Client, session string) (intent, charge string) {
	t.Helper()
	raw, err := client.Fetch(t.Context(), stripeapi.Sessions, session)
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Intent struct {
			ID     string `json:"id"`
			Charge struct {
				ID string `json:"id"`
			} `json:"latest_charge"`
		} `json:"payment_intent"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	return s.Intent.ID, s.Intent.Charge.ID
}
