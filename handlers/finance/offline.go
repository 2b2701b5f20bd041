package finance

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/models"
)

const offlinePath = "/finance/offline"

type offlineView struct {
	Fields  []field
	Methods []option
	Method  field
	FormKey string
	Wrong   problems
}

type reviewView struct {
	Sent    []hidden // what was typed, to be sent again
	Facts   []fact
	Doubles []doubleView
}

// hidden is a value that a form carries along.
type hidden struct{ Name, Value string }

// fact is one line of what is known.
type fact struct{ Name, Value string }

type doubleView struct{ Href, Reference, Name, Amount, Received, Came string }

func (r *Rooms) getOffline(v *visit) error {
	return r.offlineForm(v, http.StatusOK, offlineForm{FormKey: newFormKey()}, nil)
}

func (r *Rooms) offlineForm(v *visit, status int, f offlineForm, wrong problems) error {
	if f.FormKey == "" {
		f.FormKey = newFormKey()
	}
	return r.render(v, status, "finance-offline", "Enter an offline gift", f.view(wrong))
}

// postOffline books a gift that came another way than through Stripe, or shows
// it once more before that.
func (r *Rooms) postOffline(v *visit) error {
	sent, err := form(v)
	if err != nil {
		return err
	}
	f := readOffline(sent)
	if sent.Get("step") == "edit" {
		return r.offlineForm(v, http.StatusOK, f, nil)
	}
	gift, wrong := f.gift(r.Campaign.Zone, r.Now())
	if len(wrong) > 0 {
		return r.offlineForm(v, http.StatusUnprocessableEntity, f, wrong)
	}
	if sent.Get("step") == "review" {
		return r.review(v, f, gift)
	}
	gift.EnteredBy = string(v.who.Actor())
	d, err := r.Store.EnterOffline(v.ctx(), gift)
	if errors.Is(err, models.ErrConflict) {
		f.FormKey = newFormKey()
		return r.offlineForm(v, http.StatusConflict, f, problems{{"", "This form has entered another gift already. To enter this one too, send it once more."}})
	}
	if err != nil {
		return err
	}
	return redirect(v, giftPath(d.ID))
}

// review shows what would be saved, and what may be the same gift.
func (r *Rooms) review(v *visit, f offlineForm, gift models.NewOfflineGift) error {
	doubles, err := r.Store.LikelyDoubles(v.ctx(), gift)
	if err != nil {
		return err
	}
	if f.FormKey == "" {
		f.FormKey = newFormKey()
	}
	view := reviewView{Sent: f.sent(), Facts: f.facts(gift)}
	last, err := r.Store.LastClosing(v.ctx())
	switch {
	case err == nil && typedDay(gift.ReceivedOn) <= last.Through:
		view.Facts = append(view.Facts, fact{"Posted", r.date(last.Until) + ", since the day it was received is closed"})
	case err != nil && !errors.Is(err, models.ErrNotFound):
		return err
	}
	for _, d := range doubles[0] {
		view.Doubles = append(view.Doubles, r.double(d))
	}
	return r.render(v, http.StatusOK, "finance-offline-review", "Save this gift?", view)
}

// double is a gift that may be the one which is about to be entered.
func (r *Rooms) double(d models.Double) doubleView {
	view := doubleView{
		Href: giftPath(d.DonationID), Reference: d.Reference, Name: d.DonorName, Amount: d.Amount.String(), Received: r.date(d.ReceivedAt), Came: "through Stripe",
	}
	if d.Offline {
		view.Came = "entered here"
	}
	return view
}

type reverseView struct {
	Gift    string // its address
	Post    string
	Facts   []fact
	Effects []string
	Reason  field
	Done    string // it was reversed already: by whom and when
}

// getReverse tells what taking back an offline gift does.
func (r *Rooms) getReverse(v *visit) error { return r.reversePage(v, http.StatusOK, "", "") }

func (r *Rooms) reversePage(v *visit, status int, reason, problem string) error {
	d, err := r.Store.FindGift(v.ctx(), v.Param("id"))
	if err != nil {
		return err
	}
	kept, err := r.Store.FindOffline(v.ctx(), d.ID)
	if err != nil {
		return err
	}
	view := reverseView{
		Gift: giftPath(d.ID), Post: giftPath(d.ID) + "/reverse",
		Facts: []fact{
			{"Gift", d.Reference},
			{"Amount", d.AmountCharged.String()},
			{"Method", methodNames[kept.Method]},
			{"Received", day(kept.ReceivedOn)},
			{"From", orNobody(kept.DonorName)},
			{"Entered by", kept.EnteredBy},
		},
		Effects: []string{
			"The tracker falls by " + d.AmountCharged.String() + ", as of now. What was entered stays on record, with your reason.",
			"A receipt that was issued for it is void. If the donor has an e-mail address here, they are told.",
			"If the gift did come, but otherwise than was entered, enter it anew afterwards.",
		},
		Reason: field{Name: "reason", Label: "Why", Hint: "Seen by staff only.", Value: reason, Problem: problem, Kind: "area", Needed: true},
	}
	if kept.ReversedAt != nil {
		view.Done = "Reversed by " + kept.ReversedBy + " on " + r.moment(*kept.ReversedAt) + "."
	}
	return r.render(v, status, "finance-reverse", "Reverse an offline gift", view)
}

func (r *Rooms) postReverse(v *visit) error {
	sent, err := form(v)
	if err != nil {
		return err
	}
	reason := lines(sent.Get("reason"))
	switch {
	case reason == "":
		return r.reversePage(v, http.StatusUnprocessableEntity, reason, "Say why, for whoever asks later.")
	case tooLong(reason, maxNote):
		return r.reversePage(v, http.StatusUnprocessableEntity, reason, "Say it in at most 1,000 characters.")
	}
	err = r.Store.ReverseOffline(v.ctx(), v.Param("id"), reason, string(v.who.Actor()))
	if errors.Is(err, models.ErrConflict) {
		return r.reversePage(v, http.StatusConflict, reason, "")
	}
	if err != nil {
		return err
	}
	return redirect(v, giftPath(v.Param("id")))
}

func redirect(c echo.Context, path string) error { return c.Redirect(http.StatusSeeOther, path) }
