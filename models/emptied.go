package models

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
)

// emptied is one of Stripe's payloads, an event or an object that was fetched,
// without anything of a person. What stays is listed below, by its name: ids,
// amounts, states and times. Whatever isn't listed is a person's until it is
// shown otherwise, and goes with its name. Of what can't be read as one of
// Stripe's objects only the length stays. What was emptied before comes out as it
// is.
//
// It is no evidence: nothing is booked from it.
func emptied(raw []byte) []byte {
	whole, ok := decoded(raw).(map[string]any)
	if !ok {
		return []byte(`{"` + lengthKey + `":` + strconv.Itoa(len(raw)) + `}`)
	}
	left, err := json.Marshal(withoutPersons(whole))
	if err != nil { // not reached: it was read from JSON
		return []byte(`{}`)
	}
	return left
}

// lengthKey names the length of what could not be read.
const lengthKey = "bytes"

// decoded is a JSON text with its numbers as they were written; nil for any other.
func decoded(raw []byte) any {
	var whole any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&whole) != nil {
		return nil
	}
	if _, err := d.Token(); err != io.EOF {
		return nil // more than one
	}
	return whole
}

// withoutPersons leaves of an object what is on the list.
func withoutPersons(o map[string]any) map[string]any {
	left := make(map[string]any, len(o))
	for name, value := range o {
		var stays bool
		switch inner, isObject := value.(map[string]any); {
		case name == "metadata" && isObject:
			value, stays = ownMetadata(inner), true
		case name == "client_reference_id": // another program on the account writes a user's name there
			text, isText := value.(string)
			stays = isText && ValidToken(text)
		case impersonal[name]:
			value, stays = withoutWords(value)
		}
		if stays {
			left[name] = value
		}
	}
	return left
}

// withoutWords leaves of the value of a listed name what no person can have
// typed. stays is false for a text of which that can't be said.
func withoutWords(value any) (left any, stays bool) {
	switch value := value.(type) {
	case map[string]any:
		return withoutPersons(value), true
	case []any:
		all := make([]any, 0, len(value))
		for _, one := range value {
			if one, stays := withoutWords(one); stays {
				all = append(all, one)
			}
		}
		return all, true
	case string:
		return value, fixedWord.MatchString(value)
	default: // a number, true, false or null
		return value, true
	}
}

// fixedWord is what Stripe's ids and constants look like: no space, and no @.
var fixedWord = regexp.MustCompile(`^[A-Za-z0-9_.:/-]{0,255}$`)

// ownMetadata leaves what this program wrote of its own accord, or at the
// reader's choice, beside an object: no words of theirs, and no one else's.
func ownMetadata(metadata map[string]any) map[string]any {
	left := map[string]any{}
	for name, value := range metadata {
		if text, ok := value.(string); ok && impersonalMetadata[name] && fixedWord.MatchString(text) {
			left[name] = text
		}
	}
	return left
}

// impersonalMetadata are the names of internal/stripeapi under which nothing of
// a person stands.
var impersonalMetadata = set(
	"appeal_campaign", "appeal_token", "appeal_reference", "appeal_frequency", "appeal_fees", "appeal_newsletter", "appeal_tribute",
	"appeal_src", "appeal_utm_source", "appeal_utm_medium", "appeal_utm_campaign", "appeal_utm_content", "appeal_benefit",
	"appeal_benefit_value", "appeal_refund", "appeal_erased",
)

// impersonal are the names in Stripe's objects under which nothing of a person
// stands: neither whoever gave, nor their card or bank account, nor an address
// that leads to a page about them.
var impersonal = set(
	// what it is, and what it belongs to
	"id", "object", "type", "account", "api_version", "livemode", "request", "data", "previous_attributes", "has_more", "total_count", "pending_webhooks", "deleted", "parent",
	"charge", "payment_intent", "latest_charge", "invoice", "latest_invoice", "subscription", "subscription_item", "subscription_details", "customer",
	"payment_method", "default_payment_method", "balance_transaction", "balance_transactions", "failure_balance_transaction",
	"source", "destination", "dispute", "refund", "refunds", "payout", "setup_intent", "price", "product", "plan", "items", "lines",
	lengthKey,
	// money
	"amount", "amount_authorized", "amount_captured", "amount_capturable", "amount_details", "amount_discount", "amount_due", "amount_paid",
	"amount_received", "amount_refunded", "amount_remaining", "amount_shipping", "amount_subtotal", "amount_tax", "amount_total", "currency",
	"currency_conversion", "source_currency", "exchange_rate", "fee", "fee_details", "net", "quantity", "subtotal", "tax", "total", "total_details",
	"unit_amount", "recurring", "interval", "interval_count", "starting_balance", "ending_balance", "balance",
	// what became of it
	"status", "payment_status", "mode", "reason", "reporting_category", "reconciliation_status", "automatic", "method", "captured", "paid", "refunded",
	"disputed", "paid_out_of_band", "attempted", "attempt_count", "billing_reason", "cancellation_reason", "cancellation_details", "feedback",
	"collection_method", "failure_code", "failure_reason", "last_payment_error", "code", "decline_code", "actionable", "fraud_type",
	"is_charge_refundable", "evidence_details", "has_evidence", "past_due", "submission_count", "pause_collection", "behavior", "proration",
	// how it was paid, without of what account
	"payment_method_details", "payment_method_types", "card", "us_bank_account", "brand", "invoice_settings",
	// when
	"created", "arrival_date", "available_on", "billing_cycle_anchor", "cancel_at", "cancel_at_period_end", "canceled_at", "current_period_start",
	"current_period_end", "date", "due_by", "due_date", "effective_at", "ended_at", "expires_at", "next_payment_attempt", "period", "period_start",
	"period_end", "start", "end", "start_date", "trial_start", "trial_end", "status_transitions", "finalized_at", "marked_uncollectible_at",
	"paid_at", "voided_at",
)

func set(names ...string) map[string]bool {
	all := make(map[string]bool, len(names))
	for _, name := range names {
		all[name] = true
	}
	return all
}
