package webhooks

import "github.com/corruptionproject/appeal/models"

// LooksPerSecond is what open thank-you pages may ask of Stripe in all.
const LooksPerSecond = looksPerSecond

// Understand is what an event's own payload says; ok is false for what is no
// event.
func Understand(raw []byte) (reading models.Reading, ok bool) {
	e, err := parseEvent(raw)
	if err != nil {
		return models.Reading{}, false
	}
	return understand(e), true
}
