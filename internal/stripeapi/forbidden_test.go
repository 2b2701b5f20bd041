package stripeapi_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/stripeapi"
)

func TestAMissingPermissionIsNamedAndNothingElseOfWhatStripeSaid(t *testing.T) {
	t.Parallel()
	const start = "The provided key 'rk_live_*****anary' does not have the required permissions for this endpoint on account 'acct_canary'. "
	for name, c := range map[string]struct{ message, want string }{
		"in its usual words":    {start + "Having the 'rak_charge_read' permission would allow this request to continue.", "rak_charge_read"},
		"in newer words":        {start + "Enabling Webhook Endpoints, Event Destinations Read ('webhook_read') permissions on this key would allow this.", "webhook_read"},
		"in words of no kind":   {start, ""},
		"with a key like one":   {"The provided key 'rk_live_canary_read9' may not.", ""},
		"without saying a word": {"", ""},
	} {
		w := &wire{answer: func(int, *http.Request) (*http.Response, error) {
			return says(403, `{"error":{"type":"invalid_request_error","message":"`+c.message+`"}}`)
		}}
		client := stripeapi.New(monthly, stripeapi.Config{Key: "rk_live_canary", HTTP: &http.Client{Transport: w}})
		_, err := client.Fetch(t.Context(), stripeapi.Charges, "ch_1")
		var forbidden *stripeapi.ForbiddenError
		if !errors.As(err, &forbidden) || forbidden.Permission != c.want || !errors.Is(err, stripeapi.ErrRefused) || strings.Contains(err.Error(), "anary") {
			t.Errorf("%s: %v", name, err)
		}
		if len(w.keys) != 1 {
			t.Errorf("%s: it was asked %d times", name, len(w.keys))
		}
	}
}

func TestAnAnswerThatWasLostBringsTheSameEndpointAgain(t *testing.T) {
	t.Parallel()
	w := &wire{answer: func(try int, _ *http.Request) (*http.Response, error) {
		if try == 1 {
			return nil, errors.New("connection reset")
		}
		return says(200, `{"id":"we_1","object":"webhook_endpoint","secret":"whsec_1"}`)
	}}
	client := stripeapi.New(monthly, stripeapi.Config{Key: simKey, HTTP: &http.Client{Transport: w}})
	id, secret, err := client.MakeEndpoint(t.Context(), "https://give.example.org/webhooks/stripe", []string{"charge.succeeded"})
	if id != "we_1" || secret != "whsec_1" || err != nil {
		t.Errorf("made %q, %q, %v", id, secret, err)
	}
	if len(w.keys) != 2 || w.keys[0] == "" || w.keys[0] != w.keys[1] || w.bodies[0] != w.bodies[1] {
		t.Errorf("asked with the keys %q\n%q", w.keys, w.bodies)
	}
}
