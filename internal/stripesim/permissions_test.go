package stripesim

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
)

// restricted is a client with a key that lacks what is named.
func restricted(t *testing.T, lacks ...string) *client.API {
	t.Helper()
	const key = "rk_test_simulator0000000000"
	w := newWorld(t, func(c *Config) { c.SecretKey, c.Lacks = key, lacks })
	w.api.Init(key, &stripe.Backends{API: w.api.Charges.B, Connect: w.api.Charges.B, Uploads: w.api.Charges.B})
	return w.api
}

func TestARestrictedKeyDoesWhatItMay(t *testing.T) {
	api := restricted(t, "charge_read", "product_write", "checkout_session_read", "balance_read", "webhook_write")
	allowed := []func() error{
		func() error { return api.PaymentIntents.List(nil).Err() },
		func() error { return api.Products.List(nil).Err() },
		func() error { return api.WebhookEndpoints.List(nil).Err() },
	}
	for i, call := range allowed {
		if err := call(); err != nil {
			t.Errorf("seed %d: call %d: %v", testSeed, i, err)
		}
	}
	var named []string
	for _, err := range []error{
		api.Charges.List(nil).Err(),
		api.BalanceTransactions.List(nil).Err(),
		lastOf(api.Balance.Get(nil)),
		lastOf(api.CheckoutSessions.New(&stripe.CheckoutSessionParams{})),
		lastOf(api.Products.New(&stripe.ProductParams{})),
		lastOf(api.WebhookEndpoints.New(&stripe.WebhookEndpointParams{})),
		lastOf(api.WebhookEndpoints.Del("we_1", nil)),
	} {
		said := refusal(t, err)
		_, after, _ := strings.Cut(said.Msg, "Having the 'rak_")
		permission, _, _ := strings.Cut(after, "'")
		named = append(named, permission)
		if said.HTTPStatusCode != http.StatusForbidden || said.Type != stripe.ErrorTypeInvalidRequest || strings.Contains(said.Msg, "simulator000") {
			t.Errorf("seed %d: %v", testSeed, said)
		}
	}
	want := []string{"charge_read", "balance_read", "balance_read", "checkout_session_write", "product_write", "webhook_write", "webhook_write"}
	if !slices.Equal(named, want) {
		t.Errorf("seed %d: it names %v, want %v", testSeed, named, want)
	}
}

func lastOf(_ any, err error) error { return err }

func TestARestrictedKeySeesNothingThroughExpansionThatItMayNotRead(t *testing.T) {
	w := newWorld(t, nil)
	cs := w.begin()
	w.submit(cs, "succeeds")
	w.sim.cfg.Lacks = []string{"balance_read"}
	params := &stripe.ChargeListParams{}
	params.AddExpand("data.balance_transaction")
	if said := refusal(t, w.api.Charges.List(params).Err()); said.HTTPStatusCode != http.StatusForbidden {
		t.Errorf("seed %d: %v", testSeed, said)
	}
	w.sim.cfg.Lacks = []string{"payout_read"}
	if err := w.api.Charges.List(params).Err(); err != nil {
		t.Errorf("seed %d: %v", testSeed, err)
	}
}

func TestOnlyARestrictedKeyLacksPermissions(t *testing.T) {
	if _, err := Open(Config{SecretKey: testKey, PublicURL: "http://127.0.0.1", Lacks: []string{"charge_read"}}); err == nil {
		t.Errorf("seed %d: a secret key lacks a permission", testSeed)
	}
}
