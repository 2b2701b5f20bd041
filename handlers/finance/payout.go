package finance

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// giftLines is how many gifts a payout's page shows at first, and moreLines how
// many more each time that more are asked for.
const (
	giftLines = 25
	moreLines = 500
)

type payoutView struct {
	Amount, Day, ID string
	Status          status
	Said            string
	Opened          bool
	Automatic       bool
	Undone          bool // the bank did not get it
	Ladder          []rung
	Difference      string   // "" if it adds up
	Why             []reason // what the difference is
	Count           string
	Groups          []lineGroup
	Rest            *restView // of the gifts that are not shown
	Sum             lineView
	History         []moment
	Path            string
	May             bool // the reader may mark it
	Markable        bool
	Marked          bool
	MayUndo         bool
}

// reason is a part of a difference, with where it is.
type reason struct{ Text, Href, Link string }

type lineGroup struct {
	ID, Name string
	Lines    []lineView
}

type lineView struct {
	ID         string // to point at it
	When       string
	Name, Href string
	What       string
	Amount     cell
	Fee        cell
	Net        cell
}

type restView struct {
	Text, Href string
	lineView
}

// moment is a step in the life of a payout.
type moment struct{ When, What string }

func (r *Rooms) getPayout(v *visit) error {
	most := giftLines
	if asked, err := strconv.Atoi(v.QueryParam("gifts")); err == nil {
		most = max(giftLines, asked)
	}
	p, lines, err := r.Store.FindPayout(v.ctx(), v.Param("id"), most)
	if err != nil {
		return err
	}
	view := r.payout(p, lines, v.who.Role.Covers(models.Finance))
	view.MayUndo = view.Marked && v.who.Role.Covers(models.Admin)
	view.Said = map[string]string{"marked": "Marked as reconciled.", "unmarked": "The mark was taken back."}[v.QueryParam("said")]
	return r.render(v, http.StatusOK, "finance-payout", "Payout of "+view.Day, view)
}

// payout puts a payout into words: the sum itself, and the lines that it is made
// of. names says whether its reader sees who gave.
func (r *Rooms) payout(p models.PayoutSum, lines []models.PayoutLine, names bool) payoutView {
	var count int64
	for _, part := range p.Parts {
		count += part.Lines
	}
	view := payoutView{
		Amount: p.Amount.String(), Day: p.ArrivalOn.UTC().Format("Monday, January 2, 2006"), ID: p.ID, Status: payoutStatus(p.Payout),
		Opened: p.Opened(), Automatic: p.Automatic, Undone: p.Undone(), Ladder: payoutLadder(p), Count: counted(count, "line", "lines"), History: r.history(p, names),
		Path: payoutPath(p.ID), May: names, Markable: names && p.Markable(), Marked: p.MarkedAt != nil,
	}
	if view.Opened && !p.AddsUp() {
		view.Difference = cmp.Or(p.Unexplained(), p.Payout.Difference).String()
		view.Why = reasons(p, lines)
	}
	var sum models.PartSum
	for _, part := range models.PayoutParts {
		group := lineGroup{ID: string(part), Name: partNames[part]}
		for _, l := range linesIn(lines, part) {
			group.Lines = append(group.Lines, r.line(l, names))
		}
		if len(group.Lines) > 0 {
			view.Groups = append(view.Groups, group)
		}
		sum.Amount += p.Parts[part].Amount
		sum.Fee += p.Parts[part].Fee
	}
	view.Sum = figures(sum.Amount, sum.Fee)
	view.Rest = restOf(p, linesIn(lines, models.GiftsPart), view.Path)
	return view
}

var partNames = map[models.PayoutPart]string{
	models.UnmatchedPart: "Not matched", models.DisputesPart: "Disputes", models.RefundsPart: "Refunds", models.OtherPart: "Other activity", models.GiftsPart: "Gifts",
}

// payoutLadder is the sum, step by step, as far as the books explain it.
func payoutLadder(p models.PayoutSum) []rung {
	var rungs []rung
	add := func(name string, lines int64, m money.Minor, always bool) {
		if m == 0 && lines == 0 && !always {
			return
		}
		one := rung{Name: name, Value: m.String()}
		if lines > 0 {
			one.Aside = thousands(lines)
		}
		rungs = append(rungs, one)
	}
	gifts, refunds := p.Parts[models.GiftsPart], p.Parts[models.RefundsPart]
	disputes, other := p.Parts[models.DisputesPart], p.Parts[models.OtherPart]
	add("Gifts", gifts.Lines, gifts.Amount, true)
	add("Stripe’s fees on them", 0, -gifts.Fee, true)
	add("Refunds", refunds.Lines, refunds.Amount, true)
	add("Fees on refunds", 0, -refunds.Fee, false)
	add("Disputes", disputes.Lines, disputes.Amount, true)
	add("Dispute fees", 0, -disputes.Fee, false)
	add("Other activity", other.Lines, other.Amount, true)
	add("Stripe’s fees on it", 0, -other.Fee, false)
	add("From before the books start", 0, p.FromBefore, false)
	total := func(name string, m money.Minor) {
		rungs = append(rungs, rung{Name: name, Value: m.String(), Sum: true})
	}
	total("Sum of the lines", p.Matched())
	rungs = append(rungs, rung{Name: "Stripe says it sent", Value: p.Amount.String()})
	total("Difference", p.Unexplained())
	return rungs
}

// reasons are what a difference is made of, each pointing at its line.
func reasons(p models.PayoutSum, lines []models.PayoutLine) []reason {
	var why []reason
	for _, l := range linesIn(lines, models.UnmatchedPart) {
		why = append(why, reason{Text: l.Net.String() + " is in a line that the books can’t explain:", Href: "#" + l.ID, Link: l.ID})
	}
	if m := p.Unlisted(); m != 0 {
		why = append(why, reason{Text: m.String() + " is in no line that we have from Stripe. The next sync reads them again."})
	}
	if p.Found != "" {
		why = append(why, reason{Text: "The last sync says: " + p.Found + "."})
	}
	return why
}

func figures(moved, fee money.Minor) lineView {
	return lineView{Amount: amount(moved), Fee: amount(-fee), Net: amount(moved - fee)}
}

// restOf is the row for the gifts that are not shown, so that the column adds up
// as it is printed; nil if all are.
func restOf(p models.PayoutSum, shown []models.PayoutLine, path string) *restView {
	rest := p.Parts[models.GiftsPart]
	for _, l := range shown {
		rest.Lines, rest.Amount, rest.Fee = rest.Lines-1, rest.Amount-l.Amount, rest.Fee-l.Fee
	}
	if rest.Lines <= 0 {
		return nil
	}
	more := &restView{Href: fmt.Sprintf("%s?gifts=%d#gifts", path, len(shown)+moreLines), lineView: figures(rest.Amount, rest.Fee)}
	if more.Text = "Show " + thousands(rest.Lines) + " more gifts"; rest.Lines == 1 {
		more.Text = "Show 1 more gift"
	}
	if rest.Lines > moreLines {
		more.Text = "Show " + strconv.Itoa(moreLines) + " of " + thousands(rest.Lines) + " more gifts"
	}
	return more
}

// line puts one line into words.
func (r *Rooms) line(l models.PayoutLine, names bool) lineView {
	one := figures(l.Amount, l.Fee)
	one.ID, one.When = l.ID, r.short(l.CreatedAt)
	one.Name, one.What = cmp.Or(l.Source, l.ID), r.what(l)
	if l.DonationID != "" {
		one.Href = giftPath(l.DonationID)
		if one.Name = l.Reference; names {
			one.Name = cmp.Or(l.DonorName, l.Reference)
		}
	}
	return one
}

// what says what a line is.
func (r *Rooms) what(l models.PayoutLine) string {
	given := ""
	if l.ReceivedAt != nil {
		given = "gift of " + r.near(*l.ReceivedAt, l.CreatedAt)
	}
	switch l.Part {
	case models.GiftsPart:
		return gift(l)
	case models.UnmatchedPart:
		return "Stripe’s " + words(l.Category) + ": " + cmp.Or(l.Detail, "not in the books")
	case models.OtherPart:
		return "Not a gift, in no total: " + words(l.Category)
	case models.DisputesPart:
		if l.Category == "dispute_reversal" {
			return "Given back, " + given
		}
		return "Disputed " + given
	case models.RefundsPart:
		switch {
		case l.Category == "refund_failure":
			return "The refund failed and came back, " + given
		case l.Amount == -l.AmountCharged:
			return "Whole " + given
		default:
			return "Part of " + l.AmountCharged.String() + ", " + given
		}
	}
	return words(l.Category)
}

// gift says what kind of gift a line is of.
func gift(l models.PayoutLine) string {
	if l.Category == "charge_failure" {
		return "The bank debit came to nothing"
	}
	kind := receipt.Frequency(l.Frequency)
	if l.Frequency != models.Once {
		if kind += ", first"; l.Renewal {
			kind = strings.TrimSuffix(kind, ", first")
		}
	}
	return kind + ", " + methodWords(l.Method)
}

// words makes Stripe's name of a category readable.
func words(category string) string { return strings.ReplaceAll(category, "_", " ") }

// history is what became of a payout.
func (r *Rooms) history(p models.PayoutSum, names bool) []moment {
	all := []moment{{r.date(p.CreatedAt), "Made by Stripe"}}
	arrives := shortDay(p.ArrivalOn)
	switch p.Status {
	case "paid":
		all = append(all, moment{arrives, "Arrived at the bank"})
	case "pending", "in_transit":
		all = append(all, moment{arrives, "Expected at the bank"})
	case "failed", "canceled":
		when := "—"
		if p.FailedAt != nil {
			when = r.date(*p.FailedAt)
		}
		all = append(all, moment{when, payoutStatus(p.Payout).Word})
	}
	if p.MarkedAt != nil {
		by := string(p.MarkedBy)
		if !names {
			by = masked(by)
		}
		return append(all, moment{r.moment(*p.MarkedAt), "Marked reconciled by " + by})
	}
	return append(all, moment{"—", "Not marked reconciled yet"})
}

func (r *Rooms) postReconcile(v *visit) error {
	return r.marked(v, "marked", r.Store.MarkPayout(v.ctx(), v.who.Actor(), v.Param("id")))
}

func (r *Rooms) postUnreconcile(v *visit) error {
	return r.marked(v, "unmarked", r.Store.UnmarkPayout(v.ctx(), v.who.Actor(), v.Param("id")))
}

func (r *Rooms) marked(v *visit, said string, err error) error {
	if err != nil {
		return err
	}
	return back(v, payoutPath(v.Param("id")), said)
}
