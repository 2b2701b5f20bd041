package finance

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// giftView is the page of one gift.
type giftView struct {
	Said, Problem string
	Note          string // as typed, for a form that comes back
	ID, Reference string
	Amount        string
	Status, Shape string
	Donor, Date   string
	AtStripe      string // the payment's page in Stripe's dashboard; "" if there is none, or who reads may not see it
	Zone          string // in which the times are
	Story         []happening
	Ladder        []rung
	Details       []detail
	Receipts      []receiptLine
	CanResend     bool
	Refund        string // where the gift is refunded; "" if nothing is left, or who reads may not
	Reverse       string // where an offline gift is taken back, likewise
	Erase         string // where its donor is erased, likewise
	Erased        string // when that was, by whom, and what is left to do; "" for others
	Notes         []noteLine
	Sees          bool // who reads may see donors
}

// rung is one line of the money ladder.
type rung struct {
	Name, Aside, Value string
	Sum                bool
}

type detail struct {
	Name, Value, Href string
	Code              bool // an id, to be told letter by letter
}

type receiptLine struct {
	Name, Amount, Issued, State string
	Href                        string // "" for who may not see donors
}

type noteLine struct{ Who, When, Text string }

func (r *Rooms) giftView(view giftView, h models.GiftHistory, sees bool) giftView {
	d := h.Donation
	view.ID, view.Reference, view.Amount, view.Sees = d.ID, d.Reference, d.Worth().String(), sees
	view.Status, view.Shape = statusWords(h.DonorGift)
	view.Donor, view.Date = donorName(h.ListedGift, sees), d.At().In(r.Campaign.Zone).Format("Mon Jan 2, 2006")
	view.Zone = d.At().In(r.Campaign.Zone).Format("MST")
	view.Story = r.story(h, sees)
	view.Ladder = ladder(h)
	view.Details = r.details(h, sees)
	view.Receipts = r.receiptLines(h, sees)
	if !sees {
		return view
	}
	view.AtStripe = atStripe(h)
	switch {
	case h.Entered == nil && d.Disputed == 0 && d.Captured > d.Refunded: // Stripe refunds nothing of what a bank took back in part
		view.Refund = giftPath(d.ID) + "/refund"
	case h.Entered != nil && h.Entered.ReversedAt == nil:
		view.Reverse = giftPath(d.ID) + "/reverse"
	}
	view.CanResend = len(h.Receipts) > 0 && h.Email != ""
	for _, n := range h.Notes {
		view.Notes = append(view.Notes, noteLine{string(n.Who), r.moment(n.At), n.Text})
	}
	return view
}

// ladder leads from what was chosen to what the newsroom keeps.
func ladder(h models.GiftHistory) []rung {
	d := h.Donation
	var rungs []rung
	part := func(name, aside string, amount money.Minor) {
		if amount != 0 {
			rungs = append(rungs, rung{name, aside, amount.String(), false})
		}
	}
	sum := func(name string, amount money.Minor) { rungs = append(rungs, rung{name, "", amount.String(), true}) }
	part("Gift", "", d.Amount)
	part("Fees the donor covered", "", d.FeesCovered)
	if d.Captured == 0 {
		part("Under way", "counts once it clears", d.Pending)
		part("Not received", "", -d.AmountCharged)
	} else {
		part("Paid beside what was agreed", "", d.Captured-d.AmountCharged)
	}
	sum("Gross", d.Captured)
	part("Refunded", "", -d.Refunded)
	part("Held in disputes", "", -d.Disputed)
	sum("Counts in the tracker", d.Captured-d.Refunded-d.Disputed)
	aside := ""
	if d.Refunded > 0 && d.FeeTaken > 0 {
		aside = "not returned"
	}
	part("Stripe’s fees", aside, -d.FeeTaken)
	sum("Net", d.Captured-d.Refunded-d.Disputed-d.FeeTaken)
	return rungs
}

// details are what is known beside the money. Who may not see donors is shown
// nothing that a donor, or somebody about one, has typed.
func (r *Rooms) details(h models.GiftHistory, sees bool) []detail {
	d := h.Donation
	var all []detail
	add := func(name, value, href string) {
		if value != "" {
			all = append(all, detail{Name: name, Value: value, Href: href})
		}
	}
	channel, channelHref := channelWords(h.Channel()), filters{path: giftsPath}.but("channel", h.Channel())
	if sees {
		add("Donor", d.DonorName, "")
		if d.DonorID != nil {
			add("Email", h.Email, filters{path: giftsPath}.but("donor", *d.DonorID))
		}
		add("Address", d.DonorAddress, "")
	} else {
		add("Email", masked(h.Email), "")
		if masked(channel) != channel {
			channel, channelHref = masked(channel), ""
		}
	}
	for _, open := range h.Disputes {
		add("Respond by", r.respondBy(open), "")
	}
	add("Frequency", kindWords(h.Kind()), "")
	add("Method", paidWith(h.DonorGift), "")
	add("Channel", channel, channelHref)
	if sees {
		add("Link", strings.Trim(d.UTMCampaign+" / "+d.UTMContent, " /"), "")
	}
	add("Newsletter", r.newsletter(h), "")
	if sees {
		add("Dedication", dedication(d), "")
		add("Note of the donor", d.Comment, "")
		add("In return", benefit(d), "")
		all = append(all, r.enteredDetails(h.Entered)...)
	}
	for _, id := range append(h.Names, strings.Fields(deref(d.SubscriptionID))...) {
		all = append(all, detail{Name: "Stripe", Value: id, Code: true})
	}
	return all
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func dedication(d models.Donation) string {
	switch d.Tribute {
	case models.InHonor:
		return "In honor of " + d.TributeName
	case models.InMemory:
		return "In memory of " + d.TributeName
	default:
		return ""
	}
}

func benefit(d models.Donation) string {
	if d.Benefit == "" {
		return ""
	}
	return d.Benefit + ", worth " + d.BenefitValue.String()
}

// newsletter is what became of the donor's wish for it.
func (r *Rooms) newsletter(h models.GiftHistory) string {
	switch {
	case h.Wish != nil && h.Wish.ConfirmedAt != nil:
		return "Confirmed " + r.date(*h.Wish.ConfirmedAt)
	case h.Wish != nil:
		return "Asked for, not confirmed"
	case h.Donation.Newsletter:
		return "Asked for"
	default:
		return "Not asked for"
	}
}

// enteredDetails are what a person entered of an offline gift.
func (r *Rooms) enteredDetails(o *models.OfflineGift) []detail {
	if o == nil {
		return nil
	}
	all := []detail{{Name: "Received on", Value: shortDay(o.ReceivedOn)}}
	if o.DatedOn != nil {
		all = append(all, detail{Name: "Dated", Value: shortDay(*o.DatedOn)})
	}
	for _, d := range []detail{
		{Name: "Number", Value: o.Reference}, {Name: "Note", Value: o.Note}, {Name: "Entered by", Value: o.EnteredBy},
	} {
		if d.Value != "" {
			all = append(all, d)
		}
	}
	return all
}

// receiptLines are the documents about the gift, the newest first.
func (r *Rooms) receiptLines(h models.GiftHistory, sees bool) []receiptLine {
	var lines []receiptLine
	for i := len(h.Receipts) - 1; i >= 0; i-- {
		doc := h.Receipts[i]
		line := receiptLine{Name: receiptName(doc), Amount: doc.Amount.String(), Issued: r.date(doc.IssuedAt), State: "not mailed"}
		if i < len(h.Receipts)-1 {
			line.State = "replaced"
		}
		for _, m := range h.Mails {
			if m.Kind == models.MailReceipt && strings.HasPrefix(m.Key, doc.ID+":") {
				line.State = r.mailState(m)
			}
		}
		if sees {
			line.Href = "/receipts/" + links.New(r.Key).Receipt(doc.ID, links.ReceiptUntil(h.Donation.At(), r.Campaign.Zone))
		}
		lines = append(lines, line)
	}
	return lines
}

func receiptName(doc models.Receipt) string {
	number := " " + thousands(doc.Number)
	switch doc.Kind {
	case models.AmendedReceipt:
		return "Amended receipt" + number
	case models.VoidReceipt:
		return "Void receipt" + number
	default:
		return "Receipt" + number
	}
}

func (r *Rooms) mailState(m models.MailRecord) string {
	switch {
	case m.State == models.MailIsSent && m.EndedAt != nil:
		return "emailed " + r.date(*m.EndedAt)
	case m.State == models.MailIsQueued:
		return "waits to be emailed"
	case m.State == models.MailIsHeld:
		return "held until a person releases it"
	case m.State == models.MailIsFailed:
		return "could not be emailed"
	default:
		return "not emailed"
	}
}

// atStripe is the payment's page in Stripe's dashboard.
func atStripe(h models.GiftHistory) string {
	dashboard := "https://dashboard.stripe.com/"
	if !h.Donation.Livemode {
		dashboard += "test/"
	}
	for _, prefix := range []string{"pi_", "ch_"} {
		for _, name := range h.Names {
			if strings.HasPrefix(name, prefix) {
				return dashboard + "payments/" + name
			}
		}
	}
	return ""
}

// pretty is a raw event, laid out to be read.
func pretty(raw []byte) string {
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return string(raw)
	}
	return out.String()
}
