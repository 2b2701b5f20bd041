package stripesim

import (
	"net/http"
	"slices"
	"strings"
)

// A restricted key has each permission at one of three levels: none, read, or write, which implies read. Config.Lacks
// names what it has not: "charge_read" leaves it none, "charge_write" lets it read. What a call needs is decided before
// its parameters are looked at (https://docs.stripe.com/keys/restricted-api-keys).

// permissions are those whose names do not follow from the path's first part.
var permissions = map[string]string{
	"checkout":             "checkout_session",
	"billing_portal":       "customer_portal",
	"refunds":              "charge",
	"prices":               "plan",
	"subscription_items":   "subscription",
	"invoiceitems":         "invoice",
	"balance_transactions": "balance",
	"webhook_endpoints":    "webhook",
	"radar":                "early_fraud_warning",
	"account":              "accounts_kyc_basic",
}

// permission is what a call needs, without the rak_ that Stripe's messages put before it.
func permission(method, path string) string {
	resource, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
	name, irregular := permissions[resource]
	if !irregular {
		name = strings.TrimSuffix(resource, "s")
	}
	if method == http.MethodGet {
		return name + "_read"
	}
	return name + "_write"
}

// permit refuses a call that the key lacks the permission for.
func (s *Simulator) permit(needed string) error {
	read := strings.TrimSuffix(needed, "_write") + "_read"
	if !slices.Contains(s.cfg.Lacks, needed) && !slices.Contains(s.cfg.Lacks, read) {
		return nil
	}
	return &apiError{
		Status: http.StatusForbidden, Type: "invalid_request_error",
		Message: "The provided key '" + redacted(s.cfg.SecretKey) + "' does not have the required permissions for this endpoint on account '" +
			accountID + "'. Having the 'rak_" + needed + "' permission would allow this request to continue.",
	}
}

// permitExpanding refuses to show an object inside another to a key that may not read it by itself.
func (s *Simulator) permitExpanding(kind string) error {
	switch kind {
	case sessionKind:
		kind = "checkout_session"
	case transactionKind:
		kind = "balance"
	case "refund":
		kind = "charge"
	case "price":
		kind = "plan"
	}
	return s.permit(kind + "_read")
}
