package finance

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// Refunder gives money back, once for each request.
type Refunder interface {
	// Refund returns the refund's id, or an error of stripeapi's: after
	// ErrRefused and ErrMissing nothing went back, after another that is not known.
	Refund(ctx context.Context, r models.RefundRequest) (id string, err error)
}

// Lookup has the books learn of a refund before its event comes.
type Lookup interface {
	LookRefund(ctx context.Context, id string) error
}

// What comes of a refund beside what models refuses.
var (
	errRefused  = errors.New("Stripe refused the refund")
	errNoAnswer = errors.New("Stripe did not answer")
	errReason   = errors.New("no reason that there is")
	errAmount   = errors.New("no amount")
	errNote     = errors.New("a note that is too long")
)

// refundForm is the form of a refund as it was filled in.
type refundForm struct{ Amount, Confirm, Reason, Note, FormKey string }

type refundView struct {
	Gift, Post string // addresses
	Facts      []fact
	Effects    []string
	Closed     string // why nothing can be refunded; "" where it can
	Open       []openRefund
	Amount     field
	Confirm    field
	Note       field
	Reasons    []option
	Reason     string
	ReasonBad  string
	FormKey    string
	Wrong      problems
}

// openRefund is one of which it is not known what Stripe did.
type openRefund struct {
	Says   string
	Again  []hidden
	Number string // its amount, to name the button by
}

var reasonNames = map[models.RefundReason]string{
	models.RequestedByDonor: "The donor asked for it", models.DuplicateGift: "It was given twice", models.FraudulentGift: "It was fraud",
}

func (r *Rooms) getRefund(v *visit) error {
	return r.refundPage(v, refundForm{FormKey: newFormKey(), Reason: string(models.RequestedByDonor)}, nil)
}

// refundPage tells what a refund does before it is asked for, and what came of
// the one that was.
func (r *Rooms) refundPage(v *visit, f refundForm, problem error) error {
	terms, err := r.Store.RefundTerms(v.ctx(), v.Param("id"))
	if err != nil {
		return err
	}
	if f.FormKey == "" {
		f.FormKey = newFormKey()
	}
	view := r.refund(terms, f)
	status := http.StatusOK
	if problem != nil {
		words, known := answerTo(problem)
		if !known {
			return problem
		}
		status = words.status
		view.blame(problem, words.sentence)
		unavailable(v, status)
	}
	return r.render(v, status, "finance-refund", "Refund a gift", view)
}

func (r *Rooms) refund(t models.RefundTerms, f refundForm) refundView {
	d := t.Donation
	view := refundView{
		Gift: giftPath(d.ID), Post: giftPath(d.ID) + "/refund", FormKey: f.FormKey, Reason: f.Reason,
		Facts: []fact{
			{"Gift", d.Reference},
			{"From", orNobody(d.DonorName)},
			{"Amount", d.Captured.String()},
			{"Refunded so far", d.Refunded.String()},
			{"Left to refund", t.Left.String()},
		},
		Effects: refundEffects(t),
		Amount: field{
			Name: "amount", Label: "Amount", Value: f.Amount, Kind: "dollars", Hint: "In dollars. Empty: all that is left, " + t.Left.String() + ".",
		},
		Confirm: field{
			Name: "confirm", Label: "The amount again", Value: f.Confirm, Kind: "dollars",
			Hint: "Needed above " + models.ConfirmAbove.Short() + ", so that no slip of the finger gives back ten times as much.",
		},
		Note: field{Name: "note", Label: "Note", Hint: "Seen by staff only.", Value: f.Note, Kind: "area"},
	}
	if t.Coming > 0 {
		view.Facts = slices.Insert(view.Facts, 4, fact{"On its way into the books", t.Coming.String()})
	}
	for _, reason := range models.RefundReasons() {
		view.Reasons = append(view.Reasons, option{string(reason), reasonNames[reason]})
	}
	if err := t.Refusal(); err != nil {
		words, _ := answerTo(err)
		view.Closed = words.sentence
	}
	for _, open := range t.Open {
		one := openRefund{
			Number: open.Amount.String(),
			Says:   string(open.AskedBy) + " asked for " + open.Amount.String() + " on " + r.moment(open.AskedAt) + ", and Stripe’s answer did not come.",
		}
		one.Again = []hidden{{"form_key", open.FormKey}, {"amount", open.Amount.Decimal()}, {"confirm", open.Amount.Decimal()}, {"reason", string(open.Reason)}}
		view.Open = append(view.Open, one)
	}
	return view
}

// refundEffects says what a refund does, to whom.
func refundEffects(t models.RefundTerms) []string {
	d := t.Donation
	effects := []string{
		"The money goes back the way it came. A card shows it within 5 to 10 days; a bank account can take longer.",
		"The tracker falls by the amount, as soon as Stripe confirms it.",
	}
	if d.FeeTaken > 0 {
		effects = append(effects, "Stripe keeps its fee of "+d.FeeTaken.String()+".")
	}
	effects = append(effects, "The donor’s receipt is corrected, and sent to them if their e-mail is known.")
	if d.SubscriptionID != nil {
		effects = append(effects, "Later payments go on: this refunds one payment and ends no repeated gift.")
	}
	return append(effects, "A refund can’t be taken back.")
}

// blame puts what is wrong where it can be mended.
func (view *refundView) blame(err error, sentence string) {
	at := map[error]*field{models.ErrMoreThanLeft: &view.Amount, errAmount: &view.Amount, models.ErrUnconfirmed: &view.Confirm, errNote: &view.Note}
	for is, field := range at {
		if errors.Is(err, is) {
			field.Problem = sentence
			view.Wrong = problems{{field.Name, sentence}}
			return
		}
	}
	if errors.Is(err, errReason) {
		view.ReasonBad = sentence
		view.Wrong = problems{{"reason-0", sentence}}
		return
	}
	view.Wrong = problems{{"", sentence}}
}

func readRefund(sent url.Values) refundForm {
	return refundForm{
		Amount: oneLine(sent.Get("amount")), Confirm: oneLine(sent.Get("confirm")), Reason: oneLine(sent.Get("reason")),
		Note: lines(sent.Get("note")), FormKey: oneLine(sent.Get("form_key")),
	}
}

// asked reads what was typed.
func (f refundForm) asked() (models.NewRefund, error) {
	n := models.NewRefund{Reason: models.RefundReason(f.Reason), Note: f.Note, FormKey: f.FormKey}
	var err error
	if f.Amount != "" {
		if n.Amount, err = money.Parse(f.Amount); err != nil || n.Amount == 0 {
			return n, errAmount
		}
	}
	if f.Confirm != "" {
		if n.Confirmed, err = money.Parse(f.Confirm); err != nil || n.Confirmed == 0 {
			return n, models.ErrUnconfirmed
		}
	}
	switch {
	case f.Reason != "" && reasonNames[n.Reason] == "":
		return n, errReason
	case tooLong(f.Note, maxNote):
		return n, errNote
	case tooLong(f.FormKey, maxLine):
		return n, models.ErrConflict
	default:
		return n, nil
	}
}

// postRefund gives back a gift or a part of it. The books change when Stripe
// says so; that is asked for at once.
func (r *Rooms) postRefund(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	f := readRefund(sent)
	n, err := f.asked()
	if err != nil {
		return r.refundPage(v, f, err)
	}
	n.DonationID, n.By = v.Param("id"), v.who.Actor()
	err = r.giveBack(v, n)
	switch {
	case err == nil:
		return redirect(v, giftPath(n.DonationID))
	case errors.Is(err, models.ErrConflict), errors.Is(err, errRefused):
		f.FormKey = newFormKey() // the old one can do no more
	}
	return r.refundPage(v, f, err)
}

// forRefund is how long a refund may take, its waiting for others included.
const forRefund = 25 * time.Second

// giveBack has a refund made and the books learn of it. What was begun is brought
// to its end though whoever asked has gone.
func (r *Rooms) giveBack(v *visit, n models.NewRefund) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx()), forRefund)
	defer cancel()
	// They are asked for by the hand of a person: one at a time is fast enough,
	// and a form that was sent twice finds what became of the first.
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return errNoAnswer
	}
	if err := r.stillIn(v); err != nil {
		return err
	}
	request, err := r.Store.AskRefund(ctx, n)
	switch {
	case err != nil:
		return err
	case request.State == models.RefundTaken:
		r.learn(ctx, request, *request.RefundID) // whoever took it may have been broken off before
		return nil
	case request.State == models.RefundRefused:
		return errRefused
	}
	id, err := r.Refunds.Refund(ctx, request)
	crash.Here(crash.RefundAnswered)
	if err != nil {
		return r.notGivenBack(ctx, request, err)
	}
	if err := r.Store.KeepRefund(ctx, request, id); err != nil {
		return err
	}
	r.learn(ctx, request, id)
	return nil
}

// learn has the books learn of a refund at once. If that fails its event tells,
// or the sync.
func (r *Rooms) learn(ctx context.Context, request models.RefundRequest, id string) {
	if err := r.Lookup.LookRefund(ctx, id); err != nil {
		r.Log.Warn("a refund could not be looked up; its event will tell", "donation", request.DonationID, "error", err)
	}
}

// notGivenBack keeps what came of a refund that Stripe did not make, or may have.
func (r *Rooms) notGivenBack(ctx context.Context, request models.RefundRequest, why error) error {
	r.Log.Warn("a refund was not made", "donation", request.DonationID, "request", request.ID, "error", why)
	if !errors.Is(why, stripeapi.ErrRefused) && !errors.Is(why, stripeapi.ErrMissing) {
		if err := r.Store.LeaveRefund(ctx, request, errors.Is(why, stripeapi.ErrBroken)); err != nil {
			return err
		}
		return errNoAnswer
	}
	if err := r.Store.RefuseRefund(ctx, request); err != nil {
		return err
	}
	return errRefused
}
