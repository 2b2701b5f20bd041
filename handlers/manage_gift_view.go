package handlers

import (
	"strconv"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// giftStep is what a page about one repeated gift is for.
type giftStep int

const (
	giftCancelling giftStep = iota
	giftCancelled
	giftReasoned // and it was said why
	giftChanging
	giftChanged
)

// giftState is what such a page shows.
type giftState struct {
	Step    giftStep
	Gift    models.DonorSubscription
	Typed   string // the amount, or the reason
	Cover   bool   // the fees are covered from now on
	Problem problem
	Notice  string
	Mailed  bool // mails go out, so that one about it does
}

// giftView is such a page in words.
type giftView struct {
	Reference string
	Heading   string
	Sentences []string
	Notice    string
	Cancel    string // the button that ends it; "" where that is not asked
	Reason    *reasonView
	Amount    *amountView
	Back      bool // to the donor's gifts, where no button leads on
}

type reasonView struct {
	Typed, Problem string
	Most           int
}

// amountView is the form for another amount.
type amountView struct {
	Typed   string
	Problem problem
	Cover   bool
	Fees    string // what covering the fees adds, in words
}

// gift draws a page about one repeated gift.
func (v *views) gift(s giftState, now time.Time) ([]byte, error) {
	confirmed := ""
	if s.Mailed {
		confirmed = " We’ve emailed confirmation."
	}
	called := strings.ToLower(receipt.Frequency(s.Gift.Began.Frequency)) + " gift"
	view := giftView{Reference: s.Gift.Began.Reference, Notice: s.Notice}
	switch s.Step {
	case giftCancelled:
		view.Heading = "Cancelled."
		view.Sentences = []string{"You won’t be charged again." + confirmed, "Your past gifts aren’t affected, and their receipts stay where they are."}
		view.Reason, view.Back = &reasonView{Typed: s.Typed, Problem: s.Problem.Message, Most: maxReason}, true
	case giftReasoned:
		view.Heading = "Thank you."
		view.Sentences, view.Back = []string{"Our staff will read it."}, true
	case giftChanging:
		view.Heading = "Change your " + called
		view.Sentences = []string{"Now it is " + v.standing(s.Gift) + ". " + v.from(s.Gift, now) + " Nothing is charged today."}
		view.Amount = &amountView{Typed: s.Typed, Problem: s.Problem, Cover: s.Cover, Fees: "Add " + roughFee(v.c) + " so the full amount reaches " + unbroken(v.c.Organisation.Name)}
	case giftChanged:
		view.Heading = "Changed to " + v.standing(s.Gift) + "."
		view.Sentences, view.Back = []string{v.parts(s.Gift.Amount, s.Gift.FeesCovered), v.from(s.Gift, now) + confirmed}, true
	default:
		view.Heading = "Cancel your " + v.standing(s.Gift) + " gift?"
		if s.Gift.Began.Frequency == models.Monthly {
			view.Heading = "Cancel your " + s.Gift.Amount.Short() + " monthly gift?"
		}
		view.Sentences, view.Cancel = []string{"Your past gifts aren’t affected."}, "Cancel "+called
	}
	view.Sentences = nonEmpty(view.Sentences)
	return v.ofManage("gift", strings.TrimSuffix(view.Heading, "."), s.Problem, view)
}

// from says from when on a new amount is charged.
func (v *views) from(sub models.DonorSubscription, now time.Time) string {
	if next := v.nextDay(sub, now); next != "" {
		return "The new amount is charged from " + next + " on."
	}
	return "The new amount is charged from the next payment on."
}

// parts is what a payment is made of, where it is more than the gift.
func (v *views) parts(total, fees money.Minor) string {
	if fees == 0 {
		return ""
	}
	return "That is " + (total - fees).Short() + ", and " + fees.Short() + " for card fees."
}

// yearView is a year's gifts in words.
type yearView struct {
	Heading      string
	Organisation []string
	Name         string // the donor's, as given
	Lines        []yearLine
	Given        string
	Returned     string // "" where nothing went back
	Total        string
	Sums         []receipt.Line // what of it counts, where that is another sum
	Apart        []string       // the gifts that are not in it
	Statements   []string
	Note         string
	AsOf         string
}

// notSummed stands where stock would have an amount.
const notSummed = "not summed"

type yearLine struct{ Date, What, Amount, Returned, Stands string }

// year draws what a donor gave in a year, with what the statement of it says, to be printed on one's own printer.
func (v *views) year(y models.YearSummary, said receipt.Year, now time.Time) ([]byte, error) {
	year := strconv.Itoa(y.Year)
	view := yearView{Heading: "Your gifts in " + year, Name: y.Name, AsOf: v.date(now), Organisation: v.organisation()}
	var given, returned, stands money.Minor
	for _, g := range y.Gifts {
		line := yearLine{
			Date: v.date(g.ReceivedAt), What: receipt.Frequency(g.Frequency), Amount: g.Amount.String(),
			Returned: (g.Amount - g.Stands()).String(), Stands: g.Stands().String(),
		}
		if g.Method != "" {
			line.What = receipt.Offline(g.Method)
		}
		if g.Method == models.Stock {
			line.Amount, line.Returned, line.Stands = shares(g.Entered), notSummed, notSummed
		} else {
			given, returned, stands = given+g.Amount, returned+g.Amount-g.Stands(), stands+g.Stands()
		}
		if more := receipt.GiftOfYear(g); more != "" {
			line.What += "; " + more
		}
		view.Lines = append(view.Lines, line)
	}
	view.Given, view.Total = given.String(), stands.String()
	if returned > 0 {
		view.Returned = returned.String()
	}
	view.Apart, view.Statements = said.Apart, said.Statements
	if y.Summed != y.Stands || len(said.Sums) > 1 {
		view.Sums = said.Sums
	}
	view.Note = "What was refunded, or taken back in a dispute, is subtracted. Each gift has a receipt of its own."
	return v.ofManage("year", view.Heading, problem{}, view)
}

// organisation is who received the gifts, a line each.
func (v *views) organisation() []string {
	o := v.c.Organisation
	lines := []string{o.Recipient(), o.Address}
	if o.EIN != "" {
		lines = append(lines, "EIN "+o.EIN)
	}
	return nonEmpty(append(lines, o.Help))
}
