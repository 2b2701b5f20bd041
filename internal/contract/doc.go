// Package contract holds the simulator, and every request the product sends, to Stripe's own description of its API at
// version 2023-10-16, as stripe-mock v0.183.0 embeds it: the newest release with that version.
//
// It is a module of its own so that the product's go.mod stays short. It refuses to test behaviour: stripe-mock keeps no
// state and knows no rule beyond the shape of things. What Stripe does is tested where the simulator lives.
package contract
