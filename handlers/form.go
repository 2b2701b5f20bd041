package handlers

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// The bounds of what a reader may write, in characters. Stripe keeps at most 500
// characters per value of metadata, where all of these travel.
const (
	maxComment     = 500
	maxTributeName = 80
	maxSource      = 200
)

// other is what the page's own form sends for an amount that is typed.
const other = "other"

// donateForm is the giving form as a reader filled it in: kept as typed, so
// that the page can be shown again with nothing lost.
type donateForm struct {
	Frequency   string
	Amount      string            // from links and clients; wins where not empty
	Picked      map[string]string // by frequency: a preset in dollars, or other
	OtherAmount string
	CoverFees   bool
	Newsletter  bool
	NoBenefit   bool // what the gift would bring is declined
	Comment     string
	Tribute     string
	TributeName string
	Source      source
	FormKey     string
	Cancelled   string // the token of the payment page that the reader came back from
}

// source is where a reader came from, as the page's own address said it.
type source struct {
	Src, UTMSource, UTMMedium, UTMCampaign, UTMContent string
}

// readDonateForm takes the fields of a posted form. Unknown fields are
// ignored and the first of a repeated field counts. Words are cleaned here,
// once, of what is not text (broken UTF-8, control characters); amounts are
// not, because "5", a stray byte and "0" must never become 50.
func readDonateForm(values url.Values) donateForm {
	f := donateForm{
		Frequency:   asTyped(values.Get("frequency")),
		Amount:      asTyped(values.Get("amount")),
		Picked:      map[string]string{},
		OtherAmount: asTyped(values.Get("other_amount")),
		CoverFees:   ticked(values.Get("cover_fees")),
		Newsletter:  ticked(values.Get("newsletter")),
		NoBenefit:   ticked(values.Get("no_benefit")),
		Comment:     text(values.Get("comment")),
		Tribute:     line(values.Get("tribute")),
		TributeName: line(values.Get("tribute_name")),
		Source:      readSource(values),
		FormKey:     values.Get("form_key"),
		Cancelled:   values.Get("cancelled"),
	}
	for _, frequency := range []models.Frequency{models.Once, models.Monthly, models.Yearly} {
		if picked := asTyped(values.Get(amountField(frequency))); picked != "" {
			f.Picked[string(frequency)] = picked
		}
	}
	return f
}

// readSource reads where a link stood. Letters put their reader's address into
// links now and then: no more of it is kept than tells two readers apart.
func readSource(values url.Values) source {
	at := func(name string) string { return cut(models.MaskEmails(line(values.Get(name))), maxSource) }
	return source{
		Src:         at("src"),
		UTMSource:   at("utm_source"),
		UTMMedium:   at("utm_medium"),
		UTMCampaign: at("utm_campaign"),
		UTMContent:  at("utm_content"),
	}
}

// prefilled is the form that a link fills in, as in /?amount=40&frequency=monthly;
// /?amount=other leaves the amount to be typed. What the campaign does not offer, or what is no amount, is left out without
// a word: a reader is not blamed for a link.
func prefilled(query url.Values, c models.Campaign) donateForm {
	f := donateForm{Picked: defaultAmounts(c), Source: readSource(query)}
	frequency := defaultFrequency(c)
	if asked := models.Frequency(query.Get("frequency")); c.Offers(asked) {
		frequency = asked
	}
	f.Frequency = string(frequency)
	if query.Get("amount") == other {
		f.Picked[f.Frequency] = other
		return f
	}
	amount, err := money.Parse(asTyped(query.Get("amount")))
	if err != nil || amount < c.Least || amount > c.Most {
		return f
	}
	f.choose(c, frequency, amount)
	return f
}

// again is the form with a donation's choices in it, for readers who come back
// without having paid. It carries a new key, because the old one stands for
// the payment page they left.
func again(d models.Choices, c models.Campaign) donateForm {
	f := donateForm{
		Frequency:   string(d.Frequency),
		Picked:      defaultAmounts(c),
		CoverFees:   d.FeesCovered > 0,
		Newsletter:  d.Newsletter,
		NoBenefit:   d.Benefit == "" && c.Receipts.Benefit.ComesWith(d.Amount),
		Comment:     d.Comment,
		Tribute:     string(d.Tribute),
		TributeName: d.TributeName,
		Source:      source{d.Src, d.UTMSource, d.UTMMedium, d.UTMCampaign, d.UTMContent},
	}
	f.choose(c, d.Frequency, d.Amount)
	return f.rekeyed()
}

// choose selects an amount: its preset where there is one, else the typed one.
func (f *donateForm) choose(c models.Campaign, frequency models.Frequency, amount money.Minor) {
	for _, preset := range c.Presets[frequency].Amounts {
		if preset == amount {
			f.Picked[string(frequency)] = typed(preset)
			return
		}
	}
	f.Picked[string(frequency)] = other
	f.OtherAmount = typed(amount)
}

// validKey is what a form_key may look like.
var validKey = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// keyed is the form with a key that can be posted: its own if it is one, else
// a new one. For pages that are never cached.
func (f donateForm) keyed() donateForm {
	if validKey.MatchString(f.FormKey) {
		return f
	}
	return f.rekeyed()
}

// rekeyed is the form with a new key, so that posting it is a new gift.
func (f donateForm) rekeyed() donateForm {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime ends the program first
	f.FormKey = base64.RawURLEncoding.EncodeToString(b[:])
	return f
}

// amountField is the name of the radio group for one frequency.
func amountField(f models.Frequency) string { return string(f) + "_amount" }

func defaultFrequency(c models.Campaign) models.Frequency {
	if c.Offers(models.Once) || len(c.Frequencies) == 0 {
		return models.Once
	}
	return c.Frequencies[0]
}

// defaultAmounts are the amounts that are chosen beforehand, by frequency.
func defaultAmounts(c models.Campaign) map[string]string {
	picked := map[string]string{}
	for _, offered := range c.Frequencies {
		if preset := c.Presets[offered].Default; preset > 0 {
			picked[string(offered)] = typed(preset)
		}
	}
	return picked
}

// typed writes an amount as a person would type it: "50", "12.50".
func typed(m money.Minor) string {
	return strings.TrimSuffix(m.Decimal(), ".00")
}

func ticked(s string) bool { return s == "1" || s == "on" || s == "true" }

// asTyped keeps a value as it is but for space around it; broken UTF-8 shows
// as such.
func asTyped(s string) string { return strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD")) }

// line cleans a value of one line: no control characters, no space around it.
func line(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}

// text cleans a value of several lines. Browsers send line ends as two
// characters, which the reader never typed and is not charged for.
func text(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s))
}

// cut keeps the first n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n]))
}

// tooLong is the message for a text beyond its bound, "" if it is within.
func tooLong(s string, limit int, what string) string {
	if n := utf8.RuneCountInString(s); n > limit {
		return fmt.Sprintf("Shorten %s to %d characters; it has %d", what, limit, n)
	}
	return ""
}
