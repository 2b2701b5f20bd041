package webhooks_test

import (
	"encoding/json"
	"testing"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/webhooks"
)

func TestAnAddressIsReadInLinesAndOnlyWithItsStreet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ address, want string }{
		"all of it":                {`{"line1":"12 Main St","line2":"Apt 4","city":"Oakland","state":"CA","postal_code":"94607","country":"US"}`, "12 Main St\nApt 4\nOakland, CA 94607\nUS"},
		"no second line, no state": {`{"line1":"Musterweg 5","line2":null,"city":"Köln","state":"","postal_code":"50667","country":"DE"}`, "Musterweg 5\nKöln, 50667\nDE"},
		"a street alone":           {`{"line1":"12 Main St"}`, "12 Main St"},
		"what a card has":          {`{"city":null,"country":"US","line1":null,"line2":null,"postal_code":"94607","state":null}`, ""},
		"a city without a street":  {`{"city":"Oakland","country":"US","line1":"  ","line2":"Apt 4","postal_code":"94607","state":"CA"}`, ""},
		"white space, zero bytes":  {`{"line1":" 12\tMain\u0000 \n St ","city":"Oak\r\nland"}`, "12 Main St\nOak land"},
		"nothing":                  {`{}`, ""},
		"null":                     {`null`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, object := range map[string]string{
				"charge.succeeded": `{"id":"ch_1","object":"charge","amount":100,"amount_captured":100,"captured":true,"paid":true,"status":"succeeded","currency":"usd",
					"created":1795550400,"billing_details":{"email":"a@example.org","address":` + c.address + `}}`,
				"checkout.session.completed": `{"id":"cs_1","object":"checkout.session","mode":"payment","status":"complete","payment_status":"paid","currency":"usd",
					"created":1795550400,"customer_details":{"address":` + c.address + `}}`,
			} {
				event, err := json.Marshal(map[string]any{
					"id": "evt_1", "object": "event", "type": kind, "api_version": stripeapi.Version, "livemode": false,
					"data": map[string]any{"object": json.RawMessage(object)},
				})
				if err != nil {
					t.Fatal(err)
				}
				reading, ok := webhooks.Understand(event)
				if !ok || len(reading.Facts) != 1 || reading.Facts[0].Address != c.want {
					t.Errorf("%s is read as %+v, not as %q", kind, reading.Facts, c.want)
				}
			}
		})
	}
}
