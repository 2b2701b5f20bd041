package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// maxReason is how much a donor can say about why a gift ends, in characters.
const maxReason = 500

// onGift is a handler of a page about one repeated gift of the donor's own.
type onGift func(c echo.Context, donor models.Donor, sub models.DonorSubscription) error

// ofDonor lets a donor through to the gift that an address names by the
// reference of the payment that began it, and sends whoever is not signed in to
// where they can be. Another donor's gift is not found, as one that never was.
func (s *Server) ofDonor(next onGift) echo.HandlerFunc {
	return func(c echo.Context) error {
		privateLink(c)
		donor, err := s.signedIn(c)
		if err != nil {
			return s.toEnter(c, err)
		}
		if c.Request().Method == http.MethodPost {
			if err := s.mayChange(c); err != nil {
				return err
			}
		}
		subs, err := s.Store.SubscriptionsOf(c.Request().Context(), donor.ID)
		if err != nil {
			return ofManage(err)
		}
		for _, sub := range subs {
			if sub.Began.Reference == c.Param("reference") {
				return next(c, donor, sub)
			}
		}
		return models.ErrNotFound
	}
}

// mayChange bounds how often one network's donors change their gifts. Each time
// asks Stripe several things, and of all that an account asks it answers so much
// a second: those who give need it.
func (s *Server) mayChange(c echo.Context) error {
	err := s.takeTry(c, s.changes)
	if errors.Is(err, errRateLimited) {
		return worded{
			error: err, heading: "Too many changes", sentence: "Nothing was changed this time. Wait a minute, then try again.",
			links: []link{{"Back to your gifts", managePath}},
		}
	}
	return err
}

// getCancel asks whether a gift shall end, once and without a detour.
func (s *Server) getCancel(c echo.Context, _ models.Donor, sub models.DonorSubscription) error {
	state := giftState{Step: giftCancelling, Gift: sub}
	if sub.Stopped() {
		state.Step = giftCancelled
	}
	return s.giftPage(c, http.StatusOK, state)
}

// postCancel ends a repeated gift. Sent again it changes nothing.
func (s *Server) postCancel(c echo.Context, donor models.Donor, sub models.DonorSubscription) error {
	ctx := c.Request().Context()
	if !sub.Stopped() {
		if err := s.Recurring.CancelSubscription(ctx, sub.ID); err != nil {
			s.Log.Warn("a gift could not be ended", "donation", sub.Began.ID, "error", err)
			// The answer may have been lost, and not what was asked for.
			if now, known := s.asStripeSays(ctx, donor, sub); !now.Ended() {
				return s.giftPage(c, http.StatusServiceUnavailable, giftState{Step: giftCancelling, Gift: sub, Notice: notChanged(known)})
			}
		}
		if err := s.Store.KeepCancellation(ctx, sub.ID); err != nil {
			s.Log.Error("it was not kept that a gift was ended; Stripe will tell", "donation", sub.Began.ID, "error", err)
		}
		s.asStripeSays(ctx, donor, sub)
	}
	return s.giftPage(c, http.StatusOK, giftState{Step: giftCancelled, Gift: sub})
}

// postReason keeps why a gift was ended, for the newsroom's staff.
func (s *Server) postReason(c echo.Context, _ models.Donor, sub models.DonorSubscription) error {
	values, err := sent(c)
	if err != nil {
		return err
	}
	reason := text(values.Get("reason"))
	if wrong := tooLong(reason, maxReason, "your note"); wrong != "" {
		state := giftState{Step: giftCancelled, Gift: sub, Typed: reason, Problem: problem{Field: "reason", Message: wrong}}
		return s.giftPage(c, http.StatusUnprocessableEntity, state)
	}
	if err := s.Store.KeepReason(c.Request().Context(), sub.ID, reason); err != nil {
		return ofManage(err)
	}
	return s.giftPage(c, http.StatusOK, giftState{Step: giftReasoned, Gift: sub})
}

// getAmount asks what a repeated gift shall be from now on.
func (s *Server) getAmount(c echo.Context, _ models.Donor, sub models.DonorSubscription) error {
	state := giftState{Step: giftChanging, Gift: sub, Typed: typed(sub.Amount - sub.FeesCovered), Cover: sub.FeesCovered > 0}
	if sub.Stopped() {
		state.Step = giftCancelled
	}
	return s.giftPage(c, http.StatusOK, state)
}

// postAmount changes a repeated gift, from its next payment on. Sent again it
// changes nothing.
func (s *Server) postAmount(c echo.Context, donor models.Donor, sub models.DonorSubscription) error {
	values, err := sent(c)
	if err != nil {
		return err
	}
	state := giftState{Step: giftChanging, Gift: sub, Typed: asTyped(values.Get("amount")), Cover: ticked(values.Get("cover_fees"))}
	if sub.Stopped() {
		state.Step = giftCancelled
		return s.giftPage(c, http.StatusOK, state)
	}
	amount, wrong := newAmount(s.Campaign, state.Typed)
	if wrong.Message != "" {
		state.Problem = wrong
		return s.giftPage(c, http.StatusUnprocessableEntity, state)
	}
	total, fees := s.Campaign.Charge(amount, state.Cover)
	ctx := c.Request().Context()
	// Whether there is anything to change, Stripe knows: the books may be behind it.
	if err := s.Recurring.ChangeAmount(ctx, sub.ID, amount, fees); err != nil {
		s.Log.Warn("a gift's amount could not be changed", "donation", sub.Began.ID, "error", err)
		if now, known := s.asStripeSays(ctx, donor, sub); now.Amount != total || now.FeesCovered != fees {
			state.Notice = notChanged(known)
			return s.giftPage(c, http.StatusServiceUnavailable, state)
		}
	}
	s.asStripeSays(ctx, donor, sub)
	state.Step, state.Gift.Amount, state.Gift.FeesCovered = giftChanged, total, fees
	return s.giftPage(c, http.StatusOK, state)
}

// newAmount reads an amount that was typed, within what the campaign takes.
func newAmount(c models.Campaign, typed string) (money.Minor, problem) {
	if typed == "" {
		return 0, problem{Field: "amount", Message: "Enter an amount"}
	}
	return donateForm{Amount: typed}.amount(c, models.Monthly)
}

// postPayment leads to Stripe's portal, where the card is changed.
func (s *Server) postPayment(c echo.Context, donor models.Donor, sub models.DonorSubscription) error {
	if sub.Stopped() {
		return c.Redirect(http.StatusSeeOther, managePath)
	}
	address, err := s.Recurring.PortalSession(c.Request().Context(), sub.ID)
	if err != nil {
		s.Log.Warn("the billing portal could not be opened", "donation", sub.Began.ID, "error", err)
		return s.givingPage(c, http.StatusServiceUnavailable, donor, notChanged(true))
	}
	return c.Redirect(http.StatusSeeOther, address)
}

// asStripeSays reads a repeated gift from Stripe anew and returns it as the
// books then have it. known is false where that could not be found out.
func (s *Server) asStripeSays(ctx context.Context, donor models.Donor, sub models.DonorSubscription) (now models.DonorSubscription, known bool) {
	asking, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	if err := s.Lookup.LookSubscription(asking, sub.ID); err != nil {
		s.Log.Warn("a repeated gift could not be looked up", "donation", sub.Began.ID, "error", err)
		return sub, false
	}
	subs, err := s.Store.SubscriptionsOf(ctx, donor.ID)
	if err != nil {
		return sub, false
	}
	for _, one := range subs {
		if one.ID == sub.ID {
			return one, true
		}
	}
	return sub, false
}

func (s *Server) giftPage(c echo.Context, status int, state giftState) error {
	state.Mailed = s.Mailed
	body, err := s.views.gift(state, s.Now())
	if err != nil {
		return err
	}
	return c.HTMLBlob(status, body)
}
