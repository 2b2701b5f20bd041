package stripesim

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// press does an action of the control page and returns the page it leads to.
func (w *world) press(path string, form url.Values) string {
	w.t.Helper()
	_, page := w.read(w.post(w.server.URL+ControlPath+path, form))
	return page
}

func TestTheControlPage(t *testing.T) {
	w := newWorld(t, nil)
	t.Run("says that nothing was paid yet", func(t *testing.T) {
		if status, page := w.read(w.server.URL + ControlPath); status != http.StatusOK || !strings.Contains(page, "There are none yet.") {
			t.Errorf("%d: %s", status, page)
		}
	})
	id := w.paid()
	t.Run("lists payments with what can happen to them, and runs no script", func(t *testing.T) {
		_, page := w.read(w.server.URL + ControlPath)
		for _, want := range []string{"This is not Stripe.", "$50.00", "reader@example.org", id, ">Refund<", ">Dispute<", ">Inquiry<", "Pay out everything now", "Stripe takes an account fee"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		for _, not := range []string{"<script", "style=", "http://", "https://", "Dispute is won", "Bank debit bounces", "Last payout fails"} {
			if strings.Contains(page, not) {
				t.Errorf("the page has %q", not)
			}
		}
		if n := strings.Count(page, "<h1"); n != 1 {
			t.Errorf("%d headings of the first rank", n)
		}
		for _, m := range regexp.MustCompile(`/[a-z]+\.css`).FindAllString(page, -1) {
			if status, _ := w.read(w.server.URL + m); status != http.StatusOK {
				t.Errorf("%s: %d", m, status)
			}
		}
	})
	t.Run("refunds a part, then says what is refunded and what was done", func(t *testing.T) {
		page := w.press("/payments/"+id+"/refund", url.Values{"amount": {"12.50"}})
		if w.charge(id).AmountRefunded != 1250 || !strings.Contains(page, "refunded $12.50") || !strings.Contains(page, "It was refunded.") {
			t.Errorf("seed %d: %s", testSeed, page)
		}
	})
	t.Run("takes a payment through every state of a dispute", func(t *testing.T) {
		for _, c := range []struct{ action, want string }{
			{"inquiry", "dispute warning needs response"},
			{"escalate", "dispute needs response"},
			{"win", "dispute won"},
			{"dispute", "dispute needs response"},
			{"win-without-fee", "dispute won"},
			{"dispute", "dispute needs response"},
			{"lose", "dispute lost"},
		} {
			if page := w.press("/payments/"+id+"/"+c.action, nil); !strings.Contains(page, c.want) {
				t.Errorf("seed %d: after %s: %s", testSeed, c.action, page)
			}
		}
		w.balanceIsTheSum()
	})
	t.Run("takes a payment through every state of a refund", func(t *testing.T) {
		other := w.paid()
		for _, c := range []struct{ action, want string }{
			{"refund-pending", "refund pending"},
			{"refund-succeeds", "refunded $50.00"},
			{"refund-fails", "refund failed"},
			{"refund-pending", "refund pending"},
			{"refund-canceled", "refund canceled"},
			{"warn", "warned of fraud"},
			{"inquiry", "warning needs response"},
			{"close-inquiry", "warning closed"},
		} {
			if page := w.press("/payments/"+other+"/"+c.action, nil); !strings.Contains(page, c.want) {
				t.Errorf("seed %d: after %s: %s", testSeed, c.action, page)
			}
		}
	})
	t.Run("decides bank debits", func(t *testing.T) {
		for action, want := range map[string]string{"settle": "bank debit succeeded", "bounce": "bank debit failed", "bounce-booked": "bank debit failed"} {
			_, id := w.debited()
			if page := w.press("/payments/"+id+"/"+action, nil); !strings.Contains(page, want) {
				t.Errorf("seed %d: after %s: %s", testSeed, action, page)
			}
		}
	})
	t.Run("pays out, and makes the account's other moves", func(t *testing.T) {
		for _, c := range []struct{ action, want string }{
			{"foreign", "customer@example.org"}, {"fee", "belongs to no payment"}, {"pay-out", "pending"}, {"payout-arrives", "paid"}, {"payout-fails", "failed"},
		} {
			if page := w.press("/account/"+c.action, nil); !strings.Contains(page, c.want) {
				t.Errorf("seed %d: after %s: %s", testSeed, c.action, page)
			}
		}
		if p := w.api.Payouts.List(&stripe.PayoutListParams{}).PayoutList().Data; len(p) != 1 || p[0].Status != "failed" {
			t.Errorf("seed %d: %d payouts", testSeed, len(p))
		}
		w.balanceIsTheSum()
	})
	t.Run("pages through many payments", func(t *testing.T) {
		for range perPage {
			w.paid()
		}
		_, page := w.read(w.server.URL + ControlPath)
		older := regexp.MustCompile(`/control\?after=[^"]+`).FindString(page)
		if strings.Contains(page, id) || older == "" {
			t.Fatalf("seed %d: the first page is not the newest payments", testSeed)
		}
		if _, page = w.read(w.server.URL + older); !strings.Contains(page, id) || !strings.Contains(page, "Newest payments") {
			t.Errorf("seed %d: the oldest payment is not on the second page", testSeed)
		}
		to := w.post(w.server.URL+ControlPath+"/payments/"+w.paid()+"/warn", url.Values{"after": {"ch_x"}})
		if !strings.Contains(to, "after=ch_x") {
			t.Errorf("seed %d: led to %s", testSeed, to)
		}
	})
}

func TestTheControlPageRefuses(t *testing.T) {
	w := newWorld(t, nil)
	id := w.paid()
	for _, c := range []struct {
		name, path string
		form       url.Values
		header     http.Header
		status     int
		text       string
	}{
		{"a form of another site", "/payments/" + id + "/refund", nil, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403, ""},
		{"a form of another origin, from an old browser", "/payments/" + id + "/refund", nil, http.Header{"Origin": {"http://evil.example"}}, 403, ""},
		{"a name that is not its own", "/payments/" + id + "/refund", nil, http.Header{"Host": {"evil.example"}, "Origin": {"http://evil.example"}}, 421, ""},
		{"an amount that is none", "/payments/" + id + "/refund", url.Values{"amount": {"12.5"}}, nil, 400, "Enter an amount, such as 12.50"},
		{"an amount below zero", "/payments/" + id + "/refund", url.Values{"amount": {"-1"}}, nil, 400, "Enter an amount"},
		{"more than was paid", "/payments/" + id + "/refund", url.Values{"amount": {"50.01"}}, nil, 400, "greater than unrefunded amount"},
		{"what can't happen now", "/payments/" + id + "/win", nil, nil, 400, "That can&#39;t happen now: Dispute is won."},
		{"an unknown action", "/payments/" + id + "/burn", nil, nil, 404, "There is no such action."},
		{"an unknown payment", "/payments/ch_unknown/refund", nil, nil, 400, "No such charge"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+ControlPath+c.path, strings.NewReader(c.form.Encode()))
			w.must(err)
			if c.header != nil {
				req.Header, req.Host = c.header, c.header.Get("Host")
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := w.donor.Do(req)
			w.must(err)
			if body := readBody(t, res); res.StatusCode != c.status || !strings.Contains(body, c.text) {
				t.Errorf("seed %d: %d: %s", testSeed, res.StatusCode, body)
			}
		})
	}
	t.Run("and nothing of that happened", func(t *testing.T) {
		if got := w.charge(id).AmountRefunded; got != 0 {
			t.Errorf("seed %d: %d was refunded", testSeed, got)
		}
	})
	t.Run("words that a link puts into its mouth", func(t *testing.T) {
		if _, page := w.read(w.server.URL + ControlPath + "?done=Send+money"); strings.Contains(page, "Send money") {
			t.Error("the page repeats them")
		}
	})
}

func TestAmountsAreReadAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
	}{{"", 0}, {"12", 1200}, {"12.50", 1250}, {" $1,234.50 ", 123450}, {"0.01", 1}} {
		if got, err := parseAmount(c.text, "usd"); got != c.want || err != nil {
			t.Errorf("%q is %d, %v, want %d", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"0", "-1", "1.5", "1.505", "1e3", "999999999", "a", "."} {
		if got, err := parseAmount(text, "usd"); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
	if got, err := parseAmount("500", "jpy"); got != 500 || err != nil {
		t.Errorf("500 yen are %d, %v", got, err)
	}
}
