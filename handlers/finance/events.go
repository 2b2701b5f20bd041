package finance

import (
	"errors"
	"net/http"

	"github.com/corruptionproject/appeal/models"
)

// mostMails is how many mails of a state the page shows.
const mostMails = 100

type eventsView struct {
	Said     string
	Events   []eventRow
	Twice    []matter // gifts that were paid twice
	Disputes []disputeRow
	Gifts    []matter // that somebody can still save money on
	Debits   []matter // that take longer than banks may
	Differs  []matter // where the books and Stripe differ
	Erasures []matter // of donors, that fail for long
	Mail     []mailRow
	Standing string // how many differences were resolved, and still stand
	Nothing  bool
}

type eventRow struct {
	ID, When, Type, Object, State, Problem, Resolve string
	Emptied                                         bool // of persons
}

// matter is one thing that needs a person.
type matter struct {
	When, Name, Href, Amount, Detail string
	Resolve                          string // where it is closed; "" if that is not for a person to say
}

type mailRow struct{ Key, When, Kind, State, Problem, Act string }

func (r *Rooms) getEvents(v *visit) error {
	view := eventsView{Said: map[string]string{
		"replayed": "It is tried again now. Reload the page in a moment: it is gone once it is booked.",
		"resolved": "It is resolved, and your note is kept.",
		"mail":     "It is sent now. Reload the page in a moment: it is gone once it was accepted.",
	}[v.QueryParam("said")]}
	if err := errors.Join(r.events(v, &view), r.found(v, &view), r.mails(v, &view), r.erasures(v, &view)); err != nil {
		return err
	}
	view.Nothing = len(view.Events)+len(view.Twice)+len(view.Disputes)+len(view.Debits)+len(view.Gifts)+len(view.Differs)+len(view.Erasures)+len(view.Mail) == 0
	return r.render(v, http.StatusOK, "finance-events", "What needs a person", view)
}

// events are those that are not settled, and the gifts and disputes that came
// of others.
func (r *Rooms) events(v *visit, view *eventsView) error {
	open, err := r.Store.OpenEvents(v.ctx())
	if err != nil {
		return err
	}
	for _, e := range open {
		state := "Needs a person"
		if e.State == models.EventWaiting {
			state = "Waits, is tried again"
		}
		row := eventRow{ID: e.ID, When: r.moment(e.ReceivedAt), Type: e.Type, Object: e.ObjectID, State: state, Problem: e.Problem, Emptied: e.EmptiedAt != nil}
		if e.NeedsPerson(r.Now()) {
			row.Resolve = resolvePath("", e.ID)
		}
		view.Events = append(view.Events, row)
	}
	gifts, err := r.Store.OverpaidGifts(v.ctx())
	if err != nil {
		return err
	}
	for _, d := range gifts {
		one := matter{Name: d.Reference, Href: giftPath(d.ID), Amount: (d.Captured - d.Refunded - d.Disputed - d.AmountCharged).String()}
		if d.ReceivedAt != nil {
			one.When = r.moment(*d.ReceivedAt)
		}
		view.Twice = append(view.Twice, one)
	}
	debits, err := r.Store.LongDebits(v.ctx())
	if err != nil {
		return err
	}
	for _, d := range debits {
		view.Debits = append(view.Debits, matter{When: r.moment(d.CreatedAt), Name: d.Reference, Href: giftPath(d.ID), Amount: d.Pending.String()})
	}
	disputes, err := r.Store.OpenDisputes(v.ctx())
	if err != nil {
		return err
	}
	for _, d := range disputes {
		view.Disputes = append(view.Disputes, r.disputeRow(d))
	}
	return nil
}

// found is what syncs have found, and nobody has resolved.
func (r *Rooms) found(v *visit, view *eventsView) error {
	findings, err := r.Store.OpenFindings(v.ctx())
	if err != nil {
		return err
	}
	var standing int64
	for _, f := range findings {
		if f.ResolvedAt != nil {
			if f.Kind.Differs() {
				standing++
			}
			continue
		}
		one := matter{When: r.moment(f.FoundAt), Name: f.Object, Amount: f.Amount.String(), Detail: f.Detail, Resolve: resolvePath(f.Kind, f.Object)}
		switch {
		case !f.Kind.Differs():
			view.Gifts = append(view.Gifts, one)
			continue
		case f.Kind == models.FoundPayout:
			one.Href = payoutPath(f.Object)
		}
		view.Differs = append(view.Differs, one)
	}
	if standing > 0 {
		view.Standing = counted(standing, "difference from Stripe was resolved and still stands", "differences from Stripe were resolved and still stand") + " in the overview."
	}
	return nil
}

func (r *Rooms) mails(v *visit, view *eventsView) error {
	for _, kind := range []struct {
		state      models.MailState
		words, act string
	}{
		{models.MailIsFailed, "Given up", "Try again"},
		{models.MailIsHeld, "Held", "Send it"},
	} {
		mails, err := r.Store.ListMail(v.ctx(), kind.state, mostMails)
		if err != nil {
			return err
		}
		for _, m := range mails {
			view.Mail = append(view.Mail, mailRow{m.Key, r.moment(m.QueuedAt), words(string(m.Kind)), kind.words, m.Problem, kind.act})
		}
	}
	return nil
}

// erasures are those that fail for long. Each is tried again by itself.
func (r *Rooms) erasures(v *visit, view *eventsView) error {
	failing, err := r.Store.FailingErasures(v.ctx())
	if err != nil {
		return err
	}
	for _, e := range failing {
		view.Erasures = append(view.Erasures, matter{When: r.moment(e.AskedAt), Name: e.DonorID, Href: filters{path: giftsPath}.but("donor", e.DonorID), Detail: e.Problem})
	}
	return nil
}

func (r *Rooms) postReplay(v *visit) error {
	if err := r.Store.Replay(v.ctx(), v.who.Actor(), v.Param("id")); err != nil {
		return err
	}
	return back(v, eventsPath, "replayed")
}

func (r *Rooms) postMail(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	if err := r.Store.RetryMail(v.ctx(), v.who.Actor(), sent.Get("key")); err != nil {
		return err
	}
	return back(v, eventsPath, "mail")
}
