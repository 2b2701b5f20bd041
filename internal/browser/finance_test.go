package browser

import (
	"encoding/base32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/pquerna/otp/totp"
)

// rooms are the pages of the finance team that an admin sees.
var rooms = []string{
	"/finance", "/finance?from=2020-01-01&to=2020-01-02&method=visa", "/finance?from=soon", "/finance/donations", "/finance/offline", "/finance/offline/import", "/finance/articles", "/finance/payouts",
	"/finance/events", "/finance/events/resolved", "/finance/close", "/finance/close?through=2999-01-01", "/finance/export", "/finance/export?from=2026-02-30", "/finance/export/donors.csv?min_total=lots", "/finance/audit", "/finance/audit?act=session.began&from=2020-01-01", "/finance/settings", "/finance/settings/sample", "/finance/status", "/finance/staff", "/finance/account", "/finance/nowhere",
}

// signIn opens the finance rooms with the demo's login. Staff are signed in by
// a cookie, which no reader ever gets.
func (t *tab) signIn(path string) {
	t.Helper()
	t.staff = true
	kept, err := os.ReadFile(filepath.Join(t.demo.data, "staff-password"))
	if err != nil {
		t.Fatal(err)
	}
	t.open(path)
	t.awaitPage("/finance/login")
	t.fill("#email", "staff@example.org")
	t.fill("#password", strings.TrimSpace(string(kept)))
	t.enter()
	t.awaitSays(".signedin", "staff@example.org, admin")
}

// openAGift follows the list of gifts to the newest of them, and unfolds all of
// it.
func (t *tab) openAGift() {
	t.Helper()
	t.open("/finance/donations")
	t.click("tbody th a")
	t.awaitSays("#happened", "What happened")
	ask[struct{}](t, "document.querySelectorAll('details').forEach((d) => d.open = true)")
}

func TestEveryRoomOfTheFinanceTeamFitsItsWindowIsAccessibleAndValid(t *testing.T) {
	d := runDemo(t, "--sample", "30")
	staff := d.tab(look{})
	staff.staff = true
	staff.axeInFrames()
	at := func(page string) {
		staff.expectGoodInEveryLook(page)
		served.add(t, page, "html", staff.source())
	}
	staff.open("/finance/login")
	at("sign in")
	staff.fill("#email", "staff@example.org")
	staff.fill("#password", "not the password")
	staff.enter()
	staff.awaitSays(".summary", "Email or password isn’t right.")
	at("sign in, refused")
	staff.signIn("/finance")
	for _, room := range rooms {
		staff.open(room)
		ask[struct{}](staff, "document.querySelectorAll('details').forEach((d) => d.open = true)")
		at(room)
	}
	staff.openAGift()
	at("one gift")
	staff.visit(ask[string](staff, "location.href.split('?')[0] + '/refund'"))
	staff.awaitSays("h1", "Refund a gift")
	at("refund")
	staff.visit(ask[string](staff, "location.href.replace('/refund', '/erase')"))
	staff.awaitSays("h1", "Erase a donor")
	at("erase")
	staff.open("/finance/donations?q=nobody%40example.org&status=refunded&min=5")
	at("gifts, none that match")
	staff.open("/finance/offline")
	staff.fill("#amount", "250")
	staff.fill("#donor_name", "Sample Donor")
	ask[struct{}](staff, "document.querySelectorAll('[required]').forEach((e) => e.required = false)")
	staff.click("form.sheet button")
	staff.awaitSays(".summary", "Choose how it was given.")
	at("an offline gift, refused")
	ask[struct{}](staff, "document.querySelector('#method').value = 'check'; document.querySelector('#received_on').value = '2026-01-05'")
	staff.click("form.sheet button")
	staff.awaitSays("h1", "Save this gift?")
	at("an offline gift, reviewed")
	const table = "amount,received_on,donor_name\n250,2026-01-05,Sample Donor\n250,2026-01-06,Sample Donor\n"
	staff.open("/finance/offline/import")
	ask[struct{}](staff, "document.querySelector('#text').value = "+quoted(table+"much,2026-01-05,Sample Donor\n"))
	staff.click("form.sheet button")
	staff.awaitSays(".summary", "Nothing was saved. Correct 1 line")
	at("an import, refused")
	ask[struct{}](staff, "document.querySelector('#text').value = "+quoted(table))
	staff.click("form.sheet button")
	staff.awaitSays("h1", "Save 2 gifts?")
	at("an import, reviewed")
	staff.click("form[enctype] .inkbutton")
	staff.awaitSays("main .notice", "2 gifts, $500.00")
	staff.open("/finance/payouts")
	staff.visit(ask[string](staff, "document.querySelector('.payouts tbody a').href"))
	at("a payout")
	staff.open("/finance/staff")
	staff.fill("#email", "viewer@example.org")
	staff.click("label[for=viewer]")
	staff.click("#add ~ form button, form.sheet button")
	staff.awaitSays("main .notice", "viewer@example.org")
	at("invitation")
	staff.visit(ask[string](staff, "document.querySelector('#link').value"))
	at("choose a password")
}

func TestAViewerIsInvitedAndSetsUpASecondFactorWithoutScript(t *testing.T) {
	d := runDemo(t)
	admin := d.tab(look{noScript: true})
	admin.signIn("/finance/staff")
	admin.fill("#email", "viewer@example.org")
	admin.click("label[for=viewer]")
	admin.press(kb.Tab)
	admin.enter()
	admin.awaitSays("main .notice", "viewer@example.org")
	link := ask[string](admin, "document.querySelector('#link').value")

	viewer := d.tab(look{noScript: true, width: 360, height: 740})
	viewer.staff = true
	viewer.visit(link)
	viewer.fill("#new", "kettle orbit walnut")
	viewer.fill("#again", "kettle orbit walnut")
	viewer.enter()
	viewer.awaitSays("main .notice", "Your password is set.")
	viewer.fill("#email", "viewer@example.org")
	viewer.fill("#password", "kettle orbit walnut")
	viewer.enter()
	viewer.awaitSays(".signedin", "viewer@example.org, viewer")
	viewer.open("/finance/audit")
	if strings.Contains(viewer.says("main"), "staff@example.org") {
		t.Error("a viewer reads an address")
	}
	viewer.open("/finance/account")
	viewer.click("#factor ~ details summary")
	secret := strings.ReplaceAll(viewer.says(".secret"), " ", "")
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil {
		t.Fatalf("%q: %v", secret, err)
	}
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	viewer.fill("#code", code)
	viewer.fill("#present-factor", "kettle orbit walnut")
	viewer.enter()
	viewer.awaitSays("h1", "Keep these recovery codes")
	recovery := ask[string](viewer, "document.querySelector('.codes li').textContent")
	viewer.click(".signedin button")
	viewer.awaitSays("main .notice", "You are signed out.")
	viewer.fill("#email", "viewer@example.org")
	viewer.fill("#password", "kettle orbit walnut")
	viewer.enter()
	viewer.awaitSays(".summary", "Email or password isn’t right.")
	viewer.fill("#password", "kettle orbit walnut")
	viewer.fill("#code", strings.ToLower(recovery))
	viewer.enter()
	viewer.awaitSays("main", "Gross by day")
}

func TestASessionIsPutOffWithoutLeavingThePage(t *testing.T) {
	d := runDemo(t)
	staff := d.tab(look{})
	staff.signIn("/finance/offline")
	staff.fill("#donor_name", "Sample Donor")
	later := func(minutes string) {
		ask[struct{}](staff, "{ const now = Date.now(); Date.now = () => now + "+minutes+" * 60000; document.dispatchEvent(new Event('visibilitychange')) }")
	}
	later("26")
	staff.awaitSays("#ending", "Stay signed in")
	staff.expectGoodInEveryLook("a session about to end")
	staff.click("#ending a")
	staff.await("the warning to go", "document.querySelector('#ending p').hidden")
	if typed := ask[string](staff, "document.querySelector('#donor_name').value"); typed != "Sample Donor" {
		t.Errorf("what was typed is now %q", typed)
	}
	later("31")
	staff.awaitSays("#ending", "You are signed out.")
	staff.expectGoodInEveryLook("a session that has ended")
}
