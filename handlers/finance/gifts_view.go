package finance

import (
	"net/url"
	"strings"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// giftsView is the list of gifts.
type giftsView struct {
	Problem                    string
	Search, Min, Max, From, To string // as typed
	Donor, Channel, Sort       string // carried on by the form
	Import, Article            string // likewise
	Statuses, Kinds            []choice
	Methods, Offline, Figures  []choice
	Chips                      []chip
	Open                       bool // the filters are in use
	Count                      string
	Figure                     string // what is followed: the head of its column
	Moved                      bool   // the days are those on which money moved
	Empty                      string // why nothing is listed
	Rows                       []giftRow
	ByDate, ByAmount           sorting
	Next, First                string // addresses of other pages
	Masked                     bool
	Exports                    []exportLink // what is listed, as files; none for whoever may take none
}

// choice is one option of a filter.
type choice struct {
	Value, Label string
	Chosen       bool
}

// chip is a filter that is in use, and the address without it.
type chip struct{ Label, Href string }

// sorting is the head of a column that orders the list.
type sorting struct {
	Aria string // ascending or descending; "" if another column orders it
	Href string // the other way round
	Does string // what following it does
}

// giftRow is one gift in the list.
type giftRow struct {
	Href, Date, Donor, Amount string
	Kind, Method              string
	Channel, ChannelHref      string
	Adds                      string // to the figure
	Status, Shape             string
	Unpaid                    bool   // nothing of the amount is there
	Payout                    string // the day on which it is due, or why there is none
	NoPayout                  bool
	PayoutHref                string
}

func (r *Rooms) gifts(a asked, page models.GiftPage, sees bool) giftsView {
	get := a.values.Get
	view := giftsView{
		Problem: strings.Join(a.problems, " "),
		Search:  get("q"), Min: get("min"), Max: get("max"), From: get("from"), To: get("to"),
		Donor: get("donor"), Channel: get("channel"), Sort: get("sort"), Import: get("import"), Article: get("article"),
		Statuses: choices(statusChoices, get("status")), Kinds: choices(kindChoices, get("frequency")),
		Methods: choices(methodChoices(), get("method")), Offline: choices(offlineChoices, get("offline")), Figures: choices(figureChoices, get("figure")),
		Chips: a.chips(), Count: sumWords(a.query.Figure, page), Masked: !sees, Moved: a.query.Figure.OfMoney(),
		ByDate:   a.sorting(models.NewestFirst, models.OldestFirst, "newest", "oldest"),
		ByAmount: a.sorting(models.LargestFirst, models.SmallestFirst, "largest", "smallest"),
	}
	if a.query.Figure != "" {
		view.Figure = label(figureChoices, string(a.query.Figure))
	}
	view.Open = len(view.Chips) > 0 && (len(view.Chips) > 1 || view.Search == "")
	for _, g := range page.Gifts {
		view.Rows = append(view.Rows, r.giftRow(a, g, sees))
	}
	if len(page.Gifts) > 0 && page.More {
		next := url.Values{"after": {page.Gifts[len(page.Gifts)-1].Donation.ID}}
		for name, all := range a.values {
			next[name] = all
		}
		view.Next = giftsPath + "?" + next.Encode()
	}
	if sees && len(page.Gifts) > 0 {
		view.Exports = a.exportLinks(counted(page.Count, "gift", "gifts"))
	}
	if a.query.After != "" {
		view.First = a.but("", "")
	}
	switch {
	case len(view.Rows) > 0:
	case a.query.After != "":
		view.Empty = "There is nothing after that."
	case len(view.Chips) > 0:
		view.Empty = "No gift matches. Take away a filter to see more."
	default:
		view.Empty = "No gifts yet. The first one is listed here within seconds of its payment."
	}
	return view
}

func (r *Rooms) giftRow(a asked, g models.ListedGift, sees bool) giftRow {
	d := g.Donation
	row := giftRow{
		Href: giftPath(d.ID), Date: r.date(d.At()), Donor: donorName(g, sees), Amount: d.Worth().String(), Unpaid: d.Captured <= 0,
		Kind: kindWords(g.Kind()), Method: paidWith(g.DonorGift), Channel: channelWords(g.Channel()), ChannelHref: a.but("channel", g.Channel()),
	}
	if !sees {
		row.Channel = masked(row.Channel)
		if strings.Contains(g.Channel(), "@") {
			row.ChannelHref = ""
		}
	}
	row.Status, row.Shape = statusWords(g.DonorGift)
	if a.query.Figure != "" {
		row.Adds = g.Moved.String()
	}
	switch row.NoPayout = g.Payout == nil; {
	case g.Payout != nil:
		row.Payout, row.PayoutHref = shortDay(g.Payout.ArrivalOn), payoutPath(g.Payout.ID)
	case g.Offline != "":
		row.Payout = "not at Stripe"
	case d.Captured > 0:
		row.Payout = "not yet"
	}
	return row
}

// chips are the filters in use, each with the address without it.
func (a asked) chips() []chip {
	var chips []chip
	for _, name := range parameters {
		value := a.values.Get(name)
		if value == "" || name == "sort" {
			continue
		}
		chips = append(chips, chip{chipWords(name, value), a.but(name, "")})
	}
	return chips
}

func chipWords(name, value string) string {
	switch name {
	case "q":
		return "“" + value + "”"
	case "figure":
		return "Adds to: " + label(figureChoices, value)
	case "donor":
		return "One donor"
	case "status":
		return label(statusChoices, value)
	case "frequency":
		return kindWords(value)
	case "channel":
		return channelWords(value)
	case "article":
		return "Article: " + articleWords(value)
	case "method":
		return methodWords(value)
	case "offline":
		return label(offlineChoices, value)
	case "import":
		return "One import"
	case "min":
		return "At least $" + strings.TrimPrefix(value, "$")
	case "max":
		return "At most $" + strings.TrimPrefix(value, "$")
	case "from":
		return "From " + value
	default:
		return "To " + value
	}
}

// sorting is the head of the column that these two orders go by; down is the
// one that it begins with.
func (a asked) sorting(down, up models.GiftSort, first, last string) sorting {
	s := sorting{Href: a.but("sort", string(down)), Does: first}
	switch a.query.Sort {
	case down:
		s = sorting{"descending", a.but("sort", string(up)), last}
	case up:
		s.Aria = "ascending"
	default:
	}
	return s
}

func choices(all []choice, chosen string) []choice {
	options, known := make([]choice, 0, len(all)+1), false
	for _, c := range all {
		c.Chosen = c.Value == chosen
		known = known || c.Chosen
		options = append(options, c)
	}
	if chosen != "" && !known {
		options = append(options, choice{chosen, chosen, true}) // so that the form carries it on
	}
	return options
}

// sumWords says how many gifts are listed and what they come to: what they add
// to the figure that is followed, as the overview has it.
func sumWords(f models.Figure, page models.GiftPage) string {
	gifts, things := counted(page.Count, "gift", "gifts"), func(one, many string) string { return counted(page.Figure.Things, one, many) }
	adds := page.Figure.Amount.String()
	switch f {
	case models.GrossFigure, models.RaisedFigure, models.NetFigure:
		return gifts + ", " + adds + " " + strings.ToLower(label(figureChoices, string(f)))
	case models.RefundsFigure:
		return gifts + ", " + adds + " given back"
	case models.DisputesFigure:
		return gifts + ", " + adds + " taken back by banks"
	case models.FeesFigure:
		return gifts + ", " + adds + " of fees"
	case models.GiftsFigure:
		says := gifts + " of " + counted(page.Figure.Donors, "donor", "donors") + ", " + page.Gross.String()
		if page.Figure.Median > 0 {
			says += ", the middle one " + page.Figure.Median.String()
		}
		return says
	case models.DisputesUnderWay:
		return things("dispute", "disputes") + ", " + adds + " held"
	case models.RefundsUnderWay:
		return things("refund", "refunds") + ", " + adds + " on the way"
	case models.DebitsUnderWay:
		return things("bank debit", "bank debits") + ", " + adds + " not in any other figure"
	case models.FailingNow:
		return things("recurring gift", "recurring gifts") + ", " + adds + " at each payment"
	case models.RecurringNow:
		return things("recurring giver", "recurring givers") + ", " + adds + " a month"
	default:
		return gifts + ", " + page.Gross.String()
	}
}

// label is the name of a choice, or the value itself if there is none.
func label(all []choice, value string) string {
	for _, c := range all {
		if c.Value == value {
			return c.Label
		}
	}
	return value
}

// donorName is whose gift it is, as far as its reader may see that.
func donorName(g models.ListedGift, sees bool) string {
	switch {
	case !sees && g.Email == "":
		return "—"
	case !sees:
		return masked(g.Email)
	case g.Donation.DonorName != "":
		return g.Donation.DonorName
	case g.Email != "":
		return g.Email
	default:
		return "No name given"
	}
}

func paidWith(g models.DonorGift) string {
	switch {
	case g.Offline != "":
		return methodNames[g.Offline]
	case g.Method == "" && g.Last4 == "":
		return ""
	default:
		return receipt.Payment(g.Method, g.Last4)
	}
}
