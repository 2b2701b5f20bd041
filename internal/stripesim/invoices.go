package stripesim

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

const invoiceKind = "invoice"

// Why an invoice was made.
const (
	reasonCreate = "subscription_create"
	reasonCycle  = "subscription_cycle"
)

// draftTime is how long a renewal's invoice stays a draft (https://docs.stripe.com/invoicing/integration/workflow-transitions).
const draftTime = time.Hour

// invoice is the bill of one period. It is what a subscription's charges belong to: they carry no metadata of their own.
type invoice struct {
	ID                     string               `json:"id"`
	Object                 string               `json:"object"`
	AccountCountry         string               `json:"account_country"`
	AccountName            string               `json:"account_name"`
	AccountTaxIDs          any                  `json:"account_tax_ids"`
	AmountDue              int64                `json:"amount_due"`
	AmountPaid             int64                `json:"amount_paid"`
	AmountRemaining        int64                `json:"amount_remaining"`
	AmountShipping         int64                `json:"amount_shipping"`
	Application            any                  `json:"application"`
	ApplicationFeeAmount   any                  `json:"application_fee_amount"`
	AttemptCount           int64                `json:"attempt_count"`
	Attempted              bool                 `json:"attempted"`
	AutoAdvance            bool                 `json:"auto_advance"`
	AutomaticTax           automaticTax         `json:"automatic_tax"`
	BillingReason          string               `json:"billing_reason"`
	Charge                 *string              `json:"charge"`
	CollectionMethod       string               `json:"collection_method"`
	Created                int64                `json:"created"`
	Currency               string               `json:"currency"`
	CustomFields           any                  `json:"custom_fields"`
	Customer               string               `json:"customer"`
	CustomerAddress        address              `json:"customer_address"`
	CustomerEmail          *string              `json:"customer_email"`
	CustomerName           *string              `json:"customer_name"`
	CustomerPhone          any                  `json:"customer_phone"`
	CustomerShipping       any                  `json:"customer_shipping"`
	CustomerTaxExempt      string               `json:"customer_tax_exempt"`
	CustomerTaxIDs         []any                `json:"customer_tax_ids"`
	DefaultPaymentMethod   any                  `json:"default_payment_method"`
	DefaultSource          any                  `json:"default_source"`
	DefaultTaxRates        []any                `json:"default_tax_rates"`
	Description            any                  `json:"description"`
	Discount               any                  `json:"discount"`
	Discounts              []any                `json:"discounts"`
	DueDate                any                  `json:"due_date"`
	EffectiveAt            *int64               `json:"effective_at"`
	EndingBalance          *int64               `json:"ending_balance"`
	Footer                 any                  `json:"footer"`
	FromInvoice            any                  `json:"from_invoice"`
	HostedInvoiceURL       any                  `json:"hosted_invoice_url"`
	InvoicePDF             any                  `json:"invoice_pdf"`
	Issuer                 issuer               `json:"issuer"`
	LastFinalizationError  any                  `json:"last_finalization_error"`
	LatestRevision         any                  `json:"latest_revision"`
	Lines                  invoiceLines         `json:"lines"`
	Livemode               bool                 `json:"livemode"`
	Metadata               map[string]string    `json:"metadata"`
	NextPaymentAttempt     *int64               `json:"next_payment_attempt"`
	Number                 *string              `json:"number"`
	OnBehalfOf             any                  `json:"on_behalf_of"`
	Paid                   bool                 `json:"paid"`
	PaidOutOfBand          bool                 `json:"paid_out_of_band"`
	PaymentIntent          *string              `json:"payment_intent"`
	PaymentSettings        invoiceSettle        `json:"payment_settings"`
	PeriodEnd              int64                `json:"period_end"`
	PeriodStart            int64                `json:"period_start"`
	PostPaymentCreditNotes int64                `json:"post_payment_credit_notes_amount"`
	PrePaymentCreditNotes  int64                `json:"pre_payment_credit_notes_amount"`
	Quote                  any                  `json:"quote"`
	ReceiptNumber          any                  `json:"receipt_number"`
	Rendering              any                  `json:"rendering"`
	ShippingCost           any                  `json:"shipping_cost"`
	ShippingDetails        any                  `json:"shipping_details"`
	StartingBalance        int64                `json:"starting_balance"`
	StatementDescriptor    any                  `json:"statement_descriptor"`
	Status                 string               `json:"status"`
	StatusTransitions      statusTransitions    `json:"status_transitions"`
	Subscription           string               `json:"subscription"`
	SubscriptionDetails    subscriptionSnapshot `json:"subscription_details"`
	Subtotal               int64                `json:"subtotal"`
	SubtotalExcludingTax   int64                `json:"subtotal_excluding_tax"`
	Tax                    any                  `json:"tax"`
	TestClock              any                  `json:"test_clock"`
	Total                  int64                `json:"total"`
	TotalDiscountAmounts   []any                `json:"total_discount_amounts"`
	TotalExcludingTax      int64                `json:"total_excluding_tax"`
	TotalTaxAmounts        []any                `json:"total_tax_amounts"`
	TransferData           any                  `json:"transfer_data"`
	WebhooksDeliveredAt    *int64               `json:"webhooks_delivered_at"`
}

type issuer struct {
	Type string `json:"type"`
}

type invoiceSettle struct {
	DefaultMandate any `json:"default_mandate"`
	MethodOptions  any `json:"payment_method_options"`
	MethodTypes    any `json:"payment_method_types"`
}

type statusTransitions struct {
	FinalizedAt     *int64 `json:"finalized_at"`
	UncollectibleAt *int64 `json:"marked_uncollectible_at"`
	PaidAt          *int64 `json:"paid_at"`
	VoidedAt        *int64 `json:"voided_at"`
}

// subscriptionSnapshot is the subscription's metadata when the invoice was finalized: later changes don't reach it.
type subscriptionSnapshot struct {
	Metadata map[string]string `json:"metadata"`
}

// invoiceLines is the list object inside an invoice.
type invoiceLines struct {
	Object  string        `json:"object"`
	Data    []invoiceLine `json:"data"`
	HasMore bool          `json:"has_more"`
	URL     string        `json:"url"`
}

// invoiceLine is one subscription item's part of a period.
type invoiceLine struct {
	ID                     string            `json:"id"`
	Object                 string            `json:"object"`
	Amount                 int64             `json:"amount"`
	AmountExcludingTax     int64             `json:"amount_excluding_tax"`
	Currency               string            `json:"currency"`
	Description            string            `json:"description"`
	DiscountAmounts        []any             `json:"discount_amounts"`
	Discountable           bool              `json:"discountable"`
	Discounts              []any             `json:"discounts"`
	Invoice                string            `json:"invoice"`
	Livemode               bool              `json:"livemode"`
	Metadata               map[string]string `json:"metadata"`
	Period                 linePeriod        `json:"period"`
	Price                  price             `json:"price"`
	Proration              bool              `json:"proration"`
	ProrationDetails       prorationDetails  `json:"proration_details"`
	Quantity               int64             `json:"quantity"`
	Subscription           string            `json:"subscription"`
	SubscriptionItem       string            `json:"subscription_item"`
	TaxAmounts             []any             `json:"tax_amounts"`
	TaxRates               []any             `json:"tax_rates"`
	Type                   string            `json:"type"`
	UnitAmountExcludingTax string            `json:"unit_amount_excluding_tax"`
}

type linePeriod struct {
	End   int64 `json:"end"`
	Start int64 `json:"start"`
}

type prorationDetails struct {
	CreditedItems any `json:"credited_items"`
}

// draftInvoice stores the draft of a subscription's current period, under the id the subscription names as its latest
// invoice, and tells of it. Of a renewal's, the invoice's own
// period is the one that is over: only its lines name the one they pay for.
func (t *tx) draftInvoice(sub subscription, reason string, over linePeriod, by requestRef, how sending) (invoice, error) {
	var who customer
	if err := t.load(customerKind, sub.Customer, &who, nil); err != nil {
		return invoice{}, err
	}
	amount, id := sub.total(), *sub.LatestInvoice
	inv := invoice{
		ID: id, Object: invoiceKind, AccountCountry: "US", AccountName: "Appeal's Stripe simulator",
		AmountDue: amount, AmountRemaining: amount, AutoAdvance: true, BillingReason: reason, CollectionMethod: sub.CollectionMethod,
		Created: t.now.Unix(), Currency: sub.Currency, Customer: who.ID, CustomerAddress: who.Address, CustomerEmail: who.Email,
		CustomerName: who.Name, CustomerTaxExempt: who.TaxExempt, CustomerTaxIDs: []any{}, DefaultTaxRates: []any{}, Discounts: []any{},
		Issuer: issuer{"self"}, Metadata: map[string]string{}, PeriodEnd: over.End, PeriodStart: over.Start, Status: "draft",
		Subscription: sub.ID, SubscriptionDetails: subscriptionSnapshot{sub.Metadata}, Subtotal: amount, SubtotalExcludingTax: amount,
		Total: amount, TotalDiscountAmounts: []any{}, TotalExcludingTax: amount, TotalTaxAmounts: []any{},
		Lines: invoiceLines{Object: "list", Data: []invoiceLine{}, URL: "/v1/invoices/" + id + "/lines"},
	}
	for _, item := range sub.Items.Data {
		line, err := t.invoiceLine(inv, sub, item)
		if err != nil {
			return inv, err
		}
		inv.Lines.Data = append(inv.Lines.Data, line)
	}
	if err := t.insert(invoiceKind, inv.ID, sub.ID, inv.Created, inv, nil); err != nil {
		return inv, err
	}
	return inv, t.emit("invoice.created", inv, nil, by, how)
}

func (t *tx) invoiceLine(inv invoice, sub subscription, item subscriptionItem) (invoiceLine, error) {
	var what product
	if err := t.load(productKind, item.Price.Product, &what, nil); err != nil {
		return invoiceLine{}, err
	}
	amount := item.Price.UnitAmount * item.Quantity
	return invoiceLine{
		ID: t.id("il_1", 23), Object: "line_item", Amount: amount, AmountExcludingTax: amount, Currency: inv.Currency,
		Description:     fmt.Sprintf("%d × %s (at %s / %s)", item.Quantity, what.Name, display(item.Price.UnitAmount, inv.Currency), sub.interval()),
		DiscountAmounts: []any{}, Discountable: true, Discounts: []any{}, Invoice: inv.ID, Metadata: sub.Metadata,
		Period: linePeriod{Start: sub.CurrentPeriodStart, End: sub.CurrentPeriodEnd}, Price: item.Price, Quantity: item.Quantity,
		Subscription: sub.ID, SubscriptionItem: item.ID, TaxAmounts: []any{}, TaxRates: []any{}, Type: "subscription",
		UnitAmountExcludingTax: item.Price.UnitAmountDecimal,
	}, nil
}

// finalize makes a draft into an invoice to be paid, with its number, its snapshot of metadata and, unless nothing is due,
// the intent that will collect it.
func (t *tx) finalize(inv *invoice, by requestRef, how sending) error {
	var who customer
	if err := t.load(customerKind, inv.Customer, &who, nil); err != nil {
		return err
	}
	var sub subscription
	if err := t.load(subscriptionKind, inv.Subscription, &sub, nil); err != nil {
		return err
	}
	number, now, left := fmt.Sprintf("%s-%04d", who.InvoicePrefix, who.NextInvoiceSequence), t.now.Unix(), int64(0)
	who.NextInvoiceSequence++
	if err := t.saveCustomer(who); err != nil {
		return err
	}
	inv.Status, inv.Number, inv.EffectiveAt, inv.StatusTransitions.FinalizedAt = "open", &number, &now, &now
	inv.EndingBalance, inv.WebhooksDeliveredAt = &left, &now
	inv.SubscriptionDetails.Metadata = sub.Metadata
	if inv.AmountDue == 0 {
		if err := t.saveInvoice(*inv); err != nil {
			return err
		}
		return t.emit("invoice.finalized", inv, nil, by, how)
	}
	pi := t.invoiceIntent(*inv)
	inv.PaymentIntent = &pi.ID
	if err := t.insert(intentKind, pi.ID, "", pi.Created, pi, nil); err != nil {
		return err
	}
	if err := t.saveInvoice(*inv); err != nil {
		return err
	}
	if err := t.emit("invoice.finalized", inv, nil, by, how); err != nil {
		return err
	}
	return t.emit("payment_intent.created", pi, nil, by, how)
}

// invoiceIntent is the intent that collects an invoice. Stripe copies no metadata to it.
func (t *tx) invoiceIntent(inv invoice) paymentIntent {
	what := "Subscription update"
	if inv.BillingReason == reasonCreate {
		what = "Subscription creation"
	}
	id := t.id("pi_3", 23)
	return paymentIntent{
		ID: id, Object: intentKind, Amount: inv.AmountDue, Currency: inv.Currency, Created: t.now.Unix(), Customer: &inv.Customer,
		CaptureMethod: "automatic", ConfirmationMethod: "automatic", ClientSecret: id + "_secret_" + t.id("", 25), Description: &what,
		Invoice: &inv.ID, Metadata: map[string]string{}, PaymentMethodTypes: []string{"card"}, SetupFutureUsage: "off_session",
		Status: "requires_payment_method",
	}
}

func (t *tx) saveInvoice(inv invoice) error { return t.update(inv.ID, inv.Subscription, inv, nil) }

// findInvoice loads an invoice. It returns Stripe's 404 when there is none.
func (t *tx) findInvoice(id string) (inv invoice, err error) {
	err = t.load(invoiceKind, id, &inv, nil)
	if errors.Is(err, errMissing) {
		err = noSuch(http.StatusNotFound, invoiceKind, id, "invoice")
	}
	return inv, err
}
