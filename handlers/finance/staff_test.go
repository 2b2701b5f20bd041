package finance_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/models"
)

var invitation = regexp.MustCompile(`value="[^"]*(/finance/welcome/[A-Za-z0-9_-]{22})"`)

func TestSomebodyIsInvitedAndChoosesAPassword(t *testing.T) {
	h := open(t, "")
	admin := h.as(h.add("admin@example.org", models.Admin))
	got := admin.post("/finance/staff", "action", "add", "email", "New@example.org", "role", "finance")
	got.expect(t, 200, "", "A link for new@example.org.")
	link := invitation.FindStringSubmatch(got.body)[1]
	guest := h.browser()
	guest.get(link).expect(t, 200, "", "new@example.org")
	guest.post(link, "new", "short", "again", "short").expect(t, 422, "", "at least 15 characters")
	guest.post(link, "new", secret, "again", secret).expect(t, 303, "/finance/login?said=password", "")
	guest.post(link, "new", secret, "again", secret).expect(t, 404, "", "This link is good no longer")
	guest.login("new@example.org", secret).expect(t, 303, "/finance", "")
	guest.get("/finance").expect(t, 200, "", "new@example.org, finance")
	admin.post("/finance/staff", "action", "add", "email", "new@example.org", "role", "admin").expect(t, 409, "", "There is an account for this address already")
}

func TestWhatIsNoAddressOrRoleIsNotAdded(t *testing.T) {
	h := open(t, "")
	admin := h.as(h.add("admin@example.org", models.Admin))
	for _, fields := range [][]string{
		{"email", "", "role", "viewer"},
		{"email", "New <new@example.org>", "role", "viewer"},
		{"email", "new", "role", "viewer"},
		{"email", "new@example.org", "role", ""},
		{"email", "new@example.org", "role", "owner"},
	} {
		admin.post("/finance/staff", append(fields, "action", "add")...).expect(t, 422, "", "There is a problem")
	}
	if all, err := h.store.ListStaff(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestAnAdminChangesOthersAndNotThemselves(t *testing.T) {
	h := open(t, "")
	boss, clerk := h.add("admin@example.org", models.Admin), h.add("clerk@example.org", models.Viewer)
	admin, theirs := h.as(boss), h.as(clerk)
	change := func(who models.Staff, action string, more ...string) answer {
		return admin.post("/finance/staff", append([]string{"action", action, "id", who.ID}, more...)...)
	}
	change(clerk, "role", "role", "finance").expect(t, 303, "/finance/staff?said=role", "")
	theirs.get("/finance").expect(t, 303, "/finance/login", "")
	theirs = h.as(clerk)
	theirs.setUp()
	change(clerk, "factor").expect(t, 303, "/finance/staff?said=factor", "")
	theirs.get("/finance").expect(t, 303, "/finance/login", "")
	theirs = h.as(clerk)
	change(clerk, "disable").expect(t, 303, "/finance/staff?said=disable", "")
	theirs.get("/finance").expect(t, 303, "/finance/login", "")
	h.browser().login(clerk.Email, secret).expect(t, 422, "", notRight)
	change(clerk, "enable").expect(t, 200, "", "A link for clerk@example.org.")
	h.browser().login(clerk.Email, secret).expect(t, 422, "", notRight) // the old password is gone
	change(clerk, "link").expect(t, 200, "", "A link for clerk@example.org.")
	for _, action := range []string{"role", "disable", "factor", "enable", "link"} {
		change(boss, action, "role", "viewer").expect(t, 422, "", "You can’t change your own account here.")
	}
	change(models.Staff{ID: "staff_nobody"}, "disable").expect(t, 404, "", "Page not found")
	admin.get("/finance").expect(t, 200, "", "admin@example.org, admin")
}

func TestAViewerReadsNoAddressInTheAuditLog(t *testing.T) {
	h := open(t, "")
	h.add("donors.desk@newsroom.example", models.Finance)
	viewer, finance := h.as(h.add("clerk@newsroom.example", models.Viewer)), h.as(h.add("books@newsroom.example", models.Finance))
	finance.get("/finance/audit").expect(t, 200, "", "donors.desk@newsroom.example")
	body := viewer.get("/finance/audit").body
	_, main, _ := strings.Cut(body, "<main")
	if strings.Contains(main, "newsroom.example") || !strings.Contains(main, "d…@n…") {
		t.Errorf("the log says %s", main)
	}
}

func TestTheAuditLogIsReadPageByPage(t *testing.T) {
	h := open(t, "")
	for i := range 60 {
		h.add(fmt.Sprintf("clerk%02d@example.org", i), models.Viewer)
	}
	finance := h.as(h.add("books@example.org", models.Finance))
	first := finance.get("/finance/audit").body
	older := regexp.MustCompile(`href="(/finance/audit\?before=[^"]+)"`).FindStringSubmatch(first)
	if n := strings.Count(first, "<td>Added to the staff"); older == nil || n > 50 || n < 49 {
		t.Fatalf("%d on the first page, then %v", n, older)
	}
	second := finance.get(older[1]).body
	if n := strings.Count(first, "<td>Added to the staff") + strings.Count(second, "<td>Added to the staff"); n != 61 {
		t.Errorf("%d on both pages", n)
	}
}
