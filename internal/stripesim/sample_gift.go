package stripesim

import "strconv"

// crockford is the alphabet of references, without I, L, O and U (https://www.crockford.com/base32.html).
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// pastGift stores a gift as the product and a donor would have made it then, and queues its webhooks now. It returns the
// charge's id.
func (t *tx) pastGift(o SampleOptions, g gift, prod product) (string, error) {
	at := g.at.Unix()
	cs, hidden := t.pastSession(o, g, prod, at)
	pi := t.newIntent(cs, hidden.Intent, at)
	by := t.donorRequest()
	cs.PaymentIntent = &pi.ID
	if err := t.emitAt(at, "payment_intent.created", pi, nil, by, atOnce); err != nil {
		return "", err
	}
	ch := t.newCharge(pi, g.donor.billing(), g.card, at)
	ch.succeed()
	if err := t.settle(&ch); err != nil {
		return "", err
	}
	pi.succeed(ch)
	cs.complete(g.donor)
	if err := t.insert(sessionKind, cs.ID, pi.ID, cs.Created, cs, hidden); err != nil {
		return "", err
	}
	if err := t.insert(intentKind, pi.ID, "", at, pi, nil); err != nil {
		return "", err
	}
	if err := t.insert(chargeKind, ch.ID, pi.ID, at, ch, nil); err != nil {
		return "", err
	}
	return ch.ID, t.tellPaid(at, cs, pi, ch, by, atOnce)
}

// pastSession is the session the product would have made, opened two minutes before it was paid.
func (t *tx) pastSession(o SampleOptions, g gift, prod product, at int64) (session, sessionHidden) {
	cs := blankSession(at - 120)
	token, donate := t.token(), "donate"
	cs.ID = t.id("cs_test_a1", 56)
	cs.ExpiresAt = cs.Created + 24*60*60
	cs.Currency, cs.AmountTotal, cs.AmountSubtotal = o.Currency, g.amount+g.fees, g.amount+g.fees
	cs.ClientReferenceID, cs.SubmitType, cs.SuccessURL = &token, &donate, o.SuccessURL
	if o.Addresses {
		required := "required"
		cs.BillingAddressCollection = &required
	}
	cs.Metadata = g.metadata(o, token, t.reference())
	hidden := sessionHidden{payer: g.donor, Outcome: "succeeds", Items: []lineItem{t.pastLine(prod, o.Product, g.amount, o.Currency)}}
	if g.fees > 0 {
		hidden.Items = append(hidden.Items, t.pastLine(prod, "Card fees", g.fees, o.Currency))
	}
	hidden.Intent = intentData{Metadata: cs.Metadata, Description: &o.Product, CaptureMethod: "automatic"}
	return cs, hidden
}

func (t *tx) pastLine(prod product, name string, amount int64, currency string) lineItem {
	return lineItem{
		ID: t.id("li_1", 23), Object: "item", AmountSubtotal: amount, AmountTotal: amount, Currency: currency,
		Description: name, Quantity: 1, Price: t.priceOf(prod.ID, currency, amount, nil),
	}
}

// metadata is what the product sets on the session and the intent; empty values are left out.
func (g gift) metadata(o SampleOptions, token, reference string) map[string]string {
	m := map[string]string{
		"appeal_campaign": o.Campaign, "appeal_token": token, "appeal_frequency": "once", "appeal_reference": reference,
	}
	if g.fees > 0 {
		m["appeal_fees"] = strconv.FormatInt(g.fees, 10)
	}
	if g.source != "" {
		m["appeal_src"] = g.source
	}
	for i, key := range []string{"appeal_utm_source", "appeal_utm_medium", "appeal_utm_campaign", "appeal_utm_content"} {
		if g.utm[i] != "" {
			m[key] = g.utm[i]
		}
	}
	if g.letters {
		m["appeal_newsletter"] = "true"
	}
	return m
}

// reference makes a gift's reference: CP- and 8 characters of Crockford's base32.
func (t *tx) reference() string {
	sum := t.draw()
	b := []byte("CP-")
	for _, c := range sum[:8] {
		b = append(b, crockford[c%32])
	}
	return string(b)
}
