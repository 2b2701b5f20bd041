package finance

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// The bounds of what staff may write, in characters.
const (
	maxLine = 200
	maxNote = 1000
)

// offlineForm is the form of an offline gift as it was filled in, so that it can
// be shown again with nothing lost.
type offlineForm struct {
	Amount, ReceivedOn, DatedOn, Method, Name, Email, Address, Reference, Note, FormKey string
}

// field is one input of a form, with what is wrong in it.
type field struct {
	Name, Label, Hint, Value, Problem string
	Kind                              string // line, area, email, date or dollars
	Needed                            bool
}

type option struct{ Value, Label string }

// problem is what is wrong with a field; "" for the form as a whole.
type problem struct{ Field, Message string }

type problems []problem

// on is what is wrong with a field, "" for nothing.
func (ps problems) on(field string) string {
	for _, p := range ps {
		if p.Field == field {
			return p.Message
		}
	}
	return ""
}

// readOffline takes the fields of a posted form, cleaned of what is no text.
func readOffline(sent url.Values) offlineForm {
	return offlineForm{
		Amount: oneLine(sent.Get("amount")), ReceivedOn: oneLine(sent.Get("received_on")), DatedOn: oneLine(sent.Get("dated_on")),
		Method: oneLine(sent.Get("method")), Name: oneLine(sent.Get("donor_name")), Email: oneLine(sent.Get("donor_email")),
		Address: lines(sent.Get("donor_address")), Reference: oneLine(sent.Get("reference")), Note: lines(sent.Get("note")),
		FormKey: oneLine(sent.Get("form_key")),
	}
}

// gift reads what was typed, and says of every field that can't be taken why.
func (f offlineForm) gift(zone *time.Location, now time.Time) (models.NewOfflineGift, problems) {
	var wrong problems
	add := func(field, message string) { wrong = append(wrong, problem{field, message}) }
	g := models.NewOfflineGift{
		Method: models.OfflineMethod(f.Method), DonorName: f.Name, DonorEmail: f.Email, DonorAddress: f.Address,
		Reference: f.Reference, Note: f.Note, Zone: zone, EnteredBy: "?", FormKey: f.FormKey,
	}
	var err error
	if g.Amount, err = money.Parse(f.Amount); err != nil || g.Amount == 0 {
		add("amount", "Enter the amount in dollars, like 250 or 1,250.50.")
	}
	if methodNames[g.Method] == "" {
		add("method", "Choose how it was given.")
	}
	if g.ReceivedOn, err = time.Parse(time.DateOnly, f.ReceivedOn); err != nil || g.ReceivedOn.Year() < 1900 {
		add("received_on", "Enter the day on which it was received, as 2026-11-24.")
	}
	if f.DatedOn != "" {
		dated, err := time.Parse(time.DateOnly, f.DatedOn)
		if g.DatedOn = &dated; err != nil || dated.Year() < 1900 {
			add("dated_on", "Enter the postmark’s day as 2026-11-24, or nothing.")
		}
	}
	if f.Email != "" && !isAddress(f.Email) {
		add("donor_email", "Enter an e-mail address, like name@example.org, or nothing.")
	}
	for _, v := range f.view(nil).Fields {
		most := maxLine
		if v.Kind == "area" {
			most = maxNote
		}
		if tooLong(v.Value, most) {
			add(v.Name, fmt.Sprintf("Enter at most %s characters.", thousands(int64(most))))
		}
	}
	if tooLong(f.FormKey, maxLine) {
		add("", "The form can’t be told from others. Open the page anew.")
	}
	if g.Method == models.Stock && f.Reference == "" {
		add("reference", "Say what was given, like 40 shares of Example Corp. The receipt names that, and no amount.")
	}
	if len(wrong) == 0 {
		wrong = append(wrong, daysOf(g, now)...)
	}
	return g, wrong
}

// daysOf is what is wrong with the days of a gift.
func daysOf(g models.NewOfflineGift, now time.Time) problems {
	switch err := g.Check(now); {
	case errors.Is(err, models.ErrLatePostmark):
		return problems{{"dated_on", "That is later than the day received. Correct one of the two."}}
	case !errors.Is(err, models.ErrInFuture):
		return nil
	}
	g.DatedOn = nil
	if errors.Is(g.Check(now), models.ErrInFuture) {
		return problems{{"received_on", "That day has not begun. Enter it when the gift has come."}}
	}
	return problems{{"dated_on", "That day has not begun. Enter the day of the postmark."}}
}

// view is the form as a page shows it.
func (f offlineForm) view(wrong problems) offlineView {
	view := offlineView{
		FormKey: f.FormKey, Wrong: wrong,
		Method: field{Name: "method", Value: f.Method, Problem: wrong.on("method")},
		Fields: []field{
			{Name: "amount", Label: "Amount", Value: f.Amount, Kind: "dollars", Needed: true},
			{Name: "received_on", Label: "Day received", Value: f.ReceivedOn, Kind: "date", Needed: true},
			{Name: "dated_on", Label: "Postmark", Hint: "The day on the envelope of a check. For the donor’s taxes that is the day of the gift.", Value: f.DatedOn, Kind: "date"},
			{Name: "donor_name", Label: "Donor’s name", Hint: "As it should stand on the receipt.", Value: f.Name, Kind: "line"},
			{Name: "donor_address", Label: "Donor’s address", Value: f.Address, Kind: "area"},
			{Name: "donor_email", Label: "Donor’s e-mail", Hint: "Where the receipt goes. Without it, print the receipt.", Value: f.Email, Kind: "email"},
			{Name: "reference", Label: "Reference", Hint: "Stands on the receipt: a check’s number, a wire’s reference; of stock, what was given, like 40 shares of Example Corp.", Value: f.Reference, Kind: "line"},
			{Name: "note", Label: "Note", Hint: "Seen by staff only.", Value: f.Note, Kind: "area"},
		},
	}
	for i := range view.Fields {
		at := &view.Fields[i]
		at.Problem = wrong.on(at.Name)
		if _, err := time.Parse(time.DateOnly, at.Value); at.Kind == "date" && at.Value != "" && err != nil {
			at.Kind = "line" // an input for dates would lose what was typed
		}
	}
	for _, m := range models.OfflineMethods() {
		view.Methods = append(view.Methods, option{string(m), methodNames[m]})
	}
	return view
}

// sent is the form again, as it was typed.
func (f offlineForm) sent() []hidden {
	return []hidden{
		{"amount", f.Amount},
		{"received_on", f.ReceivedOn},
		{"dated_on", f.DatedOn},
		{"method", f.Method},
		{"donor_name", f.Name},
		{"donor_email", f.Email},
		{"donor_address", f.Address},
		{"reference", f.Reference},
		{"note", f.Note},
		{"form_key", f.FormKey},
	}
}

// facts is the gift as it was understood.
func (f offlineForm) facts(g models.NewOfflineGift) []fact {
	facts := []fact{{"Amount", g.Amount.String()}, {"Method", methodNames[g.Method]}, {"Received", day(g.ReceivedOn)}}
	if g.DatedOn != nil {
		facts = append(facts, fact{"Postmark", day(*g.DatedOn)})
	}
	facts = append(facts, fact{"From", orNobody(g.DonorName)})
	for _, more := range []fact{{"Address", g.DonorAddress}, {"Email", g.DonorEmail}, {"Reference", g.Reference}, {"Note", g.Note}} {
		if more.Value != "" {
			facts = append(facts, more)
		}
	}
	return facts
}

func orNobody(name string) string {
	if name == "" {
		return "Nobody named"
	}
	return name
}

// newFormKey is a key that makes sending one form twice one act.
func newFormKey() string { return rand.Text() }

// isAddress reports whether somebody typed an e-mail address, and nothing else.
func isAddress(typed string) bool {
	address, err := mail.ParseAddress(typed)
	return err == nil && models.FoldEmail(address.Address) == models.FoldEmail(typed)
}

func tooLong(s string, most int) bool { return utf8.RuneCountInString(s) > most }

// oneLine cleans a value of one line: no control characters, no space around it.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(printed, strings.ToValidUTF8(s, "\uFFFD")))
}

// lines cleans a value that may have several.
func lines(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"), "\r", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return printed(r)
	}, s))
}

func printed(r rune) rune {
	if unicode.IsControl(r) {
		return -1
	}
	return r
}
