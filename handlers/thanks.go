package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/models"
)

// getThanks shows what became of a gift. It never shows whose it is: whoever
// has the address may look.
func (s *Server) getThanks(c echo.Context) error {
	d, err := s.donation(c)
	if err != nil {
		return err
	}
	snapshot, err := s.feed.Current(c.Request().Context())
	if err != nil {
		return s.views.withoutGift(ofBooks(err))
	}
	given, err := s.given(c.Request().Context(), d)
	if err != nil {
		return s.views.withoutGift(ofBooks(err))
	}
	body, err := s.views.thanks(given, snapshot.Progress, s.Now())
	if err != nil {
		return err
	}
	if s.views.offersSignup(d) {
		// A browser that may not say where a form comes from has it refused. The
		// token is in no referrer either way.
		c.Response().Header().Set("Referrer-Policy", "strict-origin")
	}
	return c.HTMLBlob(http.StatusOK, body)
}

// given gathers what a thank-you page tells of beside the gift: the
// subscription that it began, and its newest receipt, which is issued moments
// after the gift is booked.
func (s *Server) given(ctx context.Context, d models.Donation) (given, error) {
	g := given{Donation: d}
	if d.SubscriptionID != nil {
		sub, err := s.Store.FindSubscription(ctx, *d.SubscriptionID)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return g, err
		}
		g.sub = sub
	}
	issued, err := s.Store.ReceiptsOf(ctx, d.ID)
	if err != nil || len(issued) == 0 {
		return g, err
	}
	g.receipt = s.receiptAddress(d, issued[len(issued)-1].ID, s.Now())
	if s.Mailed {
		g.mailed, err = s.Store.HasAddress(ctx, d)
	}
	return g, err
}

// getThanksStatus tells a waiting page whether to look again.
func (s *Server) getThanksStatus(c echo.Context) error {
	d, err := s.donation(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]models.Status{"status": d.Status})
}

// donation finds the gift of a thank-you address. While its outcome is open it
// asks Stripe, so that a gift whose webhook never comes is counted all the
// same; whatever goes wrong there, the page shows what is known.
func (s *Server) donation(c echo.Context) (models.Donation, error) {
	private(c)
	c.Response().Header().Set("Referrer-Policy", "no-referrer")
	ctx := c.Request().Context()
	d, err := s.Store.FindDonation(ctx, c.Param("token"))
	if err != nil {
		return d, s.views.withoutGift(ofBooks(err))
	}
	if !d.Status.Undecided() {
		return d, nil
	}
	asking, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	if err := s.Lookup.Look(asking, d.Token); err != nil {
		s.Log.Warn("a gift could not be looked up", "donation", d.ID, "error", err)
	}
	if found, err := s.Store.FindDonation(ctx, d.Token); err == nil {
		d = found
	}
	return d, nil
}
