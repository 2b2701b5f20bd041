package campaign

import (
	"slices"
	"strings"

	"github.com/corruptionproject/appeal/models"
)

// methods are the ways to pay that the page can name: Stripe's name, and the
// words for readers, as they stand in "pay with card, Apple Pay or Google Pay".
// The payment page takes cards and the wallets that hold them, and bank debits
// where they are named here; a page must not name what it does not take.
var methods = []struct{ name, words string }{
	{"card", "card"},
	{"apple_pay", "Apple Pay"},
	{"google_pay", "Google Pay"},
	{bankDebit, "US bank account"},
}

// bankDebit is Stripe's name for an ACH debit.
const bankDebit = "us_bank_account"

// readMethods fills in what Stripe's page is said to take and to ask for. It turns
// no way to pay on at Stripe: that is done in the account's Dashboard.
func readMethods(b *block, c *models.Campaign) {
	c.CollectAddress = b.flag("collect_address")
	items, given := b.list("payment_methods")
	if !given || len(items) == 0 {
		b.complain("payment_methods", "is missing; list what the Stripe account has enabled, like [card, apple_pay]")
	}
	for _, entry := range items {
		words := wordsFor(entry.text)
		switch {
		case words == "":
			b.found.add(settingsFile, entry.line, b.at("payment_methods"), "%q is no way to pay that the page knows; there are %s", entry.text, methodNames())
		case slices.Contains(c.PaymentMethods, words):
			b.found.add(settingsFile, entry.line, b.at("payment_methods"), "%s stands there twice", entry.text)
		default:
			c.PaymentMethods = append(c.PaymentMethods, words)
			c.BankDebits = c.BankDebits || entry.text == bankDebit
		}
	}
}

func wordsFor(name string) string {
	for _, method := range methods {
		if method.name == name {
			return method.words
		}
	}
	return ""
}

func methodNames() string {
	names := make([]string, len(methods))
	for i, method := range methods {
		names[i] = method.name
	}
	return strings.Join(names, ", ")
}
