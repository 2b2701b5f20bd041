package finance_test

import (
	"fmt"
	"maps"
	"net/http"
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

func TestASecondFactorGivesWayToNobodyWhoLacksIt(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		b := h.as(h.add("clerk@example.org", models.Finance))
		key, codes := b.setUp()
		anew := func(present string) answer {
			page := b.get("/finance/account").body
			mine := strings.ReplaceAll(shown.FindStringSubmatch(page)[1], " ", "")
			return b.post("/finance/account", "action", "factor", "setup", sealed.FindStringSubmatch(page)[1], "code", b.codeOf(mine), "password", secret, "present", present)
		}
		for _, present := range []string{"", "000000", "AAAA-BBBB-CCCC-DDDD"} {
			anew(present).expect(t, 422, "", "isn’t right. A code is good once")
		}
		h.clock.Advance(time.Minute)
		anew(b.codeOf(key)).expect(t, 200, "", "Keep these recovery codes")
		h.clock.Advance(time.Minute)
		anew(b.codeOf(key)).expect(t, 422, "", "isn’t right. A code is good once") // of the factor before
		anew(codes[0]).expect(t, 422, "", "isn’t right. A code is good once")
	})
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

func TestAFormSentTooLateIsNotLost(t *testing.T) {
	h := open(t, "")
	clerk := h.add("clerk@example.org", models.Finance)
	b := h.as(clerk)
	h.clock.Advance(31 * time.Minute)
	sent := b.do(http.MethodPost, "/finance/offline", "amount=250&donor_name=Ada+%22L%22+%3Cb%3E&note=one%0Atwo&form_key=k&step=review&reference=", "Referer", h.address+"/finance/offline?x=1")
	sent.expect(t, 303, "/finance/login?next=%2Ffinance%2Fkept&said=kept", "")
	b.get("/finance/login?next=%2Ffinance%2Fkept&said=kept").expect(t, 200, "", "Nothing of it is lost")
	if kept := b.cookies["appeal-form"]; kept == "" || strings.Contains(kept, "Ada") {
		t.Errorf("it is kept as %q", kept)
	}
	// Somebody else who signs in there finds nothing of it.
	h.add("other@example.org", models.Admin)
	other := &browser{h, maps.Clone(b.cookies)}
	other.login("other@example.org", secret).expect(t, 303, "/finance", "")
	other.get("/finance/kept").expect(t, 404, "", "")

	b.login("clerk@example.org", secret, "next", "/finance/kept").expect(t, 303, "/finance/kept", "")
	page := b.get("/finance/kept")
	for _, says := range []string{
		`<form action="/finance/offline" method="post">`, "<dt>donor name</dt><dd>Ada &#34;L&#34; &lt;b&gt;</dd>", `name="note" value="one` + "\n" + `two"`,
		`name="form_key" value="k"`, `name="reference" value=""`, `href="/finance/offline?x=1"`,
	} {
		page.expect(t, 200, "", says)
	}
	if strings.Contains(page.body, "<dt>form key") {
		t.Error("it shows what nobody has typed")
	}
	b.get("/finance/offline").expect(t, 200, "", "Offline gifts") // looking elsewhere loses nothing
	b.get("/finance/kept").expect(t, 200, "", "Ada")
	b.post("/finance/offline", "amount", "250", "step", "review").expect(t, 422, "", "There is a problem")
	b.get("/finance/kept").expect(t, 404, "", "") // it has arrived
}

func TestAFormThatCantBeKeptIsSaidToBeLost(t *testing.T) {
	h := open(t, "")
	boss := h.add("admin@example.org", models.Admin)
	timely, ended := h.as(boss), h.as(boss)
	session, _, err := h.store.FindSession(t.Context(), ended.cookies["appeal-staff"])
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.EndSession(t.Context(), boss, session.ID); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(31 * time.Minute)
	for name, sent := range map[string]answer{
		"of nobody":               h.browser().post("/finance/staff", "action", "add"),
		"of a session put an end": ended.post("/finance/staff", "action", "add"),
		"with passwords":          timely.post("/finance/account", "action", "password", "password", secret),
		"too long":                timely.post("/finance/staff", "note", strings.Repeat("a", 4000)),
		"of another kind":         timely.do(http.MethodPost, "/finance/staff", "{}", "Content-Type", "application/json"),
		"from elsewhere":          h.browser().do(http.MethodPost, "/finance/staff", "", "Referer", "https://elsewhere.example/finance/staff"),
	} {
		if to := sent.header.Get("Location"); sent.status != 303 || to != "/finance/login?said=lost" || len(sent.set) > 0 {
			t.Errorf("a form %s was answered %d to %q, with %v", name, sent.status, to, sent.set)
		}
	}
	timely.do(http.MethodPost, "/finance/account", "action=password", "Referer", h.address+"/finance/account?said=role").
		expect(t, 303, "/finance/login?next=%2Ffinance%2Faccount%3Fsaid%3Drole&said=lost", "")
	timely.get("/finance/login?said=lost").expect(t, 200, "", "nothing was done")

	timely.post("/finance/staff", "action", "add").expect(t, 303, "/finance/login?next=%2Ffinance%2Fkept&said=kept", "")
	h.clock.Advance(16 * time.Minute)
	timely.login("admin@example.org", secret).expect(t, 303, "/finance", "")
	timely.get("/finance/kept").expect(t, 404, "", "") // too long ago
}

func TestEveryPageTellsWhenTheSessionEnds(t *testing.T) {
	h := open(t, "")
	b := h.as(h.add("clerk@example.org", models.Viewer))
	at := func(d time.Duration) string { return h.clock.Now().Add(d).In(h.zone).Format("3:04") }
	b.get("/finance/audit").expect(t, 200, "", `data-left="1800" data-at="`+at(30*time.Minute))
	h.clock.Advance(25 * time.Minute)
	b.get("/finance/session").expect(t, 200, "", `data-left="1800" data-at="`+at(30*time.Minute))
	for range 27 {
		h.clock.Advance(25 * time.Minute)
		b.get("/finance/session").expect(t, 200, "", "You are signed in")
	}
	b.get("/finance").expect(t, 200, "", `You will be signed out at <span class="ends">`+at(20*time.Minute)) // 12 hours
	b.get("/finance").expect(t, 200, "", "twelve hours after you signed in")
	if login := h.browser().get("/finance/login").body; strings.Contains(login, "<script") || strings.Contains(login, "ending") {
		t.Error("a page tells nobody when they are signed out")
	}
}

func TestAllOtherSessionsAreEndedAtOnce(t *testing.T) {
	h := open(t, "")
	clerk := h.add("clerk@example.org", models.Viewer)
	b := h.as(clerk)
	if strings.Contains(b.get("/finance/account").body, "End all others") {
		t.Error("there are none")
	}
	lost, found := h.as(clerk), h.as(clerk)
	stranger := h.as(h.add("other@example.org", models.Viewer))
	b.get("/finance/account").expect(t, 200, "", "End all others")
	b.post("/finance/account", "action", "others").expect(t, 303, "/finance/account?said=others", "")
	b.get("/finance/account?said=others").expect(t, 200, "", "Every other session of yours has ended.")
	lost.get("/finance").expect(t, 303, "/finance/login", "")
	found.get("/finance").expect(t, 303, "/finance/login", "")
	stranger.get("/finance").expect(t, 200, "", "Gross")
	if acts := did(t, h, models.SignedOut); len(acts) != 1 || acts[0].After != "every other session" {
		t.Errorf("the log has %+v", acts)
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
	got.expect(t, http.StatusInternalServerError, "", "Please try again in a minute.")
	got.expect(t, http.StatusInternalServerError, "", "Reference: ")
	b.post("/finance/account").expect(t, http.StatusInternalServerError, "", "Look whether what you did was done")
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
