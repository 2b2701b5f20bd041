package stripesim

import (
	"errors"
	"net/http"
)

const (
	portalKind    = "billing_portal.configuration"
	portalActive  = "active"
	portalRetired = "inactive"
)

// portal is a configuration of the billing portal, where donors change cards and end repeated gifts
// (https://docs.stripe.com/api/customer_portal/configurations). None is the account's default: that one is made in the
// Dashboard, which the simulator has not.
type portal struct {
	ID               string            `json:"id"`
	Object           string            `json:"object"`
	Active           bool              `json:"active"`
	Application      any               `json:"application"`
	BusinessProfile  portalProfile     `json:"business_profile"`
	Created          int64             `json:"created"`
	DefaultReturnURL *string           `json:"default_return_url"`
	Features         portalFeatures    `json:"features"`
	IsDefault        bool              `json:"is_default"`
	Livemode         bool              `json:"livemode"`
	LoginPage        portalLogin       `json:"login_page"`
	Metadata         map[string]string `json:"metadata"`
	Updated          int64             `json:"updated"`
}

type portalProfile struct {
	Headline   *string `json:"headline"`
	PrivacyURL *string `json:"privacy_policy_url"`
	TermsURL   *string `json:"terms_of_service_url"`
}

type portalSwitch struct {
	Enabled bool `json:"enabled"`
}

type portalLogin struct {
	Enabled bool    `json:"enabled"`
	URL     *string `json:"url"`
}

type portalFeatures struct {
	CustomerUpdate struct {
		AllowedUpdates []string `json:"allowed_updates"`
		Enabled        bool     `json:"enabled"`
	} `json:"customer_update"`
	InvoiceHistory      portalSwitch `json:"invoice_history"`
	PaymentMethodUpdate portalSwitch `json:"payment_method_update"`
	Cancel              struct {
		Reason struct {
			Enabled bool     `json:"enabled"`
			Options []string `json:"options"`
		} `json:"cancellation_reason"`
		Enabled   bool   `json:"enabled"`
		Mode      string `json:"mode"`
		Proration string `json:"proration_behavior"`
	} `json:"subscription_cancel"`
	Pause  portalSwitch `json:"subscription_pause"`
	Update struct {
		AllowedUpdates []string `json:"default_allowed_updates"`
		Enabled        bool     `json:"enabled"`
		Proration      string   `json:"proration_behavior"`
	} `json:"subscription_update"`
}

var (
	portalParams = []string{
		"business_profile[headline]", "business_profile[privacy_policy_url]", "business_profile[terms_of_service_url]", "default_return_url",
		"features[customer_update][enabled]", "features[customer_update][allowed_updates]", "features[customer_update][allowed_updates][]",
		"features[invoice_history][enabled]", "features[payment_method_update][enabled]",
		"features[subscription_cancel][enabled]", "features[subscription_cancel][mode]", "features[subscription_cancel][proration_behavior]",
		"features[subscription_pause][enabled]", "features[subscription_update][enabled]", "metadata", "metadata[*]",
	}
	portalListParams = []string{"limit", "starting_after", "ending_before", "active", "is_default"}
)

func createPortal(c *call) (any, error) {
	for _, needed := range []string{"business_profile", "features"} {
		if !c.params.at(needed).given() {
			return nil, missingParam(needed)
		}
	}
	now := c.now.Unix()
	p := portal{ID: c.id("bpc_1", 23), Object: portalKind, Active: true, Created: now, Updated: now, Metadata: map[string]string{}}
	p.Features.CustomerUpdate.AllowedUpdates, p.Features.Update.AllowedUpdates = []string{}, []string{}
	p.Features.Cancel.Mode, p.Features.Cancel.Proration, p.Features.Update.Proration = "at_period_end", "none", "none"
	p.Features.Cancel.Reason.Options = []string{"too_expensive", "missing_features", "switched_service", "unused", "other"}
	if err := c.readPortal(&p); err != nil {
		return nil, err
	}
	if err := c.insert(portalKind, p.ID, portalActive, now, p, nil); err != nil {
		return nil, err
	}
	return p, c.emit("billing_portal.configuration.created", p, nil, c.request(), atOnce)
}

// readPortal applies a call's parameters to a configuration.
func (c *call) readPortal(p *portal) (err error) {
	profile := c.params.at("business_profile")
	if p.BusinessProfile.Headline, err = profile.at("headline").settable(60, p.BusinessProfile.Headline); err != nil {
		return err
	}
	for _, address := range []struct {
		param *node
		into  **string
	}{
		{profile.at("privacy_policy_url"), &p.BusinessProfile.PrivacyURL},
		{profile.at("terms_of_service_url"), &p.BusinessProfile.TermsURL},
		{c.params.at("default_return_url"), &p.DefaultReturnURL},
	} {
		if *address.into, err = address.param.settableURL(*address.into); err != nil {
			return err
		}
	}
	if p.Metadata, err = c.params.at("metadata").changes(p.Metadata); err != nil {
		return err
	}
	return p.Features.read(c.params.at("features"))
}

func (f *portalFeatures) read(n *node) error {
	for name, flag := range map[string]*bool{
		"customer_update": &f.CustomerUpdate.Enabled, "invoice_history": &f.InvoiceHistory.Enabled,
		"payment_method_update": &f.PaymentMethodUpdate.Enabled, "subscription_cancel": &f.Cancel.Enabled,
		"subscription_pause": &f.Pause.Enabled, "subscription_update": &f.Update.Enabled,
	} {
		if err := n.at(name, "enabled").setFlag(flag); err != nil {
			return err
		}
	}
	if f.Update.Enabled {
		return invalid("features[subscription_update][enabled]", "", "The simulator's portal can't change a subscription.")
	}
	if allowed := n.at("customer_update", "allowed_updates"); allowed.given() {
		f.CustomerUpdate.AllowedUpdates = []string{}
		for _, item := range allowed.items() {
			word, err := item.oneOf("address", "email", "name", "phone", "shipping", "tax_id")
			if err != nil {
				return err
			}
			f.CustomerUpdate.AllowedUpdates = append(f.CustomerUpdate.AllowedUpdates, word)
		}
	}
	if f.CustomerUpdate.Enabled && len(f.CustomerUpdate.AllowedUpdates) == 0 {
		return missingParam("features[customer_update][allowed_updates]")
	}
	cancel := n.at("subscription_cancel")
	mode, err := cancel.at("mode").oneOf("at_period_end", "immediately")
	if err != nil {
		return err
	}
	if mode != "" {
		f.Cancel.Mode = mode
	}
	proration, err := cancel.at("proration_behavior").oneOf("none", "create_prorations", "always_invoice")
	if proration != "" {
		f.Cancel.Proration = proration
	}
	return err
}

func (c *call) findPortal(id, param string, status int) (portal, error) {
	var p portal
	err := c.load(portalKind, id, &p, nil)
	if errors.Is(err, errMissing) {
		err = noSuch(status, "configuration", id, param)
	}
	return p, err
}

func getPortal(c *call) (any, error) {
	return c.findPortal(c.pathID(), "configuration", http.StatusNotFound)
}

func updatePortal(c *call) (any, error) {
	p, err := c.findPortal(c.pathID(), "configuration", http.StatusNotFound)
	if err != nil {
		return nil, err
	}
	if err := c.readPortal(&p); err != nil {
		return nil, err
	}
	if err := c.params.at("active").setFlag(&p.Active); err != nil {
		return nil, err
	}
	p.Updated = c.now.Unix()
	state := portalActive
	if !p.Active {
		state = portalRetired
	}
	if err := c.update(p.ID, state, p, nil); err != nil {
		return nil, err
	}
	return p, c.emit("billing_portal.configuration.updated", p, nil, c.request(), atOnce)
}

func listPortals(c *call) (any, error) {
	q := &query{}
	active, given, err := c.params.at("active").flag()
	if err != nil {
		return nil, err
	}
	switch {
	case given && active:
		q.and("ref = ?", portalActive)
	case given:
		q.and("ref = ?", portalRetired)
	}
	byDefault, _, err := c.params.at("is_default").flag()
	if err != nil {
		return nil, err
	}
	if byDefault {
		q.and("0")
	}
	return c.list(portalKind, q)
}
