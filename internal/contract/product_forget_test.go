package contract_test

import (
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/contract"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// TestSomebodyIsForgottenAsStripeDescribes drives the product's client through
// forgetting a donor of a gift made once and of one that repeats, twice.
func TestSomebodyIsForgottenAsStripeDescribes(t *testing.T) {
	const key = "sk_test_contract"
	_, address := contract.Simulator(t, stripesim.Config{Seed: 13, SecretKey: key})
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	client := stripeapi.New(c, stripeapi.Config{Key: key, APIBase: address, BaseURL: "https://give.example.org"})
	opened, err := client.OpenCheckout(t.Context(), models.Donation{
		Token: strings.Repeat("F", 22), Reference: "CP-0123ABCG", Currency: "usd", AmountCharged: 5000, CreatedAt: time.Now(),
		Choices: models.Choices{Frequency: models.Once, Amount: 5000, Comment: "Go on.", Tribute: models.InMemory, TributeName: "Ada"},
	})
	if err != nil {
		t.Fatal(err)
	}
	pay(t, opened.CheckoutURL)
	intent, charge := ids(t, client, *opened.SessionID)
	who := stripeapi.Known{
		PaymentIntents: []string{intent, "pi_unknown"}, Charges: []string{charge, "ch_unknown"},
		Subscriptions: []string{subscribe(t, client, models.Monthly), "sub_unknown"}, Customers: []string{"cus_unknown"},
	}
	for range 2 {
		if unchanged, err := client.Forget(t.Context(), who, time.Now()); err != nil || len(unchanged) > 0 {
			t.Fatalf("%v, left as they are: %v", err, unchanged)
		}
	}
	var left struct{ Metadata map[string]string }
	fetch(t, client, stripeapi.Charges, charge, &left)
	if gift := stripeapi.ReadMetadata(left.Metadata); gift.Erased.IsZero() || gift.Choices.Comment+gift.Choices.TributeName != "" || gift.Token != strings.Repeat("F", 22) {
		t.Errorf("the charge says %+v", gift)
	}
	if got := readSubscription(t, client, who.Subscriptions[0]).status; got != "canceled" {
		t.Errorf("the subscription is %s", got)
	}
}
