package stripesim

import (
	"context"
	"errors"
	"time"
)

const methodKind = "payment_method"

// paymentMethod is the card a customer's subscription is paid with.
type paymentMethod struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	BillingDetails billingDetails    `json:"billing_details"`
	Card           methodCard        `json:"card"`
	Created        int64             `json:"created"`
	Customer       *string           `json:"customer"`
	Livemode       bool              `json:"livemode"`
	Metadata       map[string]string `json:"metadata"`
	Type           string            `json:"type"`
}

// methodCard is a card as its payment method shows it: a charge shows other fields of it.
type methodCard struct {
	Brand             string       `json:"brand"`
	Checks            cardChecks   `json:"checks"`
	Country           string       `json:"country"`
	DisplayBrand      string       `json:"display_brand"`
	ExpMonth          int64        `json:"exp_month"`
	ExpYear           int64        `json:"exp_year"`
	Fingerprint       string       `json:"fingerprint"`
	Funding           string       `json:"funding"`
	GeneratedFrom     any          `json:"generated_from"`
	Last4             string       `json:"last4"`
	Networks          cardNetworks `json:"networks"`
	ThreeDSecureUsage supported    `json:"three_d_secure_usage"`
	Wallet            any          `json:"wallet"`
}

type cardNetworks struct {
	Available []string `json:"available"`
	Preferred *string  `json:"preferred"`
}

type supported struct {
	Supported bool `json:"supported"`
}

// newMethod stores a pretend card as a customer's.
func (t *tx) newMethod(customer string, by billingDetails, with card) (paymentMethod, error) {
	us := "US"
	pm := paymentMethod{
		ID: t.id("pm_1", 23), Object: methodKind, BillingDetails: by,
		Card: methodCard{
			Brand: with.Brand, Checks: cardChecks{CVC: "pass"}, Country: us, DisplayBrand: with.Brand, ExpMonth: 12,
			ExpYear: int64(t.now.Year() + 3), Fingerprint: "sim" + with.Brand + with.Last4, Funding: with.Funding, Last4: with.Last4,
			Networks: cardNetworks{Available: []string{with.Network}}, ThreeDSecureUsage: supported{true},
		},
		Created: t.now.Unix(), Customer: &customer, Metadata: map[string]string{}, Type: "card",
	}
	return pm, t.insert(methodKind, pm.ID, customer, pm.Created, pm, nil)
}

// expired tells whether a card's last month is over.
func (m methodCard) expired(now time.Time) bool {
	now = now.UTC()
	return now.Year()*12+int(now.Month()) > int(m.ExpYear*12+m.ExpMonth)
}

// ExpireCard lets the card that pays a subscription expire with the month that runs: it is declined from the next month on.
func (s *Simulator) ExpireCard(ctx context.Context, subscription string) error {
	return s.do(ctx, func(t *tx) error { return t.cardUntil(subscription, t.now) })
}

// cardUntil gives the card that pays a subscription another last month.
func (t *tx) cardUntil(subscription string, last time.Time) error {
	sub, _, err := t.findSubscription(subscription)
	if err != nil {
		return err
	}
	if sub.DefaultPaymentMethod == nil {
		return invalid("", "", "The subscription %s has no card of its own.", sub.ID)
	}
	var pm paymentMethod
	if err := t.load(methodKind, *sub.DefaultPaymentMethod, &pm, nil); err != nil {
		return err
	}
	before, err := fields(pm)
	if err != nil {
		return err
	}
	last = last.UTC()
	pm.Card.ExpMonth, pm.Card.ExpYear = int64(last.Month()), int64(last.Year())
	if err := t.update(pm.ID, sub.Customer, pm, nil); err != nil {
		return err
	}
	previous, err := changedSince(before, pm)
	if err != nil || len(previous) == 0 {
		return err
	}
	return t.emit("payment_method.updated", pm, previous, t.donorRequest(), atOnce)
}

// asCharged is the card as a charge made with it shows it.
func (m methodCard) asCharged() card {
	return card{Brand: m.Brand, Last4: m.Last4, Funding: m.Funding, Network: m.Networks.Available[0]}
}

// ownMethod loads a payment method a customer may pay with.
func (t *tx) ownMethod(n *node, customer string) (pm paymentMethod, err error) {
	id, err := n.text(255)
	if err != nil {
		return pm, err
	}
	err = t.load(methodKind, id, &pm, nil)
	if errors.Is(err, errMissing) || err == nil && (pm.Customer == nil || *pm.Customer != customer) {
		return pm, noSuch(400, "PaymentMethod", id, n.name)
	}
	return pm, err
}

func listMethods(c *call) (any, error) {
	q := &query{}
	if err := c.byRef(q, "customer"); err != nil {
		return nil, err
	}
	kind, err := c.params.at("type").text(100)
	if err != nil {
		return nil, err
	}
	if kind != "" && kind != "card" {
		q.and("0")
	}
	return c.list(methodKind, q)
}
