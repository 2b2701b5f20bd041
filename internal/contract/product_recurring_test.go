package contract_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/contract"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// TestWhatADonorChangesIsAskedForAsStripeDescribes drives the product's client
// through what donors do with their repeated gifts, and reads back what came of it.
func TestWhatADonorChangesIsAskedForAsStripeDescribes(t *testing.T) {
	const key = "sk_test_contract"
	_, address := contract.Simulator(t, stripesim.Config{Seed: 12, SecretKey: key})
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	client := stripeapi.New(c, stripeapi.Config{Key: key, APIBase: address, BaseURL: "https://give.example.org"})
	for frequency, interval := range map[models.Frequency]string{models.Monthly: "month", models.Yearly: "year"} {
		id := subscribe(t, client, frequency)
		for _, to := range []struct{ amount, fees money.Minor }{{2000, 91}, {1000, 0}, {1000, 0}, {500000, 14966}, {300, 40}} {
			if err := client.ChangeAmount(t.Context(), id, to.amount, to.fees); err != nil {
				t.Fatalf("%s, to %d and %d: %v", frequency, to.amount, to.fees, err)
			}
			if got, want := readSubscription(t, client, id), (told{"active", to.amount + to.fees, to.fees, interval}); got != want {
				t.Errorf("%s: it is %+v, not %+v", frequency, got, want)
			}
		}
		for range 2 { // a second time it is paid by default already
			to, err := client.PortalSession(t.Context(), id)
			if err != nil || !strings.Contains(to, "/portal/") {
				t.Errorf("%s: the portal is %q, %v", frequency, to, err)
			}
		}
		for range 2 { // ended once, it stays so
			if err := client.CancelSubscription(t.Context(), id); err != nil {
				t.Errorf("%s: %v", frequency, err)
			}
		}
		if got := readSubscription(t, client, id).status; got != "canceled" {
			t.Errorf("%s: it is %s", frequency, got)
		}
		if err := client.ChangeAmount(t.Context(), id, 2000, 0); !errors.Is(err, stripeapi.ErrRefused) {
			t.Errorf("%s: one that has ended is changed: %v", frequency, err)
		}
	}
	if err := client.ChangeAmount(t.Context(), "sub_unknown", 2000, 0); !errors.Is(err, stripeapi.ErrMissing) {
		t.Errorf("an unknown one is changed: %v", err)
	}
}

// subscribe begins a repeated gift of $15 that covers its fees.
func subscribe(t *testing.T, client *stripeapi.Client, frequency models.Frequency) (id string) {
	t.Helper()
	choices := models.Choices{Frequency: frequency, Amount: 1500, FeesCovered: 76, Tribute: models.NoTribute}
	opened, err := client.OpenCheckout(t.Context(), models.Donation{
		Token: strings.Repeat("E", 21) + string(frequency[0]), Reference: "CP-0123ABCF", Choices: choices, Currency: "usd",
		AmountCharged: choices.Charged(), CreatedAt: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	pay(t, opened.CheckoutURL)
	var session struct{ Subscription string }
	fetch(t, client, stripeapi.Sessions, *opened.SessionID, &session)
	return session.Subscription
}

// told is what matters here of a subscription.
type told struct {
	status       string
	amount, fees money.Minor
	interval     string
}

func readSubscription(t *testing.T, client *stripeapi.Client, id string) told {
	t.Helper()
	var sub struct {
		Status   string
		Metadata map[string]string
		Items    struct {
			Data []struct {
				Quantity int64
				Price    struct {
					UnitAmount money.Minor `json:"unit_amount"`
					Recurring  struct{ Interval string }
				}
			}
		}
	}
	fetch(t, client, stripeapi.Subscriptions, id, &sub)
	is := told{status: sub.Status, fees: stripeapi.ReadMetadata(sub.Metadata).Choices.FeesCovered}
	for _, item := range sub.Items.Data {
		is.amount += item.Price.UnitAmount * money.Minor(item.Quantity)
		is.interval = item.Price.Recurring.Interval
	}
	return is
}

func fetch(t *testing.T, client *stripeapi.Client, kind stripeapi.Kind, id string, into any) {
	t.Helper()
	raw, err := client.Fetch(t.Context(), kind, id)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
