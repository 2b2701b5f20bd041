package finance

import (
	"net/http"
	"net/url"
	"regexp"

	"github.com/corruptionproject/appeal/models"
)

// auditPage is how many acts one page of the log shows.
const auditPage = 50

type auditView struct {
	Entries []auditEntry
	Older   string // the address of the page of what was before these
	Newest  bool   // this is the first page
	Masked  bool
}

type auditEntry struct{ When, Who, What, Object, Change string }

// acts are the acts in words.
var acts = map[models.Act]string{
	models.StaffAdded: "Added to the staff", models.StaffInvited: "Given a link to choose a password",
	models.StaffDisabled: "Disabled", models.StaffEnabled: "Let in again", models.RoleChanged: "Role changed",
	models.PasswordChanged: "Password changed", models.FactorSet: "Second factor set up", models.FactorRemoved: "Second factor removed",
	models.RecoveryUsed: "Recovery code used", models.SignedIn: "Signed in", models.SignedOut: "Signed out",
	models.OfflineEntered: "Offline gift entered", models.OfflineReversed: "Offline gift reversed",
	models.OfflineImported: "Offline gifts imported",
	models.RefundAskedFor:  "Refund asked for", models.RefundMadeBy: "Refunded", models.RefundRefusedTo: "Refund refused",
	models.ReceiptResent: "Receipt sent again", models.NoteAdded: "Note written",
	models.EventReplayed: "Event tried again", models.MailRetried: "Mail sent again or released",
	models.PayoutMarked: "Payout marked reconciled", models.PayoutUnmarked: "Mark on a payout taken back",
}

func (r *Rooms) getAudit(v *visit) error {
	before := v.QueryParam("before")
	rows, err := r.Store.ListAudit(v.ctx(), before, auditPage+1)
	if err != nil {
		return err
	}
	view := auditView{Newest: before == "", Masked: !v.who.Role.Covers(models.Finance)}
	if len(rows) > auditPage {
		rows = rows[:auditPage]
		view.Older = "/finance/audit?" + url.Values{"before": {rows[auditPage-1].ID}}.Encode()
	}
	for _, row := range rows {
		what, known := acts[row.Act]
		if !known {
			what = string(row.Act)
		}
		e := auditEntry{When: r.moment(row.At), Who: string(row.Who), What: what, Object: row.Object, Change: change(row.Before, row.After)}
		if view.Masked {
			e.Who, e.Object, e.Change = masked(e.Who), masked(e.Object), masked(e.Change)
		}
		view.Entries = append(view.Entries, e)
	}
	return r.render(v, http.StatusOK, "finance-audit", "Audit log", view)
}

func change(before, after string) string {
	switch {
	case before != "" && after != "":
		return before + " → " + after
	case before != "":
		return before + " → nothing"
	default:
		return after
	}
}

var address = regexp.MustCompile(`([^\s@<>"]?)[^\s@<>"]*@([^\s@<>"]?)[^\s@<>"]*`)

// masked leaves of every e-mail in a text no more than tells two colleagues
// apart.
func masked(text string) string { return address.ReplaceAllString(text, "$1…@$2…") }
