package stripesim

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// refusal is Stripe's error, which must be one.
func refusal(t *testing.T, err error) *stripe.Error {
	t.Helper()
	var said *stripe.Error
	if !errors.As(err, &said) {
		t.Fatalf("seed %d: %v is no refusal", testSeed, err)
	}
	return said
}

func newPortal(w *world) *stripe.BillingPortalConfiguration {
	w.t.Helper()
	p, err := w.api.BillingPortalConfigurations.New(&stripe.BillingPortalConfigurationParams{
		BusinessProfile:  &stripe.BillingPortalConfigurationBusinessProfileParams{Headline: stripe.String("Your gifts")},
		DefaultReturnURL: stripe.String("https://example.org/manage"),
		Features: &stripe.BillingPortalConfigurationFeaturesParams{
			SubscriptionCancel: &stripe.BillingPortalConfigurationFeaturesSubscriptionCancelParams{Enabled: stripe.Bool(true)},
		},
		Metadata: map[string]string{"kept": "yes", "dropped": "yes"},
	})
	if err != nil {
		w.t.Fatalf("seed %d: %v", testSeed, err)
	}
	return p
}

func TestAPortalKeepsWhatAnUpdateDoesNotName(t *testing.T) {
	w := newWorld(t, nil)
	made := newPortal(w)
	if !made.Active || made.IsDefault || !made.Features.SubscriptionCancel.Enabled || made.Features.SubscriptionCancel.Mode != "at_period_end" {
		t.Errorf("seed %d: made as %+v", testSeed, made)
	}
	changed, err := w.api.BillingPortalConfigurations.Update(made.ID, &stripe.BillingPortalConfigurationParams{
		Active: stripe.Bool(false), Metadata: map[string]string{"dropped": ""},
		Features: &stripe.BillingPortalConfigurationFeaturesParams{
			InvoiceHistory: &stripe.BillingPortalConfigurationFeaturesInvoiceHistoryParams{Enabled: stripe.Bool(true)},
		},
	})
	if err != nil {
		t.Fatalf("seed %d: %v", testSeed, err)
	}
	if changed.Active || !changed.Features.InvoiceHistory.Enabled || !changed.Features.SubscriptionCancel.Enabled ||
		changed.BusinessProfile.Headline != "Your gifts" || changed.Metadata["kept"] != "yes" || len(changed.Metadata) != 1 {
		t.Errorf("seed %d: changed to %+v", testSeed, changed)
	}
	for active, want := range map[bool]int{true: 0, false: 1} {
		list := w.api.BillingPortalConfigurations.List(&stripe.BillingPortalConfigurationListParams{Active: stripe.Bool(active)})
		if found := len(list.BillingPortalConfigurationList().Data); found != want {
			t.Errorf("seed %d: %d portals are listed as active=%v", testSeed, found, active)
		}
	}
}

func TestAPortalSessionNeedsAPortalInUse(t *testing.T) {
	w := newWorld(t, nil)
	var who *string
	err := w.sim.do(t.Context(), func(tx *tx) (err error) {
		who, err = tx.newCustomer(payer{Email: "reader@example.org"}, requestRef{}, never)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	made := newPortal(w)
	s, err := w.api.BillingPortalSessions.New(&stripe.BillingPortalSessionParams{Customer: who, Configuration: stripe.String(made.ID)})
	if err != nil || s.ReturnURL != "https://example.org/manage" {
		t.Fatalf("seed %d: %+v, %v", testSeed, s, err)
	}
	status, page := w.read(s.URL)
	if status != http.StatusOK || !strings.Contains(page, "Your gifts") || !strings.Contains(page, `href="https://example.org/manage"`) {
		t.Errorf("seed %d: the portal is %d\n%s", testSeed, status, page)
	}
	if _, err = w.api.BillingPortalConfigurations.Update(made.ID, &stripe.BillingPortalConfigurationParams{Active: stripe.Bool(false)}); err != nil {
		t.Fatal(err)
	}
	for name, params := range map[string]*stripe.BillingPortalSessionParams{
		"no configuration":           {Customer: who},
		"an unknown configuration":   {Customer: who, Configuration: stripe.String("bpc_unknown")},
		"one that is not active":     {Customer: who, Configuration: stripe.String(made.ID)},
		"an unknown customer":        {Customer: stripe.String("cus_unknown"), Configuration: stripe.String(made.ID)},
		"an address that is no page": {Customer: who, Configuration: stripe.String(made.ID), ReturnURL: stripe.String("manage")},
	} {
		if _, err := w.api.BillingPortalSessions.New(params); refusal(t, err).HTTPStatusCode != http.StatusBadRequest {
			t.Errorf("seed %d: %s: %v", testSeed, name, err)
		}
	}
}

func TestAProductIsKnownByTheIDItsMakerChose(t *testing.T) {
	w := newWorld(t, nil)
	params := &stripe.ProductParams{ID: stripe.String("appeal_gift"), Name: stripe.String("Gift"), Metadata: map[string]string{"a": "1"}}
	if _, err := w.api.Products.New(params); err != nil {
		t.Fatalf("seed %d: %v", testSeed, err)
	}
	_, err := w.api.Products.New(params)
	if said := refusal(t, err); said.Code != stripe.ErrorCodeResourceAlreadyExists {
		t.Errorf("seed %d: made twice: %v", testSeed, said)
	}
	changed, err := w.api.Products.Update("appeal_gift", &stripe.ProductParams{
		Name: stripe.String("Monthly gift"), Active: stripe.Bool(false), Metadata: map[string]string{"b": "2"},
	})
	if err != nil || changed.Name != "Monthly gift" || changed.Active || changed.Metadata["a"] != "1" || changed.Metadata["b"] != "2" {
		t.Errorf("seed %d: changed to %+v, %v", testSeed, changed, err)
	}
	for active, want := range map[bool]int{true: 0, false: 1} {
		if n := len(w.api.Products.List(&stripe.ProductListParams{Active: stripe.Bool(active)}).ProductList().Data); n != want {
			t.Errorf("seed %d: %d products are listed as active=%v", testSeed, n, active)
		}
	}
	_, err = w.api.Products.Update("appeal_other", &stripe.ProductParams{Name: stripe.String("x")})
	if said := refusal(t, err); said.Code != stripe.ErrorCodeResourceMissing {
		t.Errorf("seed %d: an unknown product: %v", testSeed, said)
	}
}
