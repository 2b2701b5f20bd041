package finance_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// promised is who may come to what, as docs and interface have it. A route that
// is not here fails the test, and so does one that is no more.
var promised = map[string]string{
	"GET /finance/login":           "anybody",
	"POST /finance/login":          "anybody",
	"POST /finance/logout":         "anybody",
	"GET /finance/welcome/:token":  "anybody",
	"POST /finance/welcome/:token": "anybody",
	"GET /finance":                 "viewer",
	"GET /finance/audit":           "viewer",
	"GET /finance/audit.csv":       "finance",
	"GET /finance/*":               "viewer",

	"GET /finance/donations":              "viewer",
	"GET /finance/donations/:id":          "viewer",
	"POST /finance/donations/:id/resend":  "finance",
	"POST /finance/donations/:id/notes":   "finance",
	"GET /finance/donations/:id/refund":   "finance",
	"POST /finance/donations/:id/refund":  "finance",
	"GET /finance/donations/:id/reverse":  "finance",
	"POST /finance/donations/:id/reverse": "finance",
	"GET /finance/donations/:id/erase":    "admin",
	"POST /finance/donations/:id/erase":   "admin",
	"GET /finance/offline":                "finance",
	"POST /finance/offline":               "finance",

	"GET /finance/offline/import":              "finance",
	"POST /finance/offline/import":             "finance",
	"GET /finance/offline/import/template.csv": "finance",

	"GET /finance/articles":                 "viewer",
	"GET /finance/payouts":                  "viewer",
	"GET /finance/payouts/:id":              "viewer",
	"GET /finance/payouts/:id/lines.csv":    "finance",
	"POST /finance/payouts/:id/reconcile":   "finance",
	"POST /finance/payouts/:id/unreconcile": "admin",
	"GET /finance/close":                    "finance",
	"POST /finance/close":                   "finance",
	"POST /finance/close/reopen":            "admin",
	"GET /finance/export":                   "finance",
	"GET /finance/export/:file":             "finance",
	"GET /finance/events":                   "finance",
	"GET /finance/events/resolved":          "finance",
	"POST /finance/events/:id/replay":       "finance",
	"GET /finance/events/:id/resolve":       "finance",
	"POST /finance/events/:id/resolve":      "finance",
	"POST /finance/mail":                    "finance",

	"GET /finance/status":                          "finance",
	"GET /finance/settings":                        "finance",
	"GET /finance/settings/sample":                 "finance",
	"GET /finance/settings/sample.pdf":             "finance",
	"POST /finance/settings/sample":                "finance",
	"GET /finance/findings/:kind/:object/resolve":  "finance",
	"POST /finance/findings/:kind/:object/resolve": "finance",

	"GET /finance/account":  "themselves",
	"POST /finance/account": "themselves",
	"GET /finance/session":  "themselves",
	"GET /finance/kept":     "themselves",
	"GET /finance/staff":    "admin",
	"POST /finance/staff":   "admin",
}

func TestEveryRouteOfTheRoomsNamesWhoMayCome(t *testing.T) {
	h := open(t, "")
	seen := map[string]bool{}
	for _, route := range h.server.Routes() {
		if !strings.HasPrefix(route.Path, "/finance") {
			continue
		}
		name := route.Method + " " + route.Path
		role, registered := strings.CutPrefix(route.Name, "finance: ")
		if seen[name] = true; !registered || promised[name] != role {
			t.Errorf("%s is for %q by its registration, and for %q by promise", name, route.Name, promised[name])
		}
	}
	for name := range promised {
		if !seen[name] {
			t.Errorf("%s is promised, and there is no such route", name)
		}
	}
}

// refusals of those who may not come.
const (
	in       = 0 // let in: whatever the room itself answers
	toLogin  = http.StatusSeeOther
	tooLow   = http.StatusForbidden
	noMethod = http.StatusMethodNotAllowed
)

// donor is the browser of a donor who has opened the link to their own page,
// and tries what that gave them under every name.
func (h *house) donor(email string) *browser {
	h.t.Helper()
	h.gives(1, models.Choices{Frequency: models.Once, Amount: 50_00}, email, "")
	if err := h.store.RequestManageLink(h.t.Context(), email); err != nil {
		h.t.Fatal(err)
	}
	session, err := h.store.OpenManageLink(h.t.Context(), storetest.Queued(h.t, h.store, models.MailManageLink)[0].About.Token)
	if err != nil {
		h.t.Fatal(err)
	}
	b := h.browser()
	b.cookies["manage"], b.cookies["appeal-staff"], b.cookies["appeal-device"] = session, session, session
	return b
}

func TestEveryRouteByEveryMethodForEverybody(t *testing.T) {
	h := open(t, "")
	viewer, finance, admin := h.add("viewer@example.org", models.Viewer), h.add("finance@example.org", models.Finance), h.add("admin@example.org", models.Admin)
	leaver := h.add("leaver@example.org", models.Admin)
	disabled, expired := h.as(leaver), h.as(admin)
	if err := h.store.DisableStaff(t.Context(), models.Operator, leaver.Email); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(31 * time.Minute)
	visitors := map[string]struct {
		*browser
		rank int // 0: nobody who is signed in
	}{
		"anon": {h.browser(), 0}, "donor": {h.donor("donor@example.org"), 0}, "disabled": {disabled, 0}, "expired": {expired, 0},
		"viewer": {h.as(viewer), 1}, "finance": {h.as(finance), 2}, "admin": {h.as(admin), 3},
	}
	needs := map[string]int{"anybody": 0, "themselves": 1, "viewer": 1, "finance": 2, "admin": 3}
	// What a room of its own answers, to who is let in and sends nothing.
	own := map[string]int{
		"GET /finance/login": 200, "POST /finance/login": 422, "POST /finance/logout": 303, "GET /finance/welcome/:token": 404, "POST /finance/welcome/:token": 404,
		"GET /finance": 200, "GET /finance/audit": 200, "GET /finance/audit.csv": 200, "GET /finance/*": 404, "GET /finance/account": 200, "POST /finance/account": 422,
		"GET /finance/session": 200, "GET /finance/kept": 404, "GET /finance/staff": 200, "POST /finance/staff": 404,
		"GET /finance/donations": 200, "GET /finance/donations/:id": 404, "POST /finance/donations/:id/resend": 404, "POST /finance/donations/:id/notes": 404,
		"GET /finance/offline/import": 200, "POST /finance/offline/import": 422, "GET /finance/offline/import/template.csv": 200,
		"GET /finance/offline": 200, "POST /finance/offline": 422, "GET /finance/donations/:id/refund": 404, "POST /finance/donations/:id/refund": 404, "GET /finance/donations/:id/reverse": 404, "POST /finance/donations/:id/reverse": 404,
		"GET /finance/donations/:id/erase": 404, "POST /finance/donations/:id/erase": 404,
		"GET /finance/events": 200, "POST /finance/events/:id/replay": 404, "GET /finance/events/resolved": 200, "GET /finance/events/:id/resolve": 404, "POST /finance/events/:id/resolve": 404,
		"GET /finance/findings/:kind/:object/resolve": 404, "POST /finance/findings/:kind/:object/resolve": 404, "POST /finance/mail": 404,
		"GET /finance/export": 200, "GET /finance/export/:file": 404, "GET /finance/close": 200, "POST /finance/close": 422, "POST /finance/close/reopen": 422,
		"GET /finance/articles": 200, "GET /finance/payouts": 200, "GET /finance/payouts/:id": 404, "GET /finance/payouts/:id/lines.csv": 404,
		"GET /finance/status": 200, "GET /finance/settings": 200, "GET /finance/settings/sample": 200, "GET /finance/settings/sample.pdf": 200, "POST /finance/settings/sample": 303,
		"POST /finance/payouts/:id/reconcile": 404, "POST /finance/payouts/:id/unreconcile": 404,
	}
	paths := map[string]bool{}
	for _, route := range h.server.Routes() {
		if strings.HasPrefix(route.Path, "/finance") {
			paths[route.Path] = true
		}
	}
	for path := range paths {
		address := strings.NewReplacer(":id", "don_nobody", ":kind", "fraud_warning", ":object", "ch_nobody", ":token", "AAAAAAAAAAAAAAAAAAAAAA", "*", "nowhere").Replace(path)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			route := method + " " + path
			if method == "HEAD" {
				route = "GET " + path
			}
			role, exists := promised[route]
			for name, v := range visitors {
				if path == "/finance/logout" && v.rank > 0 { // it would end what the others need
					continue
				}
				want := own[route]
				switch {
				case !exists && method == "GET" || !exists && method == "HEAD":
					want = map[bool]int{true: toLogin, false: http.StatusNotFound}[v.rank == 0] // as any address that is none
				case !exists:
					want = noMethod
				case v.rank == 0 && needs[role] > 0:
					want = toLogin
				case v.rank < needs[role]:
					want = tooLow
				case path == "/finance/login" && v.rank > 0 && method != "POST":
					want = http.StatusSeeOther // is there already
				}
				got := v.do(method, address, "email="+name)
				if method == "OPTIONS" && got.status == http.StatusNoContent {
					got.status = noMethod // says which methods there are, and nothing else
				}
				if got.status != want {
					t.Errorf("%s %s for %s answered %d, want %d", method, path, name, got.status, want)
				}
				if want == toLogin && !strings.HasPrefix(got.header.Get("Location"), "/finance/login") && v.rank == 0 {
					t.Errorf("%s %s for %s leads to %q", method, path, name, got.header.Get("Location"))
				}
				if exists && got.header.Get("Cache-Control") != "private, no-store" {
					t.Errorf("%s %s for %s may be cached: %q", method, path, name, got.header.Get("Cache-Control"))
				}
			}
		}
	}
}

func TestAFormOfAnotherSiteDoesNothing(t *testing.T) {
	h := open(t, "")
	admin := h.as(h.add("admin@example.org", models.Admin))
	before := acts(t, h)
	for route := range promised {
		method, path, _ := strings.Cut(route, " ")
		if method == http.MethodGet {
			continue
		}
		body := "action=add&email=thief@example.org&role=admin"
		for _, headers := range [][]string{
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"},
			{"Sec-Fetch-Site", "", "Origin", "null"},
			{"Sec-Fetch-Site", "", "Origin", "https://elsewhere.example"},
			{"Sec-Fetch-Site", "", "User-Agent", "Mozilla/5.0"}, // of a browser too old to say
		} {
			if got := admin.do(method, path, body, headers...); got.status != http.StatusForbidden {
				t.Errorf("%s with %v answered %d", route, headers, got.status)
			}
		}
	}
	if after := acts(t, h); after != before {
		t.Errorf("%d acts were done", after-before)
	}
	admin.get("/finance").expect(t, http.StatusOK, "", "Gross") // still signed in
}

// late is a body that comes once something has happened.
type late struct {
	io.Reader
	first func()
}

func (l *late) Read(p []byte) (int, error) {
	if l.first != nil {
		l.first()
		l.first = nil
	}
	return l.Reader.Read(p)
}

func TestWhoIsShutOutWhileTheirFormIsOnItsWayDoesNothingWithIt(t *testing.T) {
	for _, shut := range []struct {
		name string
		out  func(h *house) error
	}{
		{"disabled", func(h *house) error { return h.store.DisableStaff(t.Context(), models.Operator, "admin@example.org") }},
		{"demoted", func(h *house) error {
			return h.store.SetRole(t.Context(), models.Operator, "admin@example.org", models.Viewer)
		}},
	} {
		t.Run(shut.name, func(t *testing.T) {
			h := open(t, "")
			admin := h.as(h.add("admin@example.org", models.Admin))
			// A client that waits for "100 Continue" sends nothing before the door has
			// let it in and its form is read.
			patient := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}
			defer patient.CloseIdleConnections()
			for path, sent := range map[string]string{
				"/finance/staff":          "action=add&email=friend@example.org&role=admin",
				"/finance/offline/import": "step=save&form_key=k&text=" + url.QueryEscape("amount,received_on\n25,2026-11-20\n"),
			} {
				body := &late{strings.NewReader(sent), func() {
					if err := shut.out(h); err != nil {
						t.Error(err)
					}
				}}
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.address+path, body)
				if err != nil {
					t.Fatal(err)
				}
				for name, value := range map[string]string{"Expect": "100-continue", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"} {
					request.Header.Set(name, value)
				}
				request.AddCookie(&http.Cookie{Name: "appeal-staff", Value: admin.cookies["appeal-staff"]})
				answered, err := patient.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				if err := answered.Body.Close(); err != nil || answered.StatusCode != http.StatusForbidden {
					t.Errorf("%s was answered %d, %v", path, answered.StatusCode, err)
				}
				if err := h.store.EnableStaff(t.Context(), models.Operator, "admin@example.org"); err != nil {
					t.Fatal(err)
				}
				if err := h.store.SetRole(t.Context(), models.Operator, "admin@example.org", models.Admin); err != nil {
					t.Fatal(err)
				}
				who, err := h.store.FindStaff(t.Context(), "admin@example.org")
				if err != nil {
					t.Fatal(err)
				}
				admin = h.as(who)
			}
			if _, err := h.store.FindStaff(t.Context(), "friend@example.org"); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("a friend was let in: %v", err)
			}
			if gifts, err := h.store.ListGifts(t.Context(), models.GiftQuery{Import: "k"}, 1); err != nil || gifts.Count != 0 {
				t.Errorf("%d gifts were saved, %v", gifts.Count, err)
			}
		})
	}
}

func acts(t *testing.T, h *house) int {
	t.Helper()
	all, err := h.store.ListAudit(t.Context(), models.AuditQuery{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestNothingButThePagesOfTheRoomsStartsWithFinance(t *testing.T) {
	h := open(t, "")
	for _, path := range []string{"/finance/donations", "/finance/export/donors.csv", "/finance/", "/finance/../finance/staff", "/finance/staff/", "/Finance/staff"} {
		got := h.browser().get(path)
		if got.status == http.StatusOK {
			t.Errorf("%s answered %d", path, got.status)
		}
	}
}
