package handlers

import (
	"compress/gzip"
	"net/http"
	"reflect"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/live"
)

// getCampaign shows the campaign page. Without a query it is the same bytes
// for everybody, rendered once per change.
func (s *Server) getCampaign(c echo.Context) error {
	query := c.Request().URL.RawQuery
	if query != "" && c.QueryParams().Has("cancelled") {
		return s.getCancelled(c)
	}
	snapshot, err := s.feed.Current(c.Request().Context())
	if err != nil {
		return echo.NewHTTPError(http.StatusServiceUnavailable).SetInternal(err)
	}
	if form := s.filledIn(c, query); form != nil {
		page, err := s.renderCampaign(snapshot, *form, rendering{}, gzip.BestSpeed)
		if err != nil {
			return err
		}
		return page.send(c)
	}
	of := rendering{etag: snapshot.ETag, stale: snapshot.StaleSince, minute: s.Now().Unix() / 60}
	page := s.pages.campaign.Load()
	if page == nil || page.of != of {
		if page, err = s.renderCampaign(snapshot, s.empty, of, gzip.BestCompression); err != nil {
			return err
		}
		s.pages.campaign.Store(page)
	}
	return page.send(c)
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

func (s *Server) renderCampaign(snapshot live.Snapshot, form donateForm, of rendering, level int) (*readyPage, error) {
	body, err := s.views.campaign(snapshot.Progress, s.Now(), campaignState{Form: form, StaleSince: snapshot.StaleSince})
	if err != nil {
		return nil, err
	}
	return newReadyPage(of, body, level), nil
}

// getCancelled shows the page to a reader who came back without paying: their
// choices kept, the form ready for a new try. It marks that they came back,
// unless they only asked for the head.
func (s *Server) getCancelled(c echo.Context) error {
	ctx := c.Request().Context()
	d, err := s.Store.FindDonation(ctx, c.QueryParam("cancelled"))
	if err != nil {
		return err
	}
	private(c)
	c.Response().Header().Set("Referrer-Policy", "strict-origin") // the token is in the address
	if d.Status.PageDone() {
		return c.Redirect(http.StatusSeeOther, "/thanks/"+d.Token)
	}
	if !isHead(c) {
		if err := s.Store.CancelCheckout(ctx, d); err != nil {
			return err
		}
	}
	form := again(d.Choices, s.Campaign)
	form.Cancelled = d.Token
	return s.formPage(c, http.StatusOK, campaignState{Form: form, Notice: cancelledNotice})
}

// formPage answers with the campaign page for one reader alone: with what they
// typed, and what is to be mended.
func (s *Server) formPage(c echo.Context, status int, state campaignState) error {
	private(c)
	snapshot, err := s.feed.Current(c.Request().Context())
	if err != nil {
		return echo.NewHTTPError(http.StatusServiceUnavailable).SetInternal(err)
	}
	state.StaleSince = snapshot.StaleSince
	body, err := s.views.campaign(snapshot.Progress, s.Now(), state)
	if err != nil {
		return err
	}
	return c.HTMLBlob(status, body)
}
