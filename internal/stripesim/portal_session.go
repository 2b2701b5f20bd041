package stripesim

import (
	_ "embed"
	"errors"
	"html/template"
	"net/http"
)

const portalSessionKind = "billing_portal.session"

// portalSession is one donor's way into the billing portal (https://docs.stripe.com/api/customer_portal/sessions).
type portalSession struct {
	ID            string      `json:"id"`
	Object        string      `json:"object"`
	Configuration string      `json:"configuration"`
	Created       int64       `json:"created"`
	Customer      string      `json:"customer"`
	Flow          *portalFlow `json:"flow"`
	Livemode      bool        `json:"livemode"`
	Locale        *string     `json:"locale"`
	OnBehalfOf    any         `json:"on_behalf_of"`
	ReturnURL     *string     `json:"return_url"`
	URL           string      `json:"url"`
}

// portalFlow leads straight to one thing that a donor came for: the simulator knows the change of the card.
type portalFlow struct {
	Type          string           `json:"type"`
	After         portalAfterwards `json:"after_completion"`
	Cancel        any              `json:"subscription_cancel"`
	Update        any              `json:"subscription_update"`
	UpdateConfirm any              `json:"subscription_update_confirm"`
}

type portalAfterwards struct {
	Type         string          `json:"type"`
	Confirmation any             `json:"hosted_confirmation"`
	Redirect     *portalRedirect `json:"redirect"`
}

type portalRedirect struct {
	ReturnURL *string `json:"return_url"`
}

var portalSessionParams = []string{
	"customer", "configuration", "return_url", "locale",
	"flow_data[type]", "flow_data[after_completion][type]", "flow_data[after_completion][redirect][return_url]",
}

// readFlow reads which page of the portal to begin with, nil for its first.
func (p portal) readFlow(n *node) (*portalFlow, error) {
	if !n.given() {
		return nil, nil
	}
	kind, err := n.at("type").required(100)
	switch {
	case err != nil:
		return nil, err
	case kind != "payment_method_update":
		return nil, invalid("flow_data[type]", "", "The simulator's portal has no flow %s.", kind)
	case !p.Features.PaymentMethodUpdate.Enabled:
		return nil, invalid("flow_data[type]", "", "This flow needs the payment method update feature in the portal configuration %s.", p.ID)
	}
	flow := &portalFlow{Type: kind, After: portalAfterwards{Type: "portal_homepage"}}
	after := n.at("after_completion")
	word, err := after.at("type").oneOf("portal_homepage", "redirect")
	if err != nil || word != "redirect" {
		return flow, err
	}
	to := after.at("redirect", "return_url")
	if !to.given() {
		return nil, missingParam(to.name)
	}
	flow.After.Type, flow.After.Redirect = word, &portalRedirect{}
	flow.After.Redirect.ReturnURL, err = to.settableURL(nil)
	return flow, err
}

func createPortalSession(c *call) (any, error) {
	who, err := c.params.at("customer").required(5000)
	if err != nil {
		return nil, err
	}
	if _, err := c.find(customerKind, who); errors.Is(err, errMissing) {
		return nil, noSuch(http.StatusBadRequest, customerKind, who, "customer")
	} else if err != nil {
		return nil, err
	}
	id, err := c.params.at("configuration").text(5000)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, invalid("", "", "No configuration provided and your test mode default configuration has not been created. Provide a configuration or create your default by saving your customer portal settings in test mode at https://dashboard.stripe.com/test/settings/billing/portal.")
	}
	p, err := c.findPortal(id, "configuration", http.StatusBadRequest)
	if err != nil {
		return nil, err
	}
	if !p.Active {
		return nil, invalid("configuration", "", "The configuration '%s' is not active, so that no session can use it.", id)
	}
	back, err := c.params.at("return_url").settableURL(p.DefaultReturnURL)
	if err != nil {
		return nil, err
	}
	locale, err := c.params.at("locale").optional(10)
	if err != nil {
		return nil, err
	}
	flow, err := p.readFlow(c.params.at("flow_data"))
	if err != nil {
		return nil, err
	}
	s := portalSession{
		ID: c.id("bps_1", 23), Object: portalSessionKind, Configuration: id, Created: c.now.Unix(), Customer: who, Flow: flow,
		Locale: locale, ReturnURL: back,
	}
	s.URL = c.sim.cfg.PublicURL + "/portal/" + s.ID
	if err := c.insert(portalSessionKind, s.ID, who, s.Created, s, nil); err != nil {
		return nil, err
	}
	return s, c.emit("billing_portal.session.created", s, nil, c.request(), atOnce)
}

//go:embed portal.html
var portalHTML string

var portalPage = template.Must(template.New("portal").Parse(portalHTML))

// showPortal draws the portal as a donor finds it. It changes nothing.
func (s *Simulator) showPortal(w http.ResponseWriter, r *http.Request) {
	var way portalSession
	var p portal
	err := s.do(r.Context(), func(t *tx) error {
		if err := t.load(portalSessionKind, r.PathValue("id"), &way, nil); err != nil {
			return err
		}
		return t.load(portalKind, way.Configuration, &p, nil)
	})
	switch {
	case errors.Is(err, errMissing):
		s.page(w, http.StatusNotFound, payView{State: "missing", Title: "There is no page here"})
		return
	case err != nil:
		s.cfg.Log.Error("the simulator failed", "error", err)
		http.Error(w, "The simulator failed.", http.StatusInternalServerError)
		return
	}
	view := struct{ Headline, Customer, Back, Privacy string }{Headline: "Manage your giving", Customer: way.Customer}
	if p.BusinessProfile.Headline != nil {
		view.Headline = *p.BusinessProfile.Headline
	}
	if p.BusinessProfile.PrivacyURL != nil {
		view.Privacy = *p.BusinessProfile.PrivacyURL
	}
	if way.ReturnURL != nil {
		view.Back = *way.ReturnURL
	}
	s.draw(w, http.StatusOK, portalPage, view, "'none'")
}
