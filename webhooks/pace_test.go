package webhooks_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/webhooks"
)

func TestAllWhoReadFromStripeShareOnePace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		paced := webhooks.Pace(atHand{&objects{held: map[string]string{"charges/ch_1": "{}"}}}, 10)
		began := time.Now()
		var all sync.WaitGroup
		for _, ask := range []func() error{
			func() error { _, err := paced.Fetch(t.Context(), stripeapi.Charges, "ch_1"); return err },
			func() error {
				_, err := paced.List(t.Context(), stripeapi.Listing{Kind: stripeapi.Charges})
				return err
			},
			func() error { _, err := paced.Balance(t.Context(), "usd"); return err },
		} {
			all.Go(func() {
				for range 20 {
					if err := ask(); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took != 5*time.Second { // ten at once, fifty more
			t.Errorf("sixty requests at ten a second took %s", took)
		}
	})
}
