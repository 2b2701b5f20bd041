package contract_test

import (
	"errors"
	"testing"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/contract"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/webhooks"
)

// TestEveryRequestOfTheSetupAndTheCheckIsOneStripeDescribes has them make,
// find, change and delete all that they ever do; event types that Stripe does
// not know at this version would be refused.
func TestEveryRequestOfTheSetupAndTheCheckIsOneStripeDescribes(t *testing.T) {
	const key, address = "sk_test_contract", "https://give.example.org" + webhooks.Path
	_, origin := contract.Simulator(t, stripesim.Config{Seed: 12, SecretKey: key})
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	c.Frequencies = []models.Frequency{models.Once, models.Monthly, models.Yearly}
	ctx := t.Context()
	// The second campaign differs in everything, so that all is changed.
	other := c
	other.Title, other.Organisation.Privacy = "Another Title", ""
	for run, c := range []models.Campaign{c, other} {
		client := stripeapi.New(c, stripeapi.Config{Key: key, APIBase: origin, BaseURL: "https://give.example.org"})
		parts, err := client.Parts(ctx)
		if err != nil || len(parts) != 4 {
			t.Fatalf("%d parts, %v", len(parts), err)
		}
		for _, part := range parts {
			fees := part.Name == "fees product" // its name has no title in it
			if found := part.ID != ""; found != (run == 1) || (len(part.Differs) > 0) != (found && !fees) {
				t.Errorf("run %d: found %+v", run, part)
			}
			if _, err := part.Mend(ctx); err != nil {
				t.Error(err)
			}
		}
		if id, err := client.EnsureProduct(ctx, stripeapi.YearlyGift); err != nil || id != "appeal_corruption-project_yearly" {
			t.Errorf("the product is %q, %v", id, err)
		}
	}
	client := stripeapi.New(other, stripeapi.Config{Key: key, APIBase: origin, BaseURL: "https://give.example.org"})
	parts, err := client.Parts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if part.ID == "" || len(part.Differs) > 0 {
			t.Errorf("in the end it is %+v", part)
		}
	}
	if _, _, err := client.MakeEndpoint(ctx, address, webhooks.EventTypes()); err != nil {
		t.Fatal(err)
	}
	found, err := client.Endpoints(ctx, address, webhooks.EventTypes())
	if err != nil || found.Current == nil || len(found.Missing)+len(found.Extra) > 0 {
		t.Fatalf("the endpoint is %+v, %v", found, err)
	}
	if err := client.ChangeEndpoint(ctx, found.Current.ID, []string{"charge.succeeded"}); err != nil {
		t.Error(err)
	}
	if err := client.DeleteEndpoint(ctx, found.Current.ID); err != nil {
		t.Error(err)
	}
	for _, resource := range stripeapi.Resources() {
		var forbidden *stripeapi.ForbiddenError
		if err := client.MayUse(ctx, resource); errors.As(err, &forbidden) {
			t.Errorf("%s: %v", resource.Name, err)
		}
	}
}
