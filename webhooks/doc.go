// Package webhooks is what Stripe says: the door its events come in by, the
// translation of its objects into facts, the look-up of what an event's
// payload can't settle, and of a gift whose event never came.
//
// It refuses to write money itself: facts go to models, which books them. It
// never calls Stripe before it has answered Stripe, and never answers that an
// event is safe before it is stored.
package webhooks
