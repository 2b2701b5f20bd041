package finance_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/corruptionproject/appeal/internal/password"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

const notRight = "Email or password isn’t right."

func TestSigningInLeadsToWhereOneWasGoing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		h := openOn(t, s, clock, "")
		h.add("clerk@example.org", models.Viewer)
		b := h.browser()
		b.get("/finance/audit?before=act_1").expect(t, 303, "/finance/login?next=%2Ffinance%2Faudit%3Fbefore%3Dact_1", "")
		b.get("/finance/login?next=%2Ffinance%2Faudit%3Fbefore%3Dact_1").expect(t, 200, "", `value="/finance/audit?before=act_1"`)
		b.login(" Clerk@example.org", secret, "next", "/finance/audit?before=act_1").expect(t, 303, "/finance/audit?before=act_1", "")
		b.get("/finance").expect(t, 200, "", "clerk@example.org, viewer")
		b.post("/finance/logout").expect(t, 303, "/finance/login?said=out", "")
		b.get("/finance").expect(t, 303, "/finance/login", "")
	})
}

func TestWhateverIsWrongIsAnsweredAlike(t *testing.T) {
	h := open(t, "")
	h.add("clerk@example.org", models.Viewer)
	gone := h.add("gone@example.org", models.Admin)
	if err := h.store.DisableStaff(t.Context(), models.Operator, gone.Email); err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.AddStaff(t.Context(), models.Operator, "invited@example.org", models.Admin, ""); err != nil {
		t.Fatal(err)
	}
	pages := map[string]bool{}
	for email, typed := range map[string]string{
		"clerk@example.org": "another password", "nobody@example.org": secret, "gone@example.org": secret, "invited@example.org": "", "": "",
	} {
		before := password.Reckoned()
		got := h.browser().login(email, typed)
		got.expect(t, http.StatusUnprocessableEntity, "", notRight)
		if hashed := password.Reckoned() - before; hashed != 1 {
			t.Errorf("%q costs %d hashes, so the time it takes tells of it", email, hashed)
		}
		if len(got.set) > 0 {
			t.Errorf("%q was given a cookie", email)
		}
		pages[strings.ReplaceAll(got.body, email, "")] = true
	}
	if len(pages) != 1 {
		t.Errorf("%d different pages", len(pages))
	}
}

func TestGuessesShutOutNobodyButTheGuesser(t *testing.T) {
	h := open(t, "")
	h.add("clerk@example.org", models.Viewer)
	owner := h.browser()
	owner.login("clerk@example.org", secret).expect(t, 303, "/finance", "")
	owner.post("/finance/logout")
	evaluated := 0
	for range 60 {
		got := h.browser().login("clerk@example.org", "a guess")
		switch got.status {
		case http.StatusUnprocessableEntity:
			evaluated++
		case http.StatusTooManyRequests:
			got.expect(t, http.StatusTooManyRequests, "", "Too many tries. Wait 12 minutes, then try again.")
			if wait := got.header.Get("Retry-After"); wait != "720" {
				t.Fatalf("Retry-After is %q", wait)
			}
		}
	}
	if evaluated != 5 {
		t.Errorf("%d guesses were looked at", evaluated)
	}
	owner.login("clerk@example.org", secret).expect(t, 303, "/finance", "")
	stranger := h.browser() // the owner's own new telephone
	stranger.login("clerk@example.org", secret).expect(t, http.StatusTooManyRequests, "", "Too many tries")
	h.clock.Advance(12 * time.Minute)
	stranger.login("clerk@example.org", secret).expect(t, 303, "/finance", "")
}

func TestCookiesOfAPublicAddressAreForItAlone(t *testing.T) {
	h := open(t, "https://give.example.org")
	h.add("clerk@example.org", models.Viewer)
	b := h.browser()
	got := b.login("clerk@example.org", secret)
	got.expect(t, 303, "/finance", "")
	for _, cookie := range got.set {
		if !strings.HasPrefix(cookie.Name, "__Host-") || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
			t.Errorf("%+v", cookie)
		}
	}
	before := b.cookies["__Host-appeal-staff"]
	b.login("clerk@example.org", secret)
	if b.cookies["__Host-appeal-staff"] == before {
		t.Error("the session keeps its name")
	}
	b.cookies["__Host-appeal-staff"] = before
	b.get("/finance").expect(t, 303, "/finance/login", "")
}

var (
	sealed = regexp.MustCompile(`name="setup" value="([^"]+)"`)
	shown  = regexp.MustCompile(`<p class="secret">([A-Z2-7 ]+)</p>`)
	code   = regexp.MustCompile(`<li>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</li>`)
)

// setUp gives somebody a second factor through the page, and returns its secret
// and the recovery codes.
func (b *browser) setUp() (key string, codes []string) {
	b.t.Helper()
	page := b.get("/finance/account").body
	key = strings.ReplaceAll(shown.FindStringSubmatch(page)[1], " ", "")
	got := b.post("/finance/account", "action", "factor", "setup", sealed.FindStringSubmatch(page)[1], "code", b.codeOf(key), "password", secret)
	got.expect(b.t, 200, "", "Keep these recovery codes")
	for _, found := range code.FindAllStringSubmatch(got.body, -1) {
		codes = append(codes, found[1])
	}
	return key, codes
}

func (h *house) codeOf(key string) string {
	h.t.Helper()
	now, err := totp.GenerateCode(key, h.clock.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	return now
}

func TestFinanceAndAdminSetUpASecondFactorFirstWhereTheServiceIsPublic(t *testing.T) {
	h := open(t, "https://give.example.org")
	for email, role := range map[string]models.Role{"finance@example.org": models.Finance, "admin@example.org": models.Admin} {
		b := h.as(h.add(email, role))
		b.get("/finance").expect(t, 303, "/finance/account", "")
		b.get("/finance/audit").expect(t, 303, "/finance/account", "")
		b.get("/finance/account").expect(t, 200, "", "Set up a second factor first.")
		b.setUp()
		b.get("/finance").expect(t, 200, "", "Gross")
	}
	h.as(h.add("viewer@example.org", models.Viewer)).get("/finance").expect(t, 200, "", "Gross")
}

func TestASecondFactorIsAskedForAndItsCodesAreGoodOnce(t *testing.T) {
	h := open(t, "")
	first := h.as(h.add("clerk@example.org", models.Finance))
	other := h.browser()
	other.login("clerk@example.org", secret).expect(t, 303, "/finance", "")
	key, codes := first.setUp()
	other.get("/finance").expect(t, 303, "/finance/login", "") // ended
	first.get("/finance").expect(t, 200, "", "Gross")
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	b := h.browser()
	used := h.codeOf(key)
	b.login("clerk@example.org", secret).expect(t, 422, "", notRight)
	b.login("clerk@example.org", secret, "code", used).expect(t, 422, "", notRight) // it set the factor up
	h.clock.Advance(time.Minute)
	b.login("clerk@example.org", "a guess", "code", h.codeOf(key)).expect(t, 422, "", notRight)
	b.login("clerk@example.org", secret, "code", h.codeOf(key)).expect(t, 303, "/finance", "")
	b.login("clerk@example.org", secret, "code", h.codeOf(key)).expect(t, 422, "", notRight)
	b.login("clerk@example.org", secret, "code", strings.ToLower(codes[0])).expect(t, 303, "/finance", "")
	b.login("clerk@example.org", secret, "code", codes[0]).expect(t, 422, "", notRight)
	b.get("/finance/account").expect(t, 200, "", "with 9 recovery codes left")
	found, err := h.store.FindStaff(t.Context(), "clerk@example.org")
	if err != nil || strings.Contains(found.Factor, key) || found.Factor == "" {
		t.Errorf("the secret is kept as %q, %v", found.Factor, err)
	}
}

func TestASecretThatWasShownToAnotherIsNotTaken(t *testing.T) {
	h := open(t, "")
	thief, clerk := h.as(h.add("thief@example.org", models.Viewer)), h.as(h.add("clerk@example.org", models.Viewer))
	page := thief.get("/finance/account").body
	key := strings.ReplaceAll(shown.FindStringSubmatch(page)[1], " ", "")
	for _, setup := range []string{sealed.FindStringSubmatch(page)[1], "", "AAAA"} {
		clerk.post("/finance/account", "action", "factor", "setup", setup, "code", h.codeOf(key), "password", secret).
			expect(t, 422, "", "The code isn’t right.")
	}
}

func TestAPasswordIsChangedByWhoKnowsIt(t *testing.T) {
	h := open(t, "")
	clerk := h.add("clerk@example.org", models.Viewer)
	b, other := h.as(clerk), h.as(clerk)
	change := func(present, chosen, again string) answer {
		return b.post("/finance/account", "action", "password", "password", present, "new", chosen, "again", again)
	}
	change("a guess", "walnut orbit kettle", "walnut orbit kettle").expect(t, 422, "", "Your present password isn’t right.")
	change(secret, "too short", "too short").expect(t, 422, "", "at least 15 characters")
	change(secret, "motherjones2026", "motherjones2026").expect(t, 422, "", "too easy to guess")
	change(secret, "walnut orbit kettle", "walnut orbit kettl").expect(t, 422, "", "The two passwords differ.")
	before := b.cookies["appeal-staff"]
	change(secret, "walnut orbit kettle", "walnut orbit kettle").expect(t, 303, "/finance/account?said=password", "")
	if b.cookies["appeal-staff"] == before {
		t.Error("the session keeps its name")
	}
	b.get("/finance/account?said=password").expect(t, 200, "", "Your password was changed.")
	other.get("/finance").expect(t, 303, "/finance/login", "")
	b.login("clerk@example.org", secret).expect(t, 422, "", notRight)
	b.login("clerk@example.org", "walnut orbit kettle").expect(t, 303, "/finance", "")
}

func TestASessionIsEndedFromAnother(t *testing.T) {
	h := open(t, "")
	clerk := h.add("clerk@example.org", models.Viewer)
	b, lost := h.as(clerk), h.as(clerk)
	session, _, err := h.store.FindSession(t.Context(), lost.cookies["appeal-staff"])
	if err != nil {
		t.Fatal(err)
	}
	b.post("/finance/account", "action", "end", "session", session.ID).expect(t, 303, "/finance/account?said=ended", "")
	lost.get("/finance").expect(t, 303, "/finance/login", "")
	own, _, err := h.store.FindSession(t.Context(), b.cookies["appeal-staff"])
	if err != nil {
		t.Fatal(err)
	}
	b.post("/finance/account", "action", "end", "session", own.ID).expect(t, 303, "/finance/login?said=out", "")
	b.get("/finance").expect(t, 303, "/finance/login", "")
}

func TestAFormSentTooLateLeadsBackToItsPage(t *testing.T) {
	h := open(t, "")
	b := h.as(h.add("admin@example.org", models.Admin))
	h.clock.Advance(31 * time.Minute)
	for referer, next := range map[string]string{
		h.address + "/finance/staff?said=role": "?next=" + url.QueryEscape("/finance/staff?said=role"), "https://elsewhere.example/finance/staff": "", "": "",
	} {
		b.do(http.MethodPost, "/finance/staff", "action=add", "Referer", referer).expect(t, 303, "/finance/login"+next, "")
	}
}

func TestNoTokenAndNoAddressReachesTheLog(t *testing.T) {
	h := open(t, "")
	b := h.as(h.add("clerk@example.org", models.Admin))
	b.get("/finance")
	b.login("clerk@example.org", "a guess")
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	got := b.get("/finance")
	got.expect(t, http.StatusInternalServerError, "", "Reference: ")
	if strings.Contains(got.body, "sql") {
		t.Error("the database's words reach a reader")
	}
	said := h.log.String()
	for _, private := range []string{"clerk@", b.cookies["appeal-staff"], b.cookies["appeal-device"], secret, "a guess"} {
		if strings.Contains(said, private) {
			t.Errorf("the log tells %q: %s", private, said)
		}
	}
	if !strings.Contains(said, "reference=E-") {
		t.Error(fmt.Sprint("the log does not tell of it: ", said))
	}
}
