package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// postDonate takes the giving form and leads to Stripe's payment page.
func (s *Server) postDonate(c echo.Context) error {
	r := c.Request()
	private(c)
	s.turned.proxy(s, c)
	if err := mustBeForm(r); err != nil {
		return err
	}
	if err := s.Campaign.TakesGifts(s.Now()); err != nil {
		return err
	}
	values, err := posted(r)
	if err != nil {
		return err
	}
	form := readDonateForm(values)
	choices, wrong := form.choices(s.Campaign)
	if len(wrong) > 0 {
		if wantsJSON(r) {
			return refuse(c, http.StatusUnprocessableEntity, "invalid", wrong[0].Text(), wrong.Fields())
		}
		return s.formPage(c, http.StatusUnprocessableEntity, campaignState{Form: form.keyed(), Problems: wrong})
	}
	to, err := s.open(r.Context(), c.RealIP(), form, choices)
	if err != nil {
		return s.notOpened(c, form, err)
	}
	crash.Here(crash.RedirectUnsent)
	if wantsJSON(r) {
		return c.JSON(http.StatusCreated, map[string]string{"donation": to.token, "checkout_url": to.address})
	}
	return c.Redirect(http.StatusSeeOther, to.address)
}

// destination is where a donor goes next.
type destination struct{ token, address string }

// openWithin bounds all that opening takes, so that a service which stops can
// still finish it: closing a page that was left, looking it up, and making the
// new one, which alone may take 8 s.
const openWithin = 9 * time.Second

// open finds or makes the payment page for a form. Forms with the same key and
// choices that arrive together share one opening, so that a double click is
// one session and draws on the address's limit once. It goes on when the
// reader's connection breaks: the next try finds what it made.
func (s *Server) open(ctx context.Context, address string, form donateForm, choices models.Choices) (destination, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), openWithin)
	defer cancel()
	if form.FormKey == "" {
		return s.openOnce(ctx, address, form, choices)
	}
	shared := fmt.Sprintf("%s %+v", form.FormKey, choices)
	to, err, _ := s.opening.Do(shared, func() (any, error) { return s.openOnce(ctx, address, form, choices) })
	if err != nil {
		return destination{}, err
	}
	opened, _ := to.(destination) // what openOnce returns
	return opened, nil
}

func (s *Server) openOnce(ctx context.Context, address string, form donateForm, choices models.Choices) (destination, error) {
	plan, err := s.Store.PlanOpening(ctx, form.FormKey, choices)
	if err != nil {
		return destination{}, ofBooks(err)
	}
	earlier := plan.Donation
	switch {
	case plan.Step == models.AlreadyPaid:
		return s.thanksFor(earlier), nil
	case plan.Step == models.ReuseOpened && earlier.CheckoutURL != "":
		return destination{earlier.Token, earlier.CheckoutURL}, nil
	}
	release, err := s.limits.admit(address, s.Now())
	if err != nil {
		return destination{}, err
	}
	opened := false
	defer func() { release(opened, s.Now()) }()
	for _, left := range s.leftBehind(ctx, plan, form) {
		if s.leave(ctx, left) {
			return s.thanksFor(left), nil
		}
	}
	d := earlier
	if plan.Step != models.ReuseOpened {
		if d, err = s.Store.StartDonation(ctx, form.FormKey, earlier.FormAttempt, choices); err != nil {
			return destination{}, ofBooks(err)
		}
	}
	crash.Here(crash.CheckoutUnasked)
	session, err := s.Checkout.OpenCheckout(ctx, d)
	crash.Here(crash.CheckoutAnswered)
	if errors.Is(err, stripeapi.ErrRefused) || errors.Is(err, stripeapi.ErrBroken) {
		err = errors.Join(err, s.Store.RefuseCheckout(ctx, d))
	}
	if err != nil {
		return destination{}, err
	}
	if err := s.Store.AttachCheckout(ctx, d, session); err != nil {
		return destination{}, ofBooks(err)
	}
	opened = true
	return destination{d.Token, session.CheckoutURL}, nil
}

// leftBehind are the payment pages that this form takes the place of: the
// earlier one under its key, and the one its reader came back from.
func (s *Server) leftBehind(ctx context.Context, plan models.Opening, form donateForm) []models.Donation {
	var left []models.Donation
	if plan.Step == models.OpenAgain {
		left = append(left, plan.Donation)
	}
	if form.Cancelled != "" && form.Cancelled != plan.Donation.Token {
		if d, err := s.Store.FindDonation(ctx, form.Cancelled); err == nil && d.CancelledAt != nil {
			left = append(left, d)
		}
	}
	return left
}

// leave expires a payment page that its reader has left, and reports whether
// it turns out to be paid. That it could not be expired does not stop the
// reader: it closes by itself within the hour.
func (s *Server) leave(ctx context.Context, d models.Donation) bool {
	if d.Status.PageDone() {
		return true
	}
	if d.SessionID == nil || d.Status == models.Expired {
		return false
	}
	err := s.Checkout.CloseCheckout(ctx, *d.SessionID)
	if !errors.Is(err, stripeapi.ErrNotOpen) {
		if err != nil {
			s.Log.Warn("a payment page that was left could not be closed", "donation", d.ID, "error", err)
		}
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	turnedOutPaid, err := s.Lookup.Confirm(ctx, d)
	if err != nil {
		s.Log.Warn("a payment page that was left could not be looked up", "donation", d.ID, "error", err)
	}
	return turnedOutPaid
}

func (s *Server) thanksFor(d models.Donation) destination {
	return destination{d.Token, s.BaseURL.String() + "/thanks/" + d.Token}
}

// notOpened answers a form that led to no payment page: the form again, with
// nothing lost, and a sentence that says whether money was taken.
func (s *Server) notOpened(c echo.Context, form donateForm, err error) error {
	status, code := statusOf(err)
	state := campaignState{Form: form}
	switch {
	case code == "conflict":
		// The old key stands for the page that is open; another try is another gift.
		state.Notice, state.Form = conflictNotice, form.rekeyed()
	case code == "rate_limited":
		var limited rateLimited
		if errors.As(err, &limited) {
			state.Wait = limited.seconds()
		}
		state.Notice = limitedNotice
		c.Response().Header().Set("Retry-After", strconv.Itoa(state.Wait))
		s.turned.add(s, c)
	case status == http.StatusServiceUnavailable:
		state.Notice = brokenNotice
		if errors.Is(err, stripeapi.ErrUnavailable) || errors.Is(err, stripeapi.ErrRefused) {
			state.Notice = unreachableNotice
		}
		c.Response().Header().Set("Retry-After", tryAgainIn)
		s.Log.Warn("no payment page could be made", "error", err)
	default:
		return err
	}
	if wantsJSON(c.Request()) {
		n := s.views.notice(state.Notice, state.Wait)
		return refuse(c, status, code, n.Lead+" "+n.Strong+" "+n.Rest, nil)
	}
	state.Form = state.Form.keyed()
	return s.formPage(c, status, state)
}
