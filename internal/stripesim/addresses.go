package stripesim

import (
	"net/http"
	"strings"
)

// asksAddress reports whether the payment page asks for a postal address. It always asks for what a card needs, of which
// this one knows the country alone.
func (cs session) asksAddress() bool {
	return cs.BillingAddressCollection != nil && *cs.BillingAddressCollection == "required"
}

// addressField is one line of the address that the payment page asks for.
type addressField struct {
	Name, Label, Autocomplete string
	Value, Problem            string
	Needed                    bool
}

// addressFields are those of the page, with a pretend address to begin with.
func addressFields() []addressField {
	return []addressField{
		{Name: "line1", Label: "Street and number", Autocomplete: "address-line1", Value: "1 Sample Street", Needed: true},
		{Name: "line2", Label: "Apartment or suite (optional)", Autocomplete: "address-line2"},
		{Name: "city", Label: "City", Autocomplete: "address-level2", Value: "Springfield", Needed: true},
		{Name: "state", Label: "State", Autocomplete: "address-level1", Value: "IL"},
		{Name: "postal_code", Label: "ZIP or postal code", Autocomplete: "postal-code", Value: "62701"},
		{Name: "country", Label: "Country, by its two letters", Autocomplete: "country", Value: "US", Needed: true},
	}
}

// readAddress takes the address out of a posted page. As at Stripe a street, a city and a country are needed, and in the
// United States a state and a ZIP code.
func readAddress(r *http.Request) (address, []addressField, []problem) {
	var a address
	var problems []problem
	fields := addressFields()
	into := map[string]**string{
		"line1": &a.Line1, "line2": &a.Line2, "city": &a.City, "state": &a.State, "postal_code": &a.PostalCode, "country": &a.Country,
	}
	inUS := strings.TrimSpace(r.PostFormValue("country")) == "US"
	for i := range fields {
		f := &fields[i]
		f.Value = strings.TrimSpace(r.PostFormValue(f.Name))
		missing := f.Value == "" && (f.Needed || inUS && f.Name != "line2")
		if missing || f.Name == "country" && len(f.Value) != 2 {
			f.Problem = "Enter this: " + f.Label + "."
			problems = append(problems, problem{f.Name, f.Problem})
		}
		if f.Value != "" {
			*into[f.Name] = &f.Value
		}
	}
	return a, fields, problems
}

// where is the address as Stripe's objects have it: the country alone where the page asked for no more.
func (p payer) where() address {
	a := p.Address
	if a.Country == nil {
		us := "US"
		a.Country = &us
	}
	return a
}
