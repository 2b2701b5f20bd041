package handlers

import (
	"net/http"
	"reflect"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/live"
	"github.com/corruptionproject/appeal/models"
)

// getCampaign shows the campaign page. Without a query it is the same bytes
// for everybody, rendered once per change.
func (s *Server) getCampaign(c echo.Context) error {
	query := c.Request().URL.RawQuery
	if query != "" && c.QueryParams().Has("cancelled") {
		return s.getCancelled(c)
	}
	form := s.filledIn(c, query)
	if form == nil {
		return s.sendShared(c, "campaign", htmlPage, func(snapshot live.Snapshot) ([]byte, error) {
			return s.campaignPage(c, snapshot, s.empty)
		})
	}
	return s.sendOnce(c, htmlPage, func(snapshot live.Snapshot) ([]byte, error) {
		return s.campaignPage(c, snapshot, *form)
	})
}

// filledIn is the form that an address fills in, or nil if it fills nothing
// in: what networks add to links, say, leads to the page that everybody gets.
func (s *Server) filledIn(c echo.Context, query string) *donateForm {
	if query == "" {
		return nil
	}
	form := prefilled(c.QueryParams(), s.Campaign)
	if reflect.DeepEqual(form, s.empty) {
		return nil
	}
	return &form
}

func (s *Server) campaignPage(c echo.Context, snapshot live.Snapshot, form donateForm) ([]byte, error) {
	return s.views.campaign(snapshot.Progress, s.Now(), campaignState{
		Form: form, MetAt: s.metAt(c.Request().Context(), snapshot), StaleSince: snapshot.StaleSince,
	})
}

// getCancelled shows the page to a reader who came back without paying, or
// whose bank payment failed: their choices kept, the form ready for a new try.
// It marks that they came back, unless they only asked for the head.
func (s *Server) getCancelled(c echo.Context) error {
	ctx := c.Request().Context()
	private(c)
	c.Response().Header().Set("Referrer-Policy", "strict-origin") // the token is in the address
	d, err := s.Store.FindDonation(ctx, c.QueryParam("cancelled"))
	if err != nil {
		return s.views.withoutGift(ofBooks(err))
	}
	state := campaignState{Form: again(d.Choices, s.Campaign), Notice: cancelledNotice}
	switch {
	case d.Status == models.Failed:
		state.Notice = failedNotice
		return s.formPage(c, http.StatusOK, state)
	case d.Status.PageDone():
		return c.Redirect(http.StatusSeeOther, "/thanks/"+d.Token)
	}
	if !isHead(c) {
		// Without the mark the page that was left closes by itself within the
		// hour; a reader who wants to give need not wait for it.
		if err := s.Store.CancelCheckout(ctx, d); err != nil {
			s.Log.Warn("that a reader came back without paying could not be kept", "donation", d.ID, "error", err)
		}
	}
	state.Form.Cancelled = d.Token
	return s.formPage(c, http.StatusOK, state)
}

// formPage answers with the campaign page for one reader alone: with what they
// typed, and what is to be mended.
func (s *Server) formPage(c echo.Context, status int, state campaignState) error {
	private(c)
	snapshot, err := s.figures(c)
	if err != nil {
		return err
	}
	state.MetAt, state.StaleSince = s.metAt(c.Request().Context(), snapshot), snapshot.StaleSince
	body, err := s.views.campaign(snapshot.Progress, s.Now(), state)
	if err != nil {
		return err
	}
	return c.HTMLBlob(status, body)
}
