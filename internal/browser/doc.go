// Package browser tests Appeal as readers meet it: the real binary, a real
// browser, real clicks and keys, with the Stripe simulator in Stripe's place.
// It is a module of its own so that the service depends on no browser.
//
// It refuses to look inside: all it knows are pages, addresses and commands.
package browser
