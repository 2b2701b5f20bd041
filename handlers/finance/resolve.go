package finance

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/corruptionproject/appeal/models"
)

// resolvedPage is how many resolutions one page shows.
const resolvedPage = 50

type resolveView struct {
	Post    string
	Seen    string // the mark of what stands on the page
	Facts   []fact
	Effects []string
	Note    field
	Done    string // it is not open, and what it is
}

// findingKinds are the kinds of findings in words.
var findingKinds = map[models.FindingKind]string{
	models.FoundMissing: "Missing in the books", models.FoundAmount: "Another amount at Stripe", models.FoundTwice: "Twice at Stripe",
	models.FoundPhantom: "Missing at Stripe", models.FoundCurrency: "In another currency", models.FoundPayout: "A payout that does not add up",
	models.FoundBalance: "Another balance at Stripe", models.FoundEvidence: "Contradicts the books",
	models.FoundWarning: "Fraud warning", models.FoundLostTwice: "Refunded and disputed",
}

func matterName(kind models.FindingKind) string {
	if kind == "" {
		return "Event that is not booked"
	}
	return findingKinds[kind]
}

// resolvePath is where an event, or a finding of a kind, is resolved.
func resolvePath(kind models.FindingKind, object string) string {
	if kind == "" {
		return eventsPath + "/" + url.PathEscape(object) + "/resolve"
	}
	return findingsPath + "/" + url.PathEscape(string(kind)) + "/" + url.PathEscape(object) + "/resolve"
}

// matterOf is what an address names. Echo hands its parts over as they were
// sent, escaped, where the path holds an escaped sign.
func matterOf(v *visit) (kind models.FindingKind, object string) {
	object = v.Param("id")
	if v.Param("kind") != "" {
		kind, object = models.FindingKind(v.Param("kind")), v.Param("object")
	}
	if plain, err := url.PathUnescape(object); err == nil {
		object = plain
	}
	return kind, object
}

// getResolve tells what closing something does.
func (r *Rooms) getResolve(v *visit) error { return r.resolvePage(v, http.StatusOK, "", "") }

func (r *Rooms) resolvePage(v *visit, status int, note, problem string) error {
	kind, object := matterOf(v)
	m, err := r.Store.FindMatter(v.ctx(), kind, object)
	if err != nil {
		return err
	}
	view := resolveView{
		Post: resolvePath(kind, object), Seen: m.Mark(),
		Facts:   []fact{{"What", matterName(kind)}, {"Of", object}, {"Since", r.moment(m.Since)}, {"Why", m.Problem}},
		Effects: []string{"It leaves the list of what needs a person, and is found under what was resolved, with your note, name and time.", "No money moves, here or at Stripe."},
		Note:    field{Name: "note", Label: "Why nothing is left to do", Hint: "Seen by finance and admin only. It stays as it is.", Value: note, Problem: problem, Kind: "area", Needed: true},
	}
	if kind == "" {
		view.Effects = append(view.Effects, "It can be tried again at any time, and is open again then.")
	} else {
		view.Facts = append(view.Facts, fact{"Amount", m.Amount.String()})
		view.Effects = append(view.Effects, "Once a sync finds it changed, it is open again.")
	}
	if kind != "" && kind.Differs() {
		view.Effects = append(view.Effects, "The difference from Stripe stays in the overview for as long as it is there.")
	}
	if m.State != models.MatterOpen {
		view.Done = map[models.MatterState]string{
			models.MatterResolved: "This was resolved already.", models.MatterGone: "This needs nobody: it was settled meanwhile.",
		}[m.State]
	}
	return r.render(v, status, "finance-resolve", "Resolve this?", view)
}

func (r *Rooms) postResolve(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	kind, object := matterOf(v)
	note := lines(sent.Get("note"))
	err = r.Store.Resolve(v.ctx(), v.who.Actor(), kind, object, sent.Get("seen"), note)
	if errors.Is(err, models.ErrNoNote) {
		return r.resolvePage(v, http.StatusUnprocessableEntity, note, "Say why, in at most "+thousands(models.MostOfNote)+" characters.")
	}
	if errors.Is(err, models.ErrExists) {
		return r.resolvePage(v, http.StatusConflict, note, "It is not what you saw any more. Read it again first. Nothing was changed.")
	}
	if err != nil {
		return err
	}
	return back(v, eventsPath, "resolved")
}

type resolvedView struct {
	Rows   []resolvedRow
	Older  string // the address of the page of what was resolved before these
	Newest bool   // this is the first page
}

type resolvedRow struct{ When, Who, What, Object, Problem, Amount, Note, State, Replay string }

// getResolved lists what was resolved, whatever became of it since.
func (r *Rooms) getResolved(v *visit) error {
	before := v.QueryParam("before")
	all, err := r.Store.ListResolutions(v.ctx(), before, resolvedPage+1)
	if err != nil {
		return err
	}
	view := resolvedView{Newest: before == ""}
	if len(all) > resolvedPage {
		all = all[:resolvedPage]
		view.Older = resolvedPath + "?" + url.Values{"before": {all[resolvedPage-1].ID}}.Encode()
	}
	for _, one := range all {
		row := resolvedRow{
			When: r.moment(one.At), Who: string(one.Who), What: matterName(one.Kind), Object: one.Object, Problem: one.Problem, Note: one.Note,
			State: map[models.MatterState]string{models.MatterOpen: "Open again", models.MatterResolved: "Resolved", models.MatterGone: "Settled since"}[one.State],
		}
		switch {
		case one.Kind != "":
			row.Amount = one.Amount.String()
		case one.State == models.MatterResolved:
			row.Replay = eventsPath + "/" + url.PathEscape(one.Object) + "/replay"
		}
		view.Rows = append(view.Rows, row)
	}
	return r.render(v, http.StatusOK, "finance-resolved", "What was resolved", view)
}
