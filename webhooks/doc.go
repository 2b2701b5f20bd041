// Package webhooks is what Stripe says: the door its events come in by, the
// translation of its objects into facts, the look-up of what an event's
// payload can't settle and of a gift whose event never came, and the sync that
// reads Stripe's objects for what no event told and holds the books against
// Stripe's own account.
//
// It refuses to write money itself: facts go to models, which books them. It
// never calls Stripe before it has answered Stripe, and never answers that an
// event is safe before it is stored. It has one translation: an event's
// payload, an object looked up and an object listed end in the same facts.
package webhooks
