package finance_test

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

const offline = "/finance/offline"

// aCheck is what a clerk types of a check; more replaces some of it. The
// tests' clock begins at noon of 24 November 2026, where the campaign is.
func aCheck(more ...string) url.Values {
	v := url.Values{
		"amount": {"1,250.50"}, "received_on": {"2026-11-20"}, "dated_on": {"2026-11-09"}, "method": {"check"}, "donor_name": {"A Reader"},
		"donor_email": {"Reader@example.org"}, "donor_address": {"1 Main Street\r\nOakland"}, "reference": {"1042"}, "note": {"met at <the> event"},
		"form_key": {"key-of-the-first-form"},
	}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func (b *browser) enter(v url.Values) answer { return b.do("POST", offline, v.Encode()) }

var gift = regexp.MustCompile(`^/finance/donations/(don_[0-9A-Z]{26})$`)

// entered is the gift that an answer leads to.
func (a answer) entered(t *testing.T) string {
	t.Helper()
	led := gift.FindStringSubmatch(a.header.Get("Location"))
	if a.status != 303 || led == nil {
		t.Fatalf("answered %d to %q:\n%s", a.status, a.header.Get("Location"), a.body)
	}
	return led[1]
}

// clerkOnBoth runs a test in a house on each database, with somebody of finance.
func clerkOnBoth(t *testing.T, test func(t *testing.T, h *house, clerk *browser)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		h := openOn(t, s, clock, "")
		test(t, h, h.as(h.add("clerk@example.org", models.Finance)))
	})
}

func raised(t *testing.T, h *house) string {
	t.Helper()
	totals, err := h.store.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return totals.Raised.String()
}

// did are the acts of a kind that the log holds, as who did what to which.
func did(t *testing.T, h *house, act models.Act) []models.ListedAct {
	t.Helper()
	those, err := h.store.ListAudit(t.Context(), models.AuditQuery{Act: act}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return those
}

func TestACheckIsReviewedThenSavedOnce(t *testing.T) {
	t.Parallel()
	clerkOnBoth(t, func(t *testing.T, h *house, clerk *browser) {
		clerk.get(offline).expect(t, 200, "", "Enter an offline gift")
		review := clerk.enter(aCheck("step", "review"))
		review.expect(t, 200, "", "Nothing is saved yet.")
		for _, says := range []string{"$1,250.50", "Fri, Nov 20, 2026", "Mon, Nov 9, 2026", "met at &lt;the&gt; event", `value="key-of-the-first-form"`, `value="1,250.50"`} {
			if !strings.Contains(review.body, says) {
				t.Errorf("the review does not say %q", says)
			}
		}
		if got := raised(t, h); got != "$0.00" {
			t.Fatalf("the review saved %s", got)
		}
		clerk.enter(aCheck("step", "edit")).expect(t, 200, "", "1 Main Street\nOakland</textarea>")
		var wait sync.WaitGroup
		ids := make([]string, 8)
		for i := range ids {
			wait.Go(func() {
				b := h.browser()
				for name, value := range clerk.cookies {
					b.cookies[name] = value
				}
				if led := gift.FindStringSubmatch(b.enter(aCheck()).header.Get("Location")); led != nil {
					ids[i] = led[1]
				}
			})
		}
		wait.Wait()
		for _, id := range ids {
			if id == "" || id != ids[0] {
				t.Fatalf("one form entered %q", ids)
			}
		}
		kept, err := h.store.FindOffline(t.Context(), ids[0])
		if err != nil || kept.EnteredBy != "clerk@example.org" || kept.DonorAddress != "1 Main Street\nOakland" || kept.Note != "met at <the> event" {
			t.Errorf("kept is %+v, %v", kept, err)
		}
		if got := raised(t, h); got != "$1,250.50" {
			t.Errorf("raised is %s", got)
		}
		logged := did(t, h, models.OfflineEntered)
		if len(logged) != 1 || logged[0].Who != "clerk@example.org" || logged[0].Object != ids[0] || logged[0].After != "$1,250.50, check, received 2026-11-20" {
			t.Errorf("the log says %+v", logged)
		}
		clerk.enter(aCheck("amount", "7")).expect(t, 409, "", "This form has entered another gift already.")
		for range 2 {
			clerk.enter(aCheck("form_key", "", "amount", "1")).entered(t) // without a key each is a gift
		}
		if got := raised(t, h); got != "$1,252.50" {
			t.Errorf("raised is %s", got)
		}
	})
}

func TestALikelyDoubleIsShownAndStopsNobody(t *testing.T) {
	t.Parallel()
	clerkOnBoth(t, func(t *testing.T, _ *house, clerk *browser) {
		first := clerk.enter(aCheck()).entered(t)
		again := aCheck("form_key", "key-of-the-second-form", "received_on", "2026-11-24", "donor_name", " a  READER", "step", "review")
		clerk.enter(again).expect(t, 200, "", `href="/finance/donations/`+first+`"`)
		clerk.enter(aCheck("form_key", "key-of-the-second-form", "amount", "3", "step", "review")).expect(t, 200, "", "Save the gift")
		again.Del("step")
		if second := clerk.enter(again).entered(t); second == first {
			t.Error("it was taken for the first")
		}
	})
}

func TestWhatIsNoGiftComesBackAsItWasTyped(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	clerk := h.as(h.add("clerk@example.org", models.Finance))
	for name, c := range map[string]struct {
		typed []string
		field string
		says  string
	}{
		"no amount":                  {[]string{"amount", ""}, "amount", "Enter the amount in dollars"},
		"nothing":                    {[]string{"amount", "0"}, "amount", "Enter the amount in dollars"},
		"an amount below nothing":    {[]string{"amount", "-5"}, "amount", "Enter the amount in dollars"},
		"no day":                     {[]string{"received_on", ""}, "received_on", "Enter the day on which it was received"},
		"no day of the calendar":     {[]string{"received_on", "2026-02-30"}, "received_on", "Enter the day on which it was received"},
		"tomorrow":                   {[]string{"received_on", "2026-11-25", "dated_on", ""}, "received_on", "That day has not begun."},
		"a postmark of tomorrow":     {[]string{"dated_on", "2026-11-25"}, "dated_on", "That day has not begun."},
		"a postmark after it came":   {[]string{"dated_on", "2026-11-21"}, "dated_on", "That is later than the day received."},
		"a postmark that is no day":  {[]string{"dated_on", "last week"}, "dated_on", "Enter the postmark’s day"},
		"no method":                  {[]string{"method", ""}, "method", "Choose how it was given."},
		"a method that there is not": {[]string{"method", "barter"}, "method", "Choose how it was given."},
		"stock without a name":       {[]string{"method", "stock", "reference", ""}, "reference", "Say what was given, like 40 shares"},
		"no e-mail address":          {[]string{"donor_email", "A Reader <reader@example.org>"}, "donor_email", "Enter an e-mail address"},
		"a note without end":         {[]string{"note", strings.Repeat("é", 1001)}, "note", "at most 1,000 characters"},
		"a name without end":         {[]string{"donor_name", strings.Repeat("é", 201)}, "donor_name", "at most 200 characters"},
	} {
		for _, step := range []string{"review", ""} {
			got := clerk.enter(aCheck(append(c.typed, "step", step)...))
			if got.status != 422 || !strings.Contains(got.body, c.says) || !strings.Contains(got.body, `<a href="#`+c.field+`">`) ||
				!strings.Contains(got.body, "key-of-the-first-form") || !strings.Contains(got.body, `1 Main Street`) {
				t.Errorf("%s (%s) answered %d:\n%s", name, step, got.status, got.body)
			}
		}
	}
	if got := raised(t, h); got != "$0.00" {
		t.Errorf("raised is %s", got)
	}
}

func TestAnOfflineGiftIsReversedOnceAndForAReason(t *testing.T) {
	t.Parallel()
	clerkOnBoth(t, func(t *testing.T, h *house, clerk *browser) {
		id := clerk.enter(aCheck()).entered(t)
		reverse := "/finance/donations/" + id + "/reverse"
		clerk.get(reverse).expect(t, 200, "", "The tracker falls by $1,250.50")
		clerk.post(reverse, "reason", " ").expect(t, 422, "", "Say why, for whoever asks later.")
		clerk.post(reverse, "reason", strings.Repeat("x", 1001)).expect(t, 422, "", "at most 1,000 characters")
		if got := raised(t, h); got != "$1,250.50" {
			t.Fatalf("raised is %s", got)
		}
		clerk.post(reverse, "reason", "entered twice").expect(t, 303, "/finance/donations/"+id, "")
		clerk.post(reverse, "reason", "entered twice").expect(t, 409, "", "This gift was reversed already.")
		if got := raised(t, h); got != "$0.00" {
			t.Errorf("raised is %s", got)
		}
		logged := did(t, h, models.OfflineReversed)
		if len(logged) != 1 || logged[0].Object != id || logged[0].Who != "clerk@example.org" || logged[0].Before != "$1,250.50" {
			t.Errorf("the log says %+v", logged)
		}
		clerk.post("/finance/donations/don_nobody/reverse", "reason", "x").expect(t, 404, "", "Page not found")
	})
}
