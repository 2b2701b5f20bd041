// Package stripesim is a Stripe that moves no money. It answers the part of Stripe's API the product uses, at version
// 2023-10-16, shows a payment page of its own, and posts signed webhooks, late, twice or never as the person on that
// page chose. What banks, donors and time do to the money afterwards (refunds, disputes, bank debits, payouts) is made
// to happen by its methods, or by a person on its control page. `appeal demo` and the tests talk to it over HTTP
// exactly as they would to Stripe.
//
// What it refuses to do: it knows nothing of the product (no import of models, handlers or webhooks); it ignores no
// parameter (one it does not model is answered like one Stripe does not know, so that a green test means something);
// it asks for no card number and accepts none; it speaks no other API version and no live mode.
//
// Subscriptions renew by the clock, as at Stripe: a draft at the period's end, collected an hour later, tried four times
// where the card declines. The methods in renewal_actions.go and subscription_actions.go do the same at once.
//
// State lives in an SQLite file of its own and survives a restart, undelivered webhooks included. Time and ids are
// injected: the same seed and clock give the same ids. All amounts are in the currency's minor unit, all times in UTC.
package stripesim
