package handlers

import (
	"net/http"

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
	snapshot, err := s.feed.Current(c.Request().Context())
	if err != nil {
		return echo.NewHTTPError(http.StatusServiceUnavailable).SetInternal(err)
	}
	if query != "" {
		page, err := s.renderCampaign(snapshot, campaignState{Form: prefilled(c.QueryParams(), s.Campaign)})
		if err != nil {
			return err
		}
		return page.send(c)
	}
	// Words like "last day" change with the clock too.
	of := rendering{snapshot.ETag, snapshot.StaleSince, s.Now().Unix() / 60}
	page := s.pages.campaign.Load()
	if page == nil || page.of != of {
		if page, err = s.renderCampaign(snapshot, campaignState{Form: prefilled(nil, s.Campaign)}); err != nil {
			return err
		}
		page.of = of
		s.pages.campaign.Store(page)
	}
	return page.send(c)
}

func (s *Server) renderCampaign(snapshot live.Snapshot, state campaignState) (*readyPage, error) {
	state.StaleSince = snapshot.StaleSince
	body, err := s.views.campaign(snapshot.Progress, s.Now(), state)
	if err != nil {
		return nil, err
	}
	return newReadyPage(rendering{}, body)
}

// getCancelled shows the page to a reader who came back without paying: their
// choices kept, the form ready for a new try. It marks that they came back;
// nothing else is ever written by a GET.
func (s *Server) getCancelled(c echo.Context) error {
	ctx := c.Request().Context()
	d, err := s.Store.FindDonation(ctx, c.QueryParam("cancelled"))
	if err != nil {
		return err
	}
	private(c)
	c.Response().Header().Set("Referrer-Policy", "strict-origin") // the token is in the address
	if settled(d) {
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

// settled reports whether a gift needs no payment page any more.
func settled(d models.Donation) bool { return d.Status != models.Started && d.Status != models.Expired }

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
