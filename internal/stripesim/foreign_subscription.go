package stripesim

import "context"

// ForeignSubscription begins a subscription of another product on the same account, without a session and with no metadata:
// its invoices and charges arrive like any others. It costs amount a month, in minor units, and renews like others.
// It returns the subscription's id.
func (s *Simulator) ForeignSubscription(ctx context.Context, email, currency string, amount int64) (id string, err error) {
	err = s.do(ctx, func(t *tx) error {
		if !isEmail(email) || !knownCurrency(currency) || amount < leastCharge(currency) || amount > maxAmount {
			return invalid("", "", "A foreign subscription needs an address, a currency and an amount that can be charged.")
		}
		by := t.donorRequest()
		prod, err := t.newProduct("", "Print edition", nil, map[string]string{})
		if err != nil {
			return err
		}
		p, err := t.newPrice(prod.ID, currency, amount, every("month"))
		if err != nil {
			return err
		}
		buyer := payer{Email: email}
		who, err := t.newCustomer(buyer, by, atOnce)
		if err != nil {
			return err
		}
		pm, err := t.newMethod(*who, buyer.billing(), cards[1])
		if err != nil {
			return err
		}
		sub := t.newSubscription(*who, []lineItem{{Currency: currency, Price: p, Quantity: 1}}, subscriptionPlan{})
		sub.DefaultPaymentMethod, id = &pm.ID, sub.ID
		inv, err := t.startBilling(sub, by, atOnce)
		if err != nil {
			return err
		}
		return t.activate(&inv, nil, by, atOnce)
	})
	return id, err
}
