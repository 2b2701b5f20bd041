package stripesim

const accountID = "acct_1Simulator0000000"

// getAccount answers with the one account there is: in the United States, in dollars, able to take cards.
func getAccount(*call) (any, error) {
	name := "Appeal's Stripe simulator"
	return struct {
		ID               string            `json:"id"`
		Object           string            `json:"object"`
		BusinessProfile  businessProfile   `json:"business_profile"`
		Capabilities     map[string]string `json:"capabilities"`
		ChargesEnabled   bool              `json:"charges_enabled"`
		Country          string            `json:"country"`
		DefaultCurrency  string            `json:"default_currency"`
		DetailsSubmitted bool              `json:"details_submitted"`
		Email            *string           `json:"email"`
		PayoutsEnabled   bool              `json:"payouts_enabled"`
		Type             string            `json:"type"`
	}{
		ID: accountID, Object: "account", BusinessProfile: businessProfile{Name: &name},
		Capabilities:   map[string]string{"card_payments": "active"},
		ChargesEnabled: true, Country: "US", DefaultCurrency: "usd", DetailsSubmitted: true, PayoutsEnabled: true, Type: "standard",
	}, nil
}

type businessProfile struct {
	MCC                any     `json:"mcc"`
	Name               *string `json:"name"`
	ProductDescription any     `json:"product_description"`
	SupportAddress     any     `json:"support_address"`
	SupportEmail       any     `json:"support_email"`
	SupportPhone       any     `json:"support_phone"`
	SupportURL         any     `json:"support_url"`
	URL                any     `json:"url"`
}
