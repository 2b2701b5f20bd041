package stripeapi_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

const madeBefore = `{"object":"list","has_more":false,"data":[
	{"id":"re_other","object":"refund","metadata":{}},{"id":"re_before","object":"refund","charge":"ch_1","metadata":{"appeal_refund":"refund_1"}}]}`

func TestARefundIsAskedForUnderTheKeyOfItsRequest(t *testing.T) {
	t.Parallel()
	request := models.RefundRequest{ID: "refund_1", Charge: "ch_1", Amount: 2000, Reason: models.DuplicateGift}
	again, spent, found := request, request, request
	again.Again, spent.Again, found.Again = true, true, true
	spent.Attempt, found.Charge = 2, "ch_found"
	for name, c := range map[string]struct {
		request models.RefundRequest
		key     string // "" where it isn't asked for
		want    string
	}{
		"for the first time":          {request, "refund_1", "re_1"},
		"again, and it was not made":  {again, "refund_1", "re_1"},
		"again, and the key is spent": {spent, "refund_1-2", "re_1"},
		"again, and it was made":      {found, "", "re_before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &wire{}
			var keys []string
			var sent url.Values
			w.answer = func(try int, r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					if r.URL.Query().Get("charge") == "ch_found" {
						return says(200, madeBefore)
					}
					return says(200, `{"object":"list","has_more":false,"data":[]}`)
				}
				keys = append(keys, r.Header.Get("Idempotency-Key"))
				var err error
				if sent, err = url.ParseQuery(w.bodies[try-1]); err != nil {
					return nil, err
				}
				if len(keys) == 1 {
					return nil, errors.New("the answer is lost")
				}
				return says(200, `{"id":"re_1","object":"refund"}`)
			}
			client := stripeapi.New(monthly, stripeapi.Config{Key: simKey, BaseURL: "https://give.example.org", HTTP: &http.Client{Transport: w}})
			made, err := client.Refund(t.Context(), c.request)
			if err != nil || made != c.want {
				t.Fatalf("made is %q, %v", made, err)
			}
			if c.key == "" {
				if len(keys) > 0 {
					t.Errorf("it was asked for under %q", keys)
				}
				return
			}
			if diff := cmp.Diff([]string{c.key, c.key}, keys); diff != "" {
				t.Error(diff)
			}
			want := map[string]string{"charge": "ch_1", "amount": "2000", "reason": "duplicate", "metadata[appeal_refund]": "refund_1"}
			if diff := cmp.Diff(want, flat(sent)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
