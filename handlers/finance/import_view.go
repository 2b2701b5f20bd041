package finance

import (
	"unicode/utf8"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// How many rows of each table a page shows.
const (
	shownProblems = 200
	shownDoubles  = 100
	shownRows     = 100
)

// importView is the form of an import and, where a text was sent, what was read
// of it.
type importView struct {
	FormKey, Text, Problem string
	Done, Saved            string // what was just saved, and where it is listed

	Ready   bool     // all of it can be saved
	Wrong   string   // how much of it can't; "" for nothing
	Whole   []string // what is wrong with the text as a whole
	Lines   []lineProblem
	More    string // how many of them are not shown
	Count   string // of the gifts that could be saved
	Facts   []fact
	Methods []methodSum // where there are several
	Sum     methodSum   // of them all
	Doubles doublesView
	Rows    []importRow
	Rest    string // how many of them are not shown
}

// methodSum is what came one way.
type methodSum struct{ Name, Gifts, Sum string }

type doublesView struct {
	Said, More string
	Rows       []lineDouble
}

// lineDouble is a line that may stand for a gift that is here already, or that
// a line before it stands for.
type lineDouble struct {
	Line                   int
	Name, Received, Amount string
	Before                 int // that line; 0 for none
	Kept                   []doubleView
}

// importRow is a line as it was understood.
type importRow struct {
	Line                                                       int
	Received, Postmark, Name, Email, Method, Reference, Amount string
}

// show fills in what was read, and which of it may be here already.
func (r *Rooms) showImport(view *importView, read table, doubles [][]models.Double) {
	view.showProblems(read.wrong)
	if len(read.gifts) == 0 {
		return
	}
	view.Ready = len(read.wrong) == 0
	view.Count = counted(int64(len(read.gifts)), "gift", "gifts")
	view.showSums(read.gifts)
	for i, g := range read.gifts[:min(shownRows, len(read.gifts))] {
		row := importRow{
			Line: read.lines[i], Received: day(g.ReceivedOn), Name: orNobody(g.DonorName), Email: g.DonorEmail, Method: methodNames[g.Method],
			Reference: g.Reference, Amount: g.Amount.String(),
		}
		if g.DatedOn != nil {
			row.Postmark = day(*g.DatedOn)
		}
		view.Rows = append(view.Rows, row)
	}
	view.Rest = notShown(len(read.gifts), shownRows)
	view.Doubles = r.doubles(read, doubles)
}

// showProblems fills in what keeps the text from being saved.
func (view *importView) showProblems(wrong []lineProblem) {
	bad := map[int]bool{}
	for _, p := range wrong {
		if p.Line == 0 {
			view.Whole = append(view.Whole, p.Advice)
			continue
		}
		bad[p.Line] = true
		p.Typed = shortened(p.Typed)
		view.Lines = append(view.Lines, p)
	}
	if len(bad) > 0 {
		view.Wrong = counted(int64(len(bad)), "line", "lines")
	}
	view.More = notShown(len(view.Lines), shownProblems)
	view.Lines = view.Lines[:min(shownProblems, len(view.Lines))]
}

// showSums fills in what the gifts come to that could be saved.
func (view *importView) showSums(gifts []models.NewOfflineGift) {
	first, last, mailed := gifts[0].ReceivedOn, gifts[0].ReceivedOn, int64(0)
	var sum money.Minor
	sums, counts := map[models.OfflineMethod]money.Minor{}, map[models.OfflineMethod]int64{}
	for _, g := range gifts {
		if g.ReceivedOn.Before(first) {
			first = g.ReceivedOn
		}
		if g.ReceivedOn.After(last) {
			last = g.ReceivedOn
		}
		if g.DonorEmail != "" {
			mailed++
		}
		sum += g.Amount
		sums[g.Method] += g.Amount
		counts[g.Method]++
	}
	for _, m := range models.OfflineMethods() {
		if counts[m] > 0 {
			view.Methods = append(view.Methods, methodSum{methodNames[m], thousands(counts[m]), sums[m].String()})
		}
	}
	view.Sum = methodSum{"All", thousands(int64(len(gifts))), sum.String()}
	received := day(first)
	if !last.Equal(first) {
		received += " to " + day(last)
	}
	receipts := thousands(mailed) + " by email"
	if left := int64(len(gifts)) - mailed; left > 0 {
		receipts += ", " + thousands(left) + " to print: no email address"
	}
	view.Facts = []fact{{"Gifts", view.Sum.Gifts}, {"Sum", view.Sum.Sum}, {"Received", received}, {"Receipts", receipts}}
	if len(view.Methods) == 1 {
		view.Facts, view.Methods = append(view.Facts, fact{"Method", view.Methods[0].Name}), nil
	}
}

// doubles are the lines that may stand for a gift that is known already.
func (r *Rooms) doubles(read table, kept [][]models.Double) doublesView {
	var view doublesView
	count := 0
	for i, before := range models.AlikeBefore(read.gifts) {
		if before < 0 && len(kept[i]) == 0 {
			continue
		}
		if count++; count > shownDoubles {
			continue
		}
		g := read.gifts[i]
		row := lineDouble{Line: read.lines[i], Name: orNobody(g.DonorName), Received: day(g.ReceivedOn), Amount: g.Amount.String()}
		if before >= 0 {
			row.Before = read.lines[before]
		}
		for _, d := range kept[i][:min(3, len(kept[i]))] {
			row.Kept = append(row.Kept, r.double(d))
		}
		view.Rows = append(view.Rows, row)
	}
	switch {
	case count == 0:
		return view
	case count == len(read.gifts) && count > 1:
		view.Said = "Every line may be here already. Was this file imported before?"
	default:
		view.Said = counted(int64(count), "line has", "lines have") + " the amount and name of another gift within a week. If it is another gift, save it; else take the line out."
	}
	view.More = notShown(count, shownDoubles)
	return view
}

// notShown says how many of some are more than are shown, "" for none.
func notShown(all, shown int) string {
	if all <= shown {
		return ""
	}
	return "and " + thousands(int64(all-shown)) + " more"
}

// shortened is the beginning of what stands in a cell.
func shortened(cell string) string {
	const most = 60
	if utf8.RuneCountInString(cell) <= most {
		return cell
	}
	return string([]rune(cell)[:most]) + "…"
}
