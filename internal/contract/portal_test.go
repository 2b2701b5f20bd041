package contract

import (
	"net/url"
	"testing"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"github.com/corruptionproject/appeal/internal/stripesim"
)

func TestThePortalAndProductsKeepToStripesDescription(t *testing.T) {
	a := open(t, 0)
	p, err := a.api.BillingPortalConfigurations.New(&stripe.BillingPortalConfigurationParams{
		BusinessProfile: &stripe.BillingPortalConfigurationBusinessProfileParams{
			Headline: stripe.String("Your gifts"), PrivacyPolicyURL: stripe.String("https://example.org/privacy"),
		},
		DefaultReturnURL: stripe.String("https://example.org/manage"),
		Features: &stripe.BillingPortalConfigurationFeaturesParams{
			CustomerUpdate: &stripe.BillingPortalConfigurationFeaturesCustomerUpdateParams{
				Enabled: stripe.Bool(true), AllowedUpdates: stripe.StringSlice([]string{"address"}),
			},
			SubscriptionCancel: &stripe.BillingPortalConfigurationFeaturesSubscriptionCancelParams{
				Enabled: stripe.Bool(true), Mode: stripe.String("immediately"), ProrationBehavior: stripe.String("none"),
			},
		},
	})
	a.must(p, err)
	a.must(a.api.BillingPortalConfigurations.Get(p.ID, nil))
	a.must(a.api.BillingPortalConfigurations.Update(p.ID, &stripe.BillingPortalConfigurationParams{Metadata: map[string]string{"a": "b"}}))
	list := a.api.BillingPortalConfigurations.List(&stripe.BillingPortalConfigurationListParams{Active: stripe.Bool(true), IsDefault: stripe.Bool(false)})
	a.must(nil, list.Err())
	cs := a.begin()
	a.post(cs.URL, url.Values{"email": {"reader@example.org"}, "outcome": {"succeeds"}})
	cs, err = a.api.CheckoutSessions.Get(cs.ID, nil)
	a.must(cs, err)
	a.must(a.api.BillingPortalSessions.New(&stripe.BillingPortalSessionParams{
		Customer: stripe.String(cs.Customer.ID), Configuration: stripe.String(p.ID), ReturnURL: stripe.String("https://example.org/manage"),
	}))
	a.must(a.api.Products.New(&stripe.ProductParams{ID: stripe.String("appeal_gift"), Name: stripe.String("Gift")}))
	a.must(a.api.Products.Update("appeal_gift", &stripe.ProductParams{Name: stripe.String("Monthly gift"), Active: stripe.Bool(false)}))
	a.pass(0)
	for _, kind := range []string{
		"product.updated", "billing_portal.configuration.created", "billing_portal.configuration.updated", "billing_portal.session.created",
	} {
		if a.types[kind] != 1 {
			t.Errorf("seed %d: %d × %s", seed, a.types[kind], kind)
		}
	}
}

func TestARefusedPermissionKeepsToStripesDescription(t *testing.T) {
	const restricted = "rk_test_contract"
	_, origin := Simulator(t, stripesim.Config{Seed: seed, SecretKey: restricted, Lacks: []string{"charge_read"}})
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(origin), MaxNetworkRetries: stripe.Int64(0), EnableTelemetry: stripe.Bool(false),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	api := client.New(restricted, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
	if err := api.Charges.List(nil).Err(); err == nil {
		t.Errorf("seed %d: the charges were listed", seed)
	}
}
