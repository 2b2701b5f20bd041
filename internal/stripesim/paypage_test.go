package stripesim

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

func TestThePaymentPage(t *testing.T) {
	w := newWorld(t, nil)
	cs := w.begin()
	status, page := w.read(cs.URL)
	t.Run("says what it is, what it is for, and offers each outcome", func(t *testing.T) {
		for _, want := range []string{
			"Stripe simulator", "This is not Stripe. No money can move.", "<h1>Pretend to pay $50.00</h1>",
			"Corruption Project, one-time gift", `value="reader@example.org"`, "Payment succeeds", "Card is declined", "Needs authentication",
			"Succeeds, webhook 60 s late", "The thank-you page or the sync finds it", "Must count once",
			"Finish the pretend payment", `<a href="http://appeal.test/">Leave without paying</a>`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	})
	t.Run("asks for no card and runs no script", func(t *testing.T) {
		for _, not := range []string{"<script", "cc-number", "cvc", "style="} {
			if strings.Contains(page, not) {
				t.Errorf("the page has %q", not)
			}
		}
	})
	t.Run("has one heading of the first rank and a label for each input", func(t *testing.T) {
		if n := strings.Count(page, "<h1"); n != 1 {
			t.Errorf("%d of them", n)
		}
		for _, m := range regexp.MustCompile(`<input[^>]* id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			if !strings.Contains(page, `for="`+m[1]+`"`) {
				t.Errorf("%s has no label", m[1])
			}
		}
		if n := strings.Count(page, " checked"); n != 1 {
			t.Errorf("%d outcomes are chosen", n)
		}
	})
	t.Run("answers under a policy that lets it leave for the product", func(t *testing.T) {
		res, err := w.donor.Get(cs.URL)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		csp := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "form-action 'self' http: https:") {
			t.Errorf("policy %q", csp)
		}
		if status, css := w.read(w.server.URL + "/pay.css"); status != http.StatusOK || !strings.Contains(css, "#ffd84d") {
			t.Errorf("no style sheet: %d", status)
		}
	})
	t.Run("shows again what was typed wrong, and keeps it", func(t *testing.T) {
		res, err := w.donor.PostForm(cs.URL, url.Values{"email": {"reader<x>"}, "outcome": {"late"}})
		if err != nil {
			t.Fatal(err)
		}
		body := readBody(t, res)
		if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `<a href="#email">`) ||
			!strings.Contains(body, `value="reader&lt;x&gt;"`) || !strings.Contains(body, `value="late" checked`) {
			t.Errorf("%d: %s", res.StatusCode, body)
		}
	})
	t.Run("offers success after a decline, to the same address", func(t *testing.T) {
		other := w.begin()
		w.post(other.URL, url.Values{"email": {"someone@example.org"}, "outcome": {"declined"}})
		_, page := w.read(other.URL)
		if !strings.Contains(page, `value="someone@example.org"`) || !strings.Contains(page, `value="succeeds" checked`) {
			t.Errorf("seed %d: %s", testSeed, page)
		}
	})
	t.Run("an unknown outcome is refused", func(t *testing.T) {
		res, err := w.donor.PostForm(cs.URL, url.Values{"email": {"reader@example.org"}, "outcome": {"rich"}})
		if err != nil {
			t.Fatal(err)
		}
		if body := readBody(t, res); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "Choose what should happen.") {
			t.Errorf("%d: %s", res.StatusCode, body)
		}
	})
	t.Run("an unknown session is not found", func(t *testing.T) {
		for _, path := range []string{"/pay/cs_test_none", "/pay/cs_test_none/authenticate", "/", "/pay/a/b/c"} {
			if status, body := w.read(w.server.URL + path); status != http.StatusNotFound || !strings.Contains(body, "Stripe simulator") {
				t.Errorf("%s: %d", path, status)
			}
		}
	})
	t.Run("the bank's page is closed until it is asked for", func(t *testing.T) {
		if to := w.post(cs.URL+"/authenticate", url.Values{"verdict": {"approve"}}); to != cs.URL {
			t.Errorf("led to %s", to)
		}
		if got := w.session(cs.ID).Status; got != "open" {
			t.Errorf("the session is %s", got)
		}
	})
}

func TestHTMLInjection(t *testing.T) {
	w := newWorld(t, nil)
	p := params()
	p.LineItems[0].PriceData.ProductData.Name = stripe.String(`<script>alert("x")</script>`)
	p.CancelURL = stripe.String(`https://example.org/"><script>`)
	cs, err := w.api.CheckoutSessions.New(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, page := w.read(cs.URL); strings.Contains(page, "<script") {
		t.Error("the page carries a script")
	}
}

func TestAnAddressIsAskedForWhereTheSessionRequiresOne(t *testing.T) {
	w := newWorld(t, nil)
	if _, page := w.read(w.begin().URL); strings.Contains(page, `name="line1"`) {
		t.Error("it is asked for unasked")
	}
	p := params()
	p.BillingAddressCollection = stripe.String("required")
	p.CustomerCreation = stripe.String("always")
	cs, err := w.api.CheckoutSessions.New(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, page := w.read(cs.URL); !strings.Contains(page, `<label class="name" for="line1">`) || !strings.Contains(page, `value="1 Sample Street"`) {
		t.Error("it is not asked for")
	}
	typed := url.Values{"email": {"reader@example.org"}, "outcome": {"succeeds"}, "line1": {"12 <Main> St"}, "city": {"Oakland"}, "country": {"US"}}
	res, err := w.donor.PostForm(cs.URL, typed)
	if err != nil {
		t.Fatal(err)
	}
	if body := readBody(t, res); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `<a href="#postal_code">`) ||
		strings.Contains(body, `<a href="#line2">`) || !strings.Contains(body, `value="12 &lt;Main&gt; St"`) {
		t.Errorf("%d: %s", res.StatusCode, body)
	}
	typed.Set("state", "CA")
	typed.Set("postal_code", "94607")
	w.post(cs.URL, typed)
	paid := w.session(cs.ID)
	ch, err := w.api.Charges.Get(paid.PaymentIntent.LatestCharge.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	who, err := w.api.Customers.Get(paid.Customer.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	for where, a := range map[string]*stripe.Address{"session": paid.CustomerDetails.Address, "charge": ch.BillingDetails.Address, "customer": who.Address} {
		if want := (stripe.Address{Line1: "12 <Main> St", City: "Oakland", State: "CA", PostalCode: "94607", Country: "US"}); *a != want {
			t.Errorf("seed %d: the %s has %+v", testSeed, where, *a)
		}
	}
}
