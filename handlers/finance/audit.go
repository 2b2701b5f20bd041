package finance

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/corruptionproject/appeal/models"
)

const (
	auditPath = "/finance/audit"
	// auditPage is how many acts one page of the log shows.
	auditPage = 50
	// operator stands in an address for whoever works on the command line, itself
	// for the service; all others, for whom the log has an e-mail, stand there by
	// their id.
	operator = "operator"
	itself   = "service"
	// nobody is who has done nothing.
	nobody models.Actor = "none"
)

// auditParameters are the filters of the log, in the order in which it shows
// them.
var auditParameters = []string{"who", "act", "object", "from", "to"}

type auditView struct {
	Problem          string
	People, Acts     []choice
	Object, From, To string // as typed
	Chips            []chip
	Open             bool // the filters are in use
	Count            string
	Entries          []auditEntry
	Empty            string // why nothing is listed
	Older, Newest    string // addresses of other pages
	Table            string // the address of the same as a table; "" for who may not take it
	Masked           bool
}

type auditEntry struct{ When, Who, What, Object, Href, Change string }

// acts are the acts in words.
var acts = map[models.Act]string{
	models.StaffAdded: "Added to the staff", models.StaffInvited: "Given a link to choose a password",
	models.StaffDisabled: "Disabled", models.StaffEnabled: "Let in again", models.RoleChanged: "Role changed",
	models.PasswordChanged: "Password changed", models.FactorSet: "Second factor set up", models.FactorRemoved: "Second factor removed",
	models.RecoveryUsed: "Recovery code used", models.SignedIn: "Signed in", models.SignedOut: "Signed out",
	models.OfflineEntered: "Offline gift entered", models.OfflineReversed: "Offline gift reversed",
	models.OfflineImported: "Offline gifts imported",
	models.RefundAskedFor:  "Refund asked for", models.RefundMadeBy: "Refunded", models.RefundRefusedTo: "Refund refused",
	models.ReceiptResent: "Receipt sent again", models.NoteAdded: "Note written", models.DonorErased: "Donor erased",
	models.EventReplayed: "Event tried again", models.MailRetried: "Mail sent again or released",
	models.SampleMailed:    "Sample receipt mailed",
	models.EventResolvedBy: "Event resolved", models.FindingResolvedBy: "Finding resolved",
	models.PayoutMarked: "Payout marked reconciled", models.PayoutUnmarked: "Mark on a payout taken back",
	models.PayloadsEmptied: "Old events emptied of persons", models.AddressesDropped: "Unconfirmed addresses dropped", models.WordsDropped: "Words of unpaid gifts dropped",
	models.Exported: "Table taken out", models.DaysClosed: "Days closed", models.DaysReopened: "Days opened again",
	models.FiguresRebuilt: "Figures reckoned anew",
}

// auditAsked is what an address asks the log for.
type auditAsked struct {
	filters
	query models.AuditQuery
	staff []models.Staff
}

func (r *Rooms) getAudit(v *visit) error {
	a, err := r.auditAsked(v)
	if err != nil {
		return err
	}
	return r.audit(v, a)
}

// auditAsked reads the address.
func (r *Rooms) auditAsked(v *visit) (auditAsked, error) {
	a := auditAsked{filters: filtersOf(v, auditPath, auditParameters)}
	var err error
	if a.staff, err = r.Store.ListStaff(v.ctx()); err != nil {
		return auditAsked{}, err
	}
	get := a.values.Get
	if !v.sees() {
		a.forgetAddresses()
	}
	a.query = models.AuditQuery{Act: models.Act(get("act")), Object: get("object"), Before: v.QueryParam("before")}
	if get("who") != "" {
		a.query.Who = a.actor(get("who"))
	}
	span := a.days().In(r.Campaign.Zone)
	a.query.From, a.query.Until = span.From, span.Until
	return a, nil
}

// actor is who stands in an address by an id. Nobody acts under the name of an
// id that is nobody's.
func (a auditAsked) actor(id string) models.Actor {
	switch id {
	case operator:
		return models.Operator
	case itself:
		return models.Itself
	}
	for _, who := range a.staff {
		if who.ID == id {
			return who.Actor()
		}
	}
	return nobody
}

func (r *Rooms) audit(v *visit, a auditAsked) error {
	rows, err := r.Store.ListAudit(v.ctx(), a.query, auditPage+1)
	if err != nil {
		return err
	}
	all := a.query
	all.Before = ""
	count, err := r.Store.CountAudit(v.ctx(), all)
	if err != nil {
		return err
	}
	view := auditView{
		Problem: strings.Join(a.problems, " "), Masked: !v.sees(), People: a.people(v.sees()), Acts: actChoices(a.values.Get("act")),
		Object: a.values.Get("object"), From: a.values.Get("from"), To: a.values.Get("to"),
		Chips: a.chips(v.sees()), Count: counted(count, "act", "acts"), Empty: a.empty(),
	}
	view.Open = len(view.Chips) > 0 || view.Problem != ""
	if v.sees() {
		view.Table = filters{path: auditPath + ".csv", values: a.values}.but("", "")
	}
	if a.query.Before != "" {
		view.Newest = a.but("", "")
	}
	if len(rows) > auditPage {
		rows = rows[:auditPage]
		view.Older = a.but("before", rows[auditPage-1].ID)
	}
	for _, row := range rows {
		view.Entries = append(view.Entries, r.auditEntry(v, row))
	}
	status := http.StatusOK
	if view.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return r.render(v, status, "finance-audit", "Audit log", view)
}

func (a auditAsked) empty() string {
	switch {
	case a.query.Before != "":
		return "There is nothing before that."
	case len(a.values) > 0:
		return "Nothing in the log matches. Take a filter away to see more."
	default:
		return "Nobody has done anything yet."
	}
}

func (r *Rooms) auditEntry(v *visit, row models.ListedAct) auditEntry {
	e := auditEntry{When: r.moment(row.At), Who: string(row.Who), What: actName(row.Act), Change: change(row.AuditEntry)}
	e.Object, e.Href = object(row, v.who.Role)
	if !v.sees() {
		e.Who, e.Object, e.Change = masked(e.Who), masked(e.Object), masked(e.Change)
	}
	return e
}

// object is what an act was upon in words, and where its reader finds it.
func object(a models.ListedAct, reader models.Role) (name, href string) {
	switch {
	case a.Gift != "":
		return "Gift " + a.Reference, giftPath(a.Gift)
	case a.Act == models.PayoutMarked || a.Act == models.PayoutUnmarked:
		return "Payout " + a.Object, payoutPath(a.Object)
	case (a.Act == models.DaysClosed || a.Act == models.DaysReopened) && reader.Covers(models.Finance):
		return longDay(a.Object), closePath
	case a.Act == models.EventReplayed:
		return "Event " + a.Object, filters{path: giftsPath}.but("q", a.Object)
	case a.Act == models.PayloadsEmptied || a.Act == models.AddressesDropped || a.Act == models.WordsDropped:
		return "Of " + longDay(a.Object) + " or before", ""
	case strings.Contains(a.Object, "@") && reader.Covers(models.Admin):
		return a.Object, staffPath
	default:
		return a.Object, ""
	}
}

// people are whom the log can be filtered by.
func (a auditAsked) people(sees bool) []choice {
	all := make([]choice, 0, len(a.staff)+2)
	for _, who := range a.staff {
		label := who.Email
		if !sees {
			label = masked(label)
		}
		all = append(all, choice{Value: who.ID, Label: label})
	}
	return choices(append(all, choice{Value: operator, Label: "The command line"}, choice{Value: itself, Label: "The service itself"}), a.values.Get("who"))
}

func actChoices(chosen string) []choice {
	var all []choice
	for act, label := range acts {
		all = append(all, choice{Value: string(act), Label: label})
	}
	slices.SortFunc(all, func(a, b choice) int { return cmp.Compare(a.Label, b.Label) })
	return choices(all, chosen)
}

// chips are the filters in use, each with the address without it.
func (a auditAsked) chips(sees bool) []chip {
	var chips []chip
	for _, name := range auditParameters {
		value := a.values.Get(name)
		if value == "" {
			continue
		}
		label := value
		switch name {
		case "who":
			if label = "By somebody unknown"; a.query.Who != nobody {
				label = "By " + string(a.query.Who)
			}
			if !sees {
				label = masked(label)
			}
		case "act":
			label = actName(a.query.Act)
		case "object":
			label = "Upon “" + value + "”"
		case "from":
			label = "From " + value
		case "to":
			label = "To " + value
		}
		chips = append(chips, chip{label, a.but(name, "")})
	}
	return chips
}

func actName(a models.Act) string { return cmp.Or(acts[a], string(a)) }

// nothingLeft is what it means, in words, that an act left nothing.
var nothingLeft = map[models.Act]string{models.StaffDisabled: "shut out", models.PayoutUnmarked: "not reconciled"}

// inWords are words of programs that stand in the log.
var inWords = strings.NewReplacer(
	string(models.RequestedByDonor), "the donor asked for it", ", "+string(models.DuplicateGift), ", given twice", ", "+string(models.FraudulentGift), ", fraud",
	", "+string(models.DAF)+",", ", donor-advised fund,", ", "+string(models.QCD)+",", ", qualified distribution,",
	", "+string(models.ACH)+",", ", ACH,",
)

// change is what an act changed: before and after, or what it made.
func change(e models.AuditEntry) string {
	text := e.After
	if e.Before != "" {
		text = e.Before + " → " + cmp.Or(e.After, nothingLeft[e.Act], "nothing")
	}
	return inWords.Replace(text)
}

// masked is a text for whoever may see no donor.
var masked = models.MaskEmails
