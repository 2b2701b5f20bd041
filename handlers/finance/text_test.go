package finance_test

import (
	"net/http"
	"testing"

	"github.com/corruptionproject/appeal/models"
)

// Whoever sends what is no text, which PostgreSQL takes nowhere, finds a page
// or is told so: no fault of the service is in the log for it.
func TestWhatIsNoTextIsNoFault(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		admin := h.as(h.add("admin@example.org", models.Admin))
		d := h.gives(1, models.Choices{Frequency: models.Once, Amount: 50_00}, "reader@example.org", "A Reader")
		for _, bad := range []string{"%00", "a%00b", "%ff", "%ed%a0%80"} {
			for _, address := range []string{
				"/finance/donations?q=", "/finance/donations?donor=", "/finance/donations?channel=", "/finance/donations?import=", "/finance/donations?after=",
				"/finance/audit?object=", "/finance/audit?before=", "/finance/audit?act=", "/finance/audit?who=", "/finance/events/resolved?before=", "/finance?channel=", "/finance?method=", "/finance?frequency=", "/finance/payouts?after=", "/finance/payouts?before=",
				"/finance/donations/x", "/finance/payouts/x", "/finance/events/x", "/finance/offline/import?done=", "/finance/export/donations.csv?channel=", "/finance/settings?size=",
			} {
				if got := admin.get(address + bad); got.status >= 500 {
					t.Errorf("GET %s%s is answered %d", address, bad, got.status)
				}
			}
			for _, sent := range [][2]string{
				{"/finance/login", "password=x&email=a" + bad},
				{"/finance/login", "email=admin@example.org&password=" + bad},
				{"/finance/donations/" + d.ID + "/notes", "note=a" + bad},
				{"/finance/donations/x" + bad + "/notes", "note=a"},
				{"/finance/donations/" + d.ID + "/refund", "amount=a" + bad},
				{"/finance/donations/" + d.ID + "/refund", "amount=1&reason=requested_by_customer&note=a" + bad},
				{"/finance/donations/" + d.ID + "/resend", "receipt=" + bad},
				{"/finance/mail", "key=" + bad},
				{"/finance/events/x" + bad + "/replay", ""},
				{"/finance/events/x" + bad + "/resolve", "note=x"},
				{"/finance/findings/x" + bad + "/y" + bad + "/resolve", "note=x"},
				{"/finance/staff", "id=" + bad},
				{"/finance/staff", "action=add&role=viewer&email=a" + bad + "@example.org"},
				{"/finance/account", "action=end&session=" + bad},
				{"/finance/account", "action=factor&setup=" + bad},
				{"/finance/payouts/x" + bad + "/reconcile", ""},
				{"/finance/welcome/x" + bad, "new=x"},
				{"/finance/offline", "amount=1&donor_name=" + bad},
				{"/finance/offline/import", "text=amount%0A" + bad},
			} {
				if got := admin.do(http.MethodPost, sent[0], sent[1]); got.status >= 500 {
					t.Errorf("POST %s %s is answered %d", sent[0], sent[1], got.status)
				}
			}
		}
	})
}
