package stripesim

import (
	"errors"
	"net/http"
	"time"
)

const chargeKind = "charge"

// charge is one try to take money from a card. Since 2022-11-15 it carries no list of refunds.
type charge struct {
	ID                   string            `json:"id"`
	Object               string            `json:"object"`
	Amount               int64             `json:"amount"`
	AmountCaptured       int64             `json:"amount_captured"`
	AmountRefunded       int64             `json:"amount_refunded"`
	Application          any               `json:"application"`
	ApplicationFee       any               `json:"application_fee"`
	ApplicationFeeAmount any               `json:"application_fee_amount"`
	BalanceTransaction   *string           `json:"balance_transaction"`
	BillingDetails       billingDetails    `json:"billing_details"`
	CalculatedDescriptor string            `json:"calculated_statement_descriptor"`
	Captured             bool              `json:"captured"`
	Created              int64             `json:"created"`
	Currency             string            `json:"currency"`
	Customer             *string           `json:"customer"`
	Description          *string           `json:"description"`
	Disputed             bool              `json:"disputed"`
	FailureTransaction   *string           `json:"failure_balance_transaction"`
	FailureCode          *string           `json:"failure_code"`
	FailureMessage       *string           `json:"failure_message"`
	FraudDetails         struct{}          `json:"fraud_details"`
	Invoice              *string           `json:"invoice"`
	Livemode             bool              `json:"livemode"`
	Metadata             map[string]string `json:"metadata"`
	OnBehalfOf           any               `json:"on_behalf_of"`
	Outcome              chargeOutcome     `json:"outcome"`
	Paid                 bool              `json:"paid"`
	PaymentIntent        string            `json:"payment_intent"`
	PaymentMethod        string            `json:"payment_method"`
	MethodDetails        methodDetails     `json:"payment_method_details"`
	RadarOptions         struct{}          `json:"radar_options"`
	ReceiptEmail         *string           `json:"receipt_email"`
	ReceiptNumber        any               `json:"receipt_number"`
	ReceiptURL           any               `json:"receipt_url"`
	Refunded             bool              `json:"refunded"`
	Review               any               `json:"review"`
	Shipping             any               `json:"shipping"`
	SourceTransfer       any               `json:"source_transfer"`
	StatementDescriptor  any               `json:"statement_descriptor"`
	StatementDescSuffix  *string           `json:"statement_descriptor_suffix"`
	Status               string            `json:"status"`
	TransferData         any               `json:"transfer_data"`
	TransferGroup        any               `json:"transfer_group"`
}

type billingDetails struct {
	Address address `json:"address"`
	Email   string  `json:"email"`
	Name    *string `json:"name"`
	Phone   *string `json:"phone"`
}

type chargeOutcome struct {
	NetworkStatus string  `json:"network_status"`
	Reason        *string `json:"reason"`
	RiskLevel     string  `json:"risk_level"`
	RiskScore     int64   `json:"risk_score"`
	SellerMessage string  `json:"seller_message"`
	Type          string  `json:"type"`
}

type methodDetails struct {
	Card *card          `json:"card,omitempty"`
	Type string         `json:"type"`
	Bank *usBankAccount `json:"us_bank_account,omitempty"`
}

type card struct {
	AmountAuthorized *int64        `json:"amount_authorized"`
	Brand            string        `json:"brand"`
	Checks           cardChecks    `json:"checks"`
	Country          string        `json:"country"`
	ExpMonth         int64         `json:"exp_month"`
	ExpYear          int64         `json:"exp_year"`
	Fingerprint      string        `json:"fingerprint"`
	Funding          string        `json:"funding"`
	Installments     any           `json:"installments"`
	Last4            string        `json:"last4"`
	Mandate          any           `json:"mandate"`
	Network          string        `json:"network"`
	NetworkToken     networkToken  `json:"network_token"`
	ThreeDSecure     *threeDSecure `json:"three_d_secure"`
	Wallet           any           `json:"wallet"`
}

type cardChecks struct {
	Line1      *string `json:"address_line1_check"`
	PostalCode *string `json:"address_postal_code_check"`
	CVC        string  `json:"cvc_check"`
}

type networkToken struct {
	Used bool `json:"used"`
}

type threeDSecure struct {
	Flow          string  `json:"authentication_flow"`
	Indicator     string  `json:"electronic_commerce_indicator"`
	Exemption     *string `json:"exemption_indicator"`
	Result        string  `json:"result"`
	ResultReason  *string `json:"result_reason"`
	TransactionID string  `json:"transaction_id"`
	Version       string  `json:"version"`
}

// cards are the pretend cards payments are made with: Stripe's test numbers' last digits.
var cards = []card{
	{Brand: "visa", Last4: "4242", Funding: "credit", Network: "visa"},
	{Brand: "mastercard", Last4: "4444", Funding: "credit", Network: "mastercard"},
	{Brand: "visa", Last4: "5556", Funding: "debit", Network: "visa"},
	{Brand: "amex", Last4: "0005", Funding: "credit", Network: "amex"},
	{Brand: "discover", Last4: "1117", Funding: "credit", Network: "discover"},
}

// newCharge is a try with a pretend card, not yet decided.
func (t *tx) newCharge(pi paymentIntent, by billingDetails, with card, created int64) charge {
	with.Country, with.Fingerprint = "US", "sim"+with.Brand+with.Last4
	with.ExpMonth, with.ExpYear = 12, int64(time.Unix(created, 0).UTC().Year()+3)
	with.Checks.CVC = "pass"
	ch := charge{
		ID: t.id("ch_3", 23), Object: chargeKind, Amount: pi.Amount, Currency: pi.Currency, Created: created,
		BillingDetails:       by,
		CalculatedDescriptor: "PRETEND", Description: pi.Description, PaymentIntent: pi.ID, PaymentMethod: t.id("pm_1", 23),
		Metadata: pi.Metadata, MethodDetails: methodDetails{Card: &with, Type: "card"},
		Customer: pi.Customer, Invoice: pi.Invoice, ReceiptEmail: pi.ReceiptEmail, StatementDescSuffix: pi.StatementDescSuffix,
	}
	if pi.StatementDescSuffix != nil {
		ch.CalculatedDescriptor += "* " + *pi.StatementDescSuffix
	}
	return ch
}

// succeed captures the whole amount.
func (ch *charge) succeed() {
	ch.Status, ch.Paid, ch.Captured, ch.AmountCaptured = "succeeded", true, true, ch.Amount
	ch.MethodDetails.Card.AmountAuthorized = &ch.Amount
	ch.Outcome = chargeOutcome{
		NetworkStatus: "approved_by_network", RiskLevel: "normal", RiskScore: 7, SellerMessage: "Payment complete.", Type: "authorized",
	}
}

// decline is the issuer's generic no.
func (ch *charge) decline() paymentError {
	code, message, reason := "card_declined", "Your card was declined.", "generic_decline"
	ch.Status, ch.FailureCode, ch.FailureMessage = "failed", &code, &message
	ch.Outcome = chargeOutcome{
		NetworkStatus: "declined_by_network", Reason: &reason, RiskLevel: "normal", RiskScore: 7,
		SellerMessage: "The bank did not return any further details with this decline.", Type: "issuer_declined",
	}
	return paymentError{Code: code, DeclineCode: reason, Message: message}
}

// refuseExpired is decline for a card whose last month is over (https://docs.stripe.com/declines/codes).
func (ch *charge) refuseExpired() paymentError {
	refusal := ch.decline()
	refusal.Code, refusal.DeclineCode, refusal.Message = "expired_card", "expired_card", "Your card has expired."
	*ch.FailureCode, *ch.FailureMessage, *ch.Outcome.Reason = refusal.Code, refusal.Message, refusal.DeclineCode
	ch.Outcome.SellerMessage = "The bank returned the decline code `expired_card`."
	return refusal
}

func listCharges(c *call) (any, error) {
	q := &query{}
	if err := c.byRef(q, "payment_intent"); err != nil {
		return nil, err
	}
	if err := c.byFields(q, "customer"); err != nil {
		return nil, err
	}
	return c.list(chargeKind, q)
}

// findCharge loads a charge by its id. It returns Stripe's answer where there is none.
func (t *tx) findCharge(id string) (charge, error) {
	var ch charge
	err := t.load(chargeKind, id, &ch, nil)
	if errors.Is(err, errMissing) {
		err = noSuch(http.StatusBadRequest, chargeKind, id, "charge")
	}
	return ch, err
}

func (t *tx) saveCharge(ch charge) error { return t.update(ch.ID, ch.PaymentIntent, ch, nil) }
