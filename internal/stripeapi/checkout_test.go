package stripeapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// repeated is a gift that says everything a donor can say.
func repeated(f models.Frequency) models.Donation {
	d := donation
	d.Choices = models.Choices{
		Frequency: f, Amount: 1500, FeesCovered: 76, Comment: "canary note", Tribute: models.InMemory, TributeName: "canary name", Src: "article-7",
	}
	d.AmountCharged = d.Charged()
	return d
}

const (
	product = `{"id":"appeal_made","object":"product"}`
	refused = `{"error":{"type":"invalid_request_error","message":"canary"}}`
)

// sessions are the session requests among those that were sent.
func (w *wire) sessions(t *testing.T) []url.Values {
	t.Helper()
	var found []url.Values
	for _, body := range w.bodies {
		form, err := url.ParseQuery(body)
		if err != nil {
			t.Fatal(err)
		}
		if form.Has("success_url") {
			found = append(found, form)
		}
	}
	return found
}

func open(t *testing.T, w *wire, c models.Campaign, d models.Donation) error {
	t.Helper()
	client := stripeapi.New(c, stripeapi.Config{Key: simKey, BaseURL: "https://give.example.org", HTTP: &http.Client{Transport: w}})
	_, err := client.OpenCheckout(t.Context(), d)
	return err
}

// stripe answers as Stripe does when all is well.
func stripe(_ int, r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "/products") {
		return says(200, product)
	}
	return says(200, session)
}

func TestARepeatedGiftIsASubscriptionUnderStoredProducts(t *testing.T) {
	t.Parallel()
	for frequency, interval := range map[models.Frequency]string{models.Monthly: "month", models.Yearly: "year"} {
		w := &wire{answer: stripe}
		if err := open(t, w, monthly, repeated(frequency)); err != nil {
			t.Fatal(err)
		}
		sent := w.sessions(t)[0]
		got := map[string]string{}
		for name := range sent {
			got[name] = sent.Get(name)
		}
		want := map[string]string{
			"mode": "subscription", "client_reference_id": donation.Token, "expires_at": "1795554000",
			"payment_method_types[0]":                        "card",
			"success_url":                                    "https://give.example.org/thanks/" + donation.Token,
			"cancel_url":                                     "https://give.example.org/?cancelled=" + donation.Token,
			"line_items[0][quantity]":                        "1",
			"line_items[0][price_data][currency]":            "usd",
			"line_items[0][price_data][unit_amount]":         "1500",
			"line_items[0][price_data][product]":             "appeal_made",
			"line_items[0][price_data][recurring][interval]": interval,
			"line_items[1][quantity]":                        "1",
			"line_items[1][price_data][currency]":            "usd",
			"line_items[1][price_data][unit_amount]":         "76",
			"line_items[1][price_data][product]":             "appeal_made",
			"line_items[1][price_data][recurring][interval]": interval,
			"subscription_data[description]":                 "Corruption Project — " + string(frequency) + " gift CP-0123ABCD",
		}
		for key, value := range map[string]string{
			"campaign": "corruption-project", "token": donation.Token, "reference": "CP-0123ABCD", "frequency": string(frequency),
			"fees": "76", "tribute": "memory", "src": "article-7",
		} {
			want["metadata[appeal_"+key+"]"] = value
			want["subscription_data[metadata][appeal_"+key+"]"] = value
		}
		// Of a person, and so only where it can be emptied.
		want["subscription_data[metadata][appeal_comment]"] = "canary note"
		want["subscription_data[metadata][appeal_tribute_name]"] = "canary name"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", frequency, diff)
		}
	}
}

func TestThePageAsksForAnAddressWhereTheCampaignCollectsThem(t *testing.T) {
	t.Parallel()
	for _, frequency := range []models.Frequency{models.Once, models.Monthly, models.Yearly} {
		for collects, want := range map[bool]string{true: "required", false: ""} {
			c := monthly
			c.CollectAddress = collects
			w := &wire{answer: stripe}
			if err := open(t, w, c, repeated(frequency)); err != nil {
				t.Fatal(err)
			}
			if got := w.sessions(t)[0].Get("billing_address_collection"); got != want {
				t.Errorf("%s, collecting %t: %q", frequency, collects, got)
			}
		}
	}
}

func TestARepeatedGiftMattersMoreThanItsProduct(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(try int, r *http.Request) (*http.Response, error){
		"a key that may not read products": func(try int, r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Path, "/products") {
				return says(403, refused)
			}
			return stripe(try, r)
		},
		"a key that may not make one": func(try int, r *http.Request) (*http.Response, error) {
			switch {
			case strings.Contains(r.URL.Path, "/products/"):
				return says(404, `{"error":{"type":"invalid_request_error","code":"resource_missing"}}`)
			case strings.Contains(r.URL.Path, "/products"):
				return says(403, refused)
			}
			return stripe(try, r)
		},
		"a product that was archived": func(try int, r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.Header.Get("Idempotency-Key"), "-checkout") {
				return says(400, refused)
			}
			return stripe(try, r)
		},
		"a product that was deleted": func(try int, r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.Header.Get("Idempotency-Key"), "-checkout") {
				return says(400, `{"error":{"type":"invalid_request_error","code":"resource_missing"}}`)
			}
			return stripe(try, r)
		},
	} {
		w := &wire{answer: answer}
		if err := open(t, w, monthly, repeated(models.Monthly)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sent := w.sessions(t)
		last := sent[len(sent)-1]
		if got := last.Get("line_items[0][price_data][product_data][name]"); got != "Corruption Project — monthly gift" || last.Has("line_items[0][price_data][product]") {
			t.Errorf("%s: the line is called %q", name, got)
		}
		if got := last.Get("line_items[1][price_data][recurring][interval]"); got != "month" {
			t.Errorf("%s: the fees are charged every %q", name, got)
		}
		// Other parameters under the same key would be refused.
		if key := w.keys[len(w.keys)-1]; key != donation.Token+"-checkout-inline" {
			t.Errorf("%s: the key is %q", name, key)
		}
	}
}

func TestWhatStripeRefusesWithoutAProductTooIsRefused(t *testing.T) {
	t.Parallel()
	w := &wire{answer: func(try int, r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "/products") {
			return stripe(try, r)
		}
		return says(400, refused)
	}}
	if err := open(t, w, monthly, repeated(models.Monthly)); !errors.Is(err, stripeapi.ErrRefused) {
		t.Errorf("it says %v", err)
	}
}

func TestARepeatedGiftIsAnsweredWithinTheSameEightSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &wire{answer: func(_ int, r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		client := stripeapi.New(monthly, stripeapi.Config{Key: simKey, HTTP: &http.Client{Transport: slow}})
		began := time.Now()
		if _, err := client.OpenCheckout(context.Background(), repeated(models.Monthly)); !errors.Is(err, stripeapi.ErrUnavailable) {
			t.Errorf("it says %v", err)
		}
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestAOneTimeGiftTakesOneRequest(t *testing.T) {
	t.Parallel()
	w := &wire{answer: stripe}
	if err := open(t, w, monthly, donation); err != nil {
		t.Fatal(err)
	}
	sent := w.sessions(t)[0]
	if len(w.bodies) != 1 || sent.Get("mode") != "payment" || sent.Get("submit_type") != "donate" || sent.Has("line_items[0][price_data][recurring][interval]") {
		t.Errorf("%d requests; the page is %v", len(w.bodies), sent)
	}
	if got := sent.Get("payment_intent_data[description]"); got != "Corruption Project — one-time gift CP-0123ABCD" {
		t.Errorf("it is described as %q", got)
	}
}

func TestBankDebitsAreOfferedWhereTheCampaignSaysSo(t *testing.T) {
	t.Parallel()
	c := monthly
	c.BankDebits = true
	for _, d := range []models.Donation{donation, repeated(models.Monthly)} {
		w := &wire{answer: stripe}
		if err := open(t, w, c, d); err != nil {
			t.Fatal(err)
		}
		sent := w.sessions(t)[0]
		if sent.Get("payment_method_types[0]") != "card" || sent.Get("payment_method_types[1]") != "us_bank_account" {
			t.Errorf("%s: the ways to pay are %v", d.Frequency, sent)
		}
	}
}
