package webhooks

import "strings"

// party is a person as a payment names them.
type party struct {
	Email   string  `json:"email"`
	Name    string  `json:"name"`
	Address address `json:"address"`
}

// address is a postal address, of which Stripe tells what it was told: of a card
// as a rule the country and the postal code, and the rest where the payment page
// asked for it (https://docs.stripe.com/api/charges/object#charge_object-billing_details-address).
type address struct {
	Line1      string `json:"line1"`
	Line2      string `json:"line2"`
	City       string `json:"city"`
	State      string `json:"state"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

// lines are an address as it stands on an envelope, the country by its code. One
// without a street is none: no letter would arrive, and nobody was asked for it.
func (a address) lines() string {
	if printed(a.Line1) == "" {
		return ""
	}
	region := joined(" ", a.State, a.PostalCode)
	return joined("\n", a.Line1, a.Line2, joined(", ", a.City, region), a.Country)
}

// joined puts parts together, leaving out what is blank.
func joined(between string, parts ...string) string {
	var all []string
	for _, part := range parts {
		if part = printed(part); part != "" {
			all = append(all, part)
		}
	}
	return strings.Join(all, between)
}

// printed is one line of text: white space of any kind is one space.
func printed(text string) string { return strings.Join(strings.Fields(storable(text)), " ") }
