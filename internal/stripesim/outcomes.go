package stripesim

import (
	"errors"
	"slices"
	"time"
)

// outcome is something the donor can make happen on the payment page.
type outcome struct {
	Value string
	Label string
	Hint  string
	how   sending
}

// outcomes in the order the page shows them; the bank debit only where the session takes one.
var outcomes = []outcome{
	{"succeeds", "Payment succeeds", "Webhook at once", atOnce},
	{"declined", "Card is declined", "Back here, nothing charged", atOnce},
	{"authenticate", "Needs authentication", "A second page, as the bank’s", atOnce},
	{outcomeDebit, "Pays by bank debit", "Pending for four business days; decide sooner at /control", atOnce},
	{"late", "Succeeds, webhook 60 s late", "Tests the waiting page", late},
	{"never", "Succeeds, webhook never sent", "The thank-you page or the sync finds it", never},
	{"twice", "Succeeds, webhook sent twice", "Must count once", twice},
}

const outcomeDebit = "debit"

// outcomesOf are those that a session's payment methods allow.
func outcomesOf(cs session) []outcome {
	if cs.Mode == "payment" && slices.Contains(cs.PaymentMethodTypes, "us_bank_account") {
		return outcomes
	}
	return slices.DeleteFunc(slices.Clone(outcomes), func(o outcome) bool { return o.Value == outcomeDebit })
}

func outcomeOf(value string) (outcome, bool) {
	for _, o := range outcomes {
		if o.Value == value {
			return o, true
		}
	}
	return outcome{}, false
}

var (
	errNotOpen    = errors.New("stripesim: the session is not open")
	errNotOffered = errors.New("stripesim: the session does not take that kind of payment")
)

// submit does what the donor chose. It returns errNotOpen when the session is complete or expired, and errNotOffered when
// the page would not have shown the choice.
func (t *tx) submit(id string, who payer, o outcome) (session, error) {
	cs, hidden, pi, err := t.openSession(id)
	if err != nil {
		return cs, err
	}
	if !slices.Contains(outcomesOf(cs), o) {
		return cs, errNotOffered
	}
	by := t.donorRequest()
	if cs.Mode == subscriptionMode {
		hidden.payer, hidden.Outcome = who, o.Value
		return t.subscribe(cs, hidden, by, o)
	}
	if cs.PaymentIntent == nil {
		pi = t.newIntent(cs, hidden.Intent, t.now.Unix())
		cs.PaymentIntent = &pi.ID
		if err := t.insert(intentKind, pi.ID, "", pi.Created, pi, nil); err != nil {
			return cs, err
		}
		if err := t.emit("payment_intent.created", pi, nil, by, o.how); err != nil {
			return cs, err
		}
	}
	hidden.payer, hidden.Outcome = who, o.Value
	switch o.Value {
	case "declined":
		return cs, t.decline(cs, hidden, pi, by)
	case "authenticate":
		return cs, t.askAuthentication(cs, hidden, pi, by)
	case outcomeDebit:
		return t.debit(cs, hidden, pi, by, o.how)
	default:
		return t.pay(cs, hidden, pi, nil, by)
	}
}

// authenticate is the donor's answer on the bank's page. It returns errNotOpen when the session is no longer open
// and errNoQuestion when nothing was asked.
func (t *tx) authenticate(id string, approved bool) (session, error) {
	cs, hidden, pi, err := t.openSession(id)
	if err != nil {
		return cs, err
	}
	if pi.Status != "requires_action" {
		return cs, errNoQuestion
	}
	by := t.donorRequest()
	if approved {
		proof := &threeDSecure{
			Flow: "challenge", Indicator: "05", Result: "authenticated", TransactionID: t.id("", 32), Version: "2.2.0",
		}
		if cs.Mode == subscriptionMode {
			return t.completeSubscription(cs, hidden, proof, by, atOnce)
		}
		return t.pay(cs, hidden, pi, proof, by)
	}
	pi.fail(paymentError{
		Code:    "payment_intent_authentication_failure",
		Message: "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
	}, nil)
	if err := t.update(pi.ID, "", pi, nil); err != nil {
		return cs, err
	}
	if err := t.saveSession(cs, hidden); err != nil {
		return cs, err
	}
	if err := t.emit("payment_intent.payment_failed", pi, nil, by, atOnce); err != nil || cs.Mode != subscriptionMode {
		return cs, err
	}
	return cs, t.tellTry(hidden.Plan.Invoice, "invoice.payment_failed", by)
}

var errNoQuestion = errors.New("stripesim: no authentication was asked for")

// openSession loads an open session and, once there is one, its intent. It returns errNotOpen when time is over,
// even before the timer that says so has fired.
func (t *tx) openSession(id string) (cs session, hidden sessionHidden, pi paymentIntent, err error) {
	cs, hidden, err = t.findSession(id)
	if err != nil {
		return cs, hidden, pi, err
	}
	if cs.Status != "open" || t.now.Unix() >= cs.ExpiresAt {
		return cs, hidden, pi, errNotOpen
	}
	if id := hidden.intentOf(cs); id != "" {
		err = t.load(intentKind, id, &pi, nil)
	}
	return cs, hidden, pi, err
}

// donorRequest is the call the payment page makes on the donor's behalf.
func (t *tx) donorRequest() requestRef {
	id, key := t.id("req_", 14), t.token()
	return requestRef{ID: &id, IdempotencyKey: &key}
}

func (t *tx) decline(cs session, hidden sessionHidden, pi paymentIntent, by requestRef) error {
	ch := t.newCharge(pi, hidden.billing(), cards[0], t.now.Unix())
	pi.fail(ch.decline(), &ch)
	if err := t.saveAttempt(cs, hidden, pi, ch); err != nil {
		return err
	}
	if err := t.emit("payment_intent.payment_failed", pi, nil, by, atOnce); err != nil {
		return err
	}
	return t.emit("charge.failed", ch, nil, by, atOnce)
}

func (t *tx) askAuthentication(cs session, hidden sessionHidden, pi paymentIntent, by requestRef) error {
	page := t.sim.cfg.PublicURL + "/pay/" + cs.ID
	method := t.id("pm_1", 23)
	pi.Status, pi.PaymentMethod, pi.LastPaymentError = "requires_action", &method, nil
	pi.NextAction = &nextAction{Type: "redirect_to_url", RedirectToURL: redirectToURL{ReturnURL: page, URL: page + "/authenticate"}}
	if err := t.update(pi.ID, "", pi, nil); err != nil {
		return err
	}
	if err := t.saveSession(cs, hidden); err != nil {
		return err
	}
	return t.emit("payment_intent.requires_action", pi, nil, by, atOnce)
}

// pay completes the session.
func (t *tx) pay(cs session, hidden sessionHidden, pi paymentIntent, proof *threeDSecure, by requestRef) (session, error) {
	o, _ := outcomeOf(hidden.Outcome)
	if cs.CustomerCreation == "always" {
		id, err := t.newCustomer(hidden.payer, by, o.how)
		if err != nil {
			return cs, err
		}
		cs.Customer, pi.Customer = id, id
	}
	ch := t.newCharge(pi, hidden.billing(), cards[0], t.now.Unix())
	ch.MethodDetails.Card.ThreeDSecure = proof
	ch.succeed()
	wait := t.sim.cfg.LateFees
	if wait == 0 && pi.CaptureMethod == "automatic_async" {
		wait = time.Second
	}
	if err := t.settleInTime(&ch, wait); err != nil {
		return cs, err
	}
	pi.succeed(ch)
	cs.complete(hidden.payer)
	if err := t.saveAttempt(cs, hidden, pi, ch); err != nil {
		return cs, err
	}
	if err := t.cancelTimer(timerExpire, cs.ID); err != nil {
		return cs, err
	}
	return cs, t.tellPaid(t.now.Unix(), cs, pi, ch, by, o.how)
}

// tellPaid emits what a success emits, in Stripe's usual order.
func (t *tx) tellPaid(created int64, cs session, pi paymentIntent, ch charge, by requestRef, how sending) error {
	if err := t.emitAt(created, "charge.succeeded", ch, nil, by, how); err != nil {
		return err
	}
	if err := t.emitAt(created, "payment_intent.succeeded", pi, nil, by, how); err != nil {
		return err
	}
	return t.emitAt(created, "checkout.session.completed", cs, nil, requestRef{}, how)
}

func (t *tx) saveAttempt(cs session, hidden sessionHidden, pi paymentIntent, ch charge) error {
	if err := t.insert(chargeKind, ch.ID, pi.ID, ch.Created, ch, nil); err != nil {
		return err
	}
	if err := t.update(pi.ID, "", pi, nil); err != nil {
		return err
	}
	return t.saveSession(cs, hidden)
}

// complete marks a session paid by this donor.
func (cs *session) complete(who payer) {
	cs.Status, cs.PaymentStatus, cs.URL = "complete", "paid", nil
	cs.CustomerDetails = &customerDetails{Address: who.where(), Email: who.Email, Name: who.called(), TaxExempt: "none", TaxIDs: []any{}}
}
