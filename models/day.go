package models

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// DayFigures are what gifts came to in some days, in minor units of the books'
// currency. Money counts on the day of its posting, which is the one that it
// moved on unless that was closed; a gift on the day that it was received.
type DayFigures struct {
	Gross    money.Minor
	Refunded money.Minor
	Disputed money.Minor // withdrawn − reinstated
	Fees     money.Minor
	Gifts    int64
}

// Raised is what readers see: Gross − Refunded − Disputed.
func (f DayFigures) Raised() money.Minor { return f.Gross - f.Refunded - f.Disputed }

// Net is what is left after Stripe's fees.
func (f DayFigures) Net() money.Minor { return f.Raised() - f.Fees }

// Add adds others to these.
func (f *DayFigures) Add(o DayFigures) {
	f.Gross += o.Gross
	f.Refunded += o.Refunded
	f.Disputed += o.Disputed
	f.Fees += o.Fees
	f.Gifts += o.Gifts
}

// The kinds of gifts that the figures are told apart by: the frequency of a
// first payment is one, and these are the others.
const (
	MonthlyRenewal = "monthly_renewal"
	YearlyRenewal  = "yearly_renewal"
	OfflineKind    = "offline"
)

// Channels that are no placement and no campaign link. The others are "src/"
// and the placement, or "utm/" with source and medium.
const (
	DirectChannel  = "direct"
	OfflineChannel = "offline"
)

// NoArticle stands for the gifts that came out of no article. The others of an
// article are named "src/" and the article, and those that did not pass through
// Stripe OfflineChannel.
const NoArticle = "none"

// channelOf is the way on which a gift came. A link's own word of it stands
// before that of the place where it stood.
func channelOf(c Choices) string {
	switch {
	case c.UTMSource != "" || c.UTMMedium != "":
		return "utm/" + c.UTMSource + "/" + c.UTMMedium
	case c.Src != "":
		return "src/" + c.Src
	default:
		return DirectChannel
	}
}

// articleOf is the article out of which a gift came, whatever link led to it. A
// renewal bears that of the gift that began it.
func articleOf(c Choices) string {
	if c.Src == "" {
		return NoArticle
	}
	return "src/" + c.Src
}

func kindOf(d Donation) string {
	switch {
	case d.Renewal && d.Frequency == Yearly:
		return YearlyRenewal
	case d.Renewal:
		return MonthlyRenewal
	default:
		return string(d.Frequency)
	}
}

// dayPlace is where figures stand: the day, and the kind of gift.
type dayPlace struct {
	Day       string // YYYY-MM-DD in the books' zone
	Frequency string
	Method    string
	Channel   string
	Article   string
	Amount    money.Minor // of one gift, where gifts are counted
}

func (p dayPlace) compare(o dayPlace) int {
	return cmp.Or(cmp.Compare(p.Day, o.Day), cmp.Compare(p.Frequency, o.Frequency), cmp.Compare(p.Method, o.Method),
		cmp.Compare(p.Channel, o.Channel), cmp.Compare(p.Article, o.Article), cmp.Compare(p.Amount, o.Amount))
}

// days are figures by their places.
type days map[dayPlace]DayFigures

func (all days) add(p dayPlace, f DayFigures) {
	sum := all[p]
	sum.Add(f)
	if all[p] = sum; sum == (DayFigures{}) {
		delete(all, p)
	}
}

// join adds figures to these, and leave takes them away again.
func (all days) join(others days) {
	for p, f := range others {
		all.add(p, f)
	}
}

func (all days) leave(others days) {
	for p, f := range others {
		all.add(p, DayFigures{-f.Gross, -f.Refunded, -f.Disputed, -f.Fees, -f.Gifts})
	}
}

// places are those that hold anything, in their order: what is written in one
// order by all never waits in a circle.
func (all days) places() []dayPlace {
	places := make([]dayPlace, 0, len(all))
	for p := range all {
		places = append(places, p)
	}
	slices.SortFunc(places, dayPlace.compare)
	return places
}

// daysOf is what a gift adds to the figures, by the set of its facts alone.
func daysOf(d Donation, facts []storedFact, zone *time.Location) days {
	all := days{}
	place := dayPlace{Frequency: kindOf(d), Channel: channelOf(d.Choices), Article: articleOf(d.Choices)}
	method := methodsOf(facts)
	var received *storedFact
	undone := undoneOf(facts)
	for i, f := range facts {
		if f.Kind == OfflineGiven {
			place.Frequency, place.Channel, place.Article = OfflineKind, OfflineChannel, OfflineChannel
		}
		if f.pays() && !undone[f.Object] && (received == nil || f.before(*received)) {
			received = &facts[i]
		}
	}
	for _, f := range facts {
		place.Day, place.Method = dayIn(zone, f.booked()), method(f)
		all.add(place, moved(f.Kind, f.Amount))
	}
	if received != nil && fold(d.AmountCharged, person{}, facts).counted {
		place.Day, place.Method, place.Amount = dayIn(zone, received.At), received.Method, d.AmountCharged
		all.add(place, DayFigures{Gifts: 1})
	}
	return all
}

func (f storedFact) pays() bool { return f.Kind == Charged || f.Kind == OfflineGiven }

// before tells which of two payments came first, the same for every order in
// which they became known.
func (f storedFact) before(o storedFact) bool {
	return cmp.Or(f.At.Compare(o.At), strings.Compare(f.Key, o.Key)) < 0
}

// methodsOf says of each fact what the payment was made with that it is about.
// A fee names no charge, but the charge, refund or dispute that it was kept of.
// What names neither is counted to the first payment.
func methodsOf(facts []storedFact) func(storedFact) string {
	charges, methods := map[string]string{}, map[string]string{}
	var first *storedFact
	for i, f := range facts {
		if f.Object != "" && f.Charge != "" {
			charges[f.Object] = f.Charge
		}
		if f.pays() {
			methods[f.Charge] = f.Method
			if first == nil || f.before(*first) {
				first = &facts[i]
			}
		}
	}
	return func(f storedFact) string {
		if method, ok := methods[cmp.Or(f.Charge, charges[f.Object])]; ok || first == nil {
			return method
		}
		return first.Method
	}
}

// moved is what a fact of a kind changes.
func moved(kind FactKind, amount money.Minor) DayFigures {
	switch kind {
	case Charged, OfflineGiven:
		return DayFigures{Gross: amount}
	case ChargeUndone, OfflineUndone:
		return DayFigures{Gross: -amount}
	case RefundMade:
		return DayFigures{Refunded: amount}
	case RefundUndone:
		return DayFigures{Refunded: -amount}
	case DisputeMoved:
		return DayFigures{Disputed: amount}
	case FeeKept:
		return DayFigures{Fees: amount}
	default:
		return DayFigures{}
	}
}

// dayIn is the day of a moment in a zone.
func dayIn(zone *time.Location, at time.Time) string { return at.In(zone).Format(time.DateOnly) }
