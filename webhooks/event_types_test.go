package webhooks_test

import (
	"slices"
	"testing"

	"github.com/corruptionproject/appeal/webhooks"
)

func TestTheListOfEventTypesIsSortedAndHoldsWhatBooksAGift(t *testing.T) {
	t.Parallel()
	types := webhooks.EventTypes()
	if !slices.IsSorted(types) {
		t.Errorf("%v", types)
	}
	for _, needed := range []string{"charge.succeeded", "checkout.session.completed", "checkout.session.expired"} {
		if !slices.Contains(types, needed) {
			t.Errorf("%s is not among %v", needed, types)
		}
	}
}
