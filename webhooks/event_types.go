package webhooks

import (
	"maps"
	"slices"
)

// EventTypes are the types of event that this code handles, sorted: what an
// endpoint at Stripe has to send, and all that it has to.
func EventTypes() []string { return slices.Sorted(maps.Keys(families)) }
