package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// Recurring changes repeated gifts at Stripe.
type Recurring interface {
	// CancelSubscription ends one at once; that it has ended already is no error.
	CancelSubscription(ctx context.Context, id string) error
	// ChangeAmount counts from the next payment on. fees are beside the amount.
	ChangeAmount(ctx context.Context, id string, amount, fees money.Minor) error
	// PortalSession returns where its donor changes what it is paid with.
	PortalSession(ctx context.Context, id string) (string, error)
}

// The pages under managePath belong to a donor who has followed a link from
// their own inbox, and who is known there by a cookie.
const managePath = "/manage"

// cookieName is that of the one cookie a reader can get. Where the site has
// TLS, browsers take it over TLS alone.
func (s *Server) cookieName() string {
	if s.BaseURL.Scheme == "https" {
		return "__Secure-manage"
	}
	return "manage"
}

// keepSession sets the cookie, for managePath alone. It is sent along when a
// donor comes back from Stripe's portal by a link (Lax), and by no other site's form.
func (s *Server) keepSession(c echo.Context, session string, seconds int) {
	c.SetCookie(&http.Cookie{ //nolint:gosec // Secure wherever there is TLS
		Name: s.cookieName(), Value: session, Path: managePath, MaxAge: seconds,
		HttpOnly: true, Secure: s.BaseURL.Scheme == "https", SameSite: http.SameSiteLaxMode,
	})
}

func (s *Server) session(c echo.Context) string {
	cookie, err := c.Cookie(s.cookieName())
	if err != nil {
		return ""
	}
	return cookie.Value
}

// signedIn is whose gifts this browser may see; ErrNotFound for nobody's.
func (s *Server) signedIn(c echo.Context) (models.Donor, error) {
	donor, err := s.Store.ManageSession(c.Request().Context(), s.session(c))
	return donor, ofManage(err)
}

// getManage shows a donor their gifts, and everybody else how to get there.
func (s *Server) getManage(c echo.Context) error {
	privateLink(c)
	donor, err := s.signedIn(c)
	if errors.Is(err, models.ErrNotFound) {
		state := manageState{}
		if s.session(c) != "" {
			state.Notice = sessionOver
		}
		return s.managePage(c, http.StatusOK, state)
	}
	if err != nil {
		return err
	}
	return s.givingPage(c, http.StatusOK, donor, "")
}

// givingPage is a donor's own page, with something to say above it.
func (s *Server) givingPage(c echo.Context, status int, donor models.Donor, notice string) error {
	ctx := c.Request().Context()
	gifts, err := s.Store.GiftsOf(ctx, donor.ID)
	if err != nil {
		return ofManage(err)
	}
	subs, err := s.Store.SubscriptionsOf(ctx, donor.ID)
	if err != nil {
		return ofManage(err)
	}
	body, err := s.views.giving(givingState{Gifts: gifts, Subscriptions: subs, Notice: notice, Receipt: s.receiptLink}, s.Now())
	if err != nil {
		return err
	}
	return c.HTMLBlob(status, body)
}

// postManage mails a link to an address that has given. The answer is the same
// for every address: anybody can type anybody's.
func (s *Server) postManage(c echo.Context) error {
	privateLink(c)
	s.turned.proxy(s, c)
	values, err := sent(c)
	if err != nil {
		return err
	}
	email := asTyped(values.Get("email"))
	if wrong := addressProblem(email); wrong.Message != "" {
		if wantsJSON(c.Request()) {
			return refuse(c, http.StatusUnprocessableEntity, "invalid", wrong.Text(), problems{wrong}.Fields())
		}
		return s.managePage(c, http.StatusUnprocessableEntity, manageState{Email: email, Problem: wrong})
	}
	if err := s.takeTry(c, s.manages); err != nil {
		return tooOften(c, err, func() error {
			return s.managePage(c, http.StatusTooManyRequests, manageState{Email: email, Notice: tooManyTries})
		})
	}
	if err := s.Store.RequestManageLink(c.Request().Context(), email); err != nil {
		return ofManage(err)
	}
	if wantsJSON(c.Request()) {
		return c.JSON(http.StatusOK, map[string]string{"message": linkOnItsWay})
	}
	return s.managePage(c, http.StatusOK, manageState{Step: manageAsked})
}

// getManageLink shows the page that a mail leads to. It changes nothing:
// programs that look through mail follow links, and must not use them up.
func (s *Server) getManageLink(c echo.Context) error {
	privateLink(c)
	if err := s.Store.FindManageLink(c.Request().Context(), c.Param("token")); err != nil {
		return s.linkGone(c, err)
	}
	return s.managePage(c, http.StatusOK, manageState{Step: manageContinue})
}

// postManageLink is that page's button. It uses the link up.
func (s *Server) postManageLink(c echo.Context) error {
	privateLink(c)
	session, err := s.Store.OpenManageLink(c.Request().Context(), c.Param("token"))
	if err != nil {
		return s.linkGone(c, err)
	}
	s.keepSession(c, session, int(models.ManageSessionFor.Seconds()))
	return c.Redirect(http.StatusSeeOther, managePath)
}

// linkGone is one answer for a link that never was, one that has expired and
// one that was used.
func (s *Server) linkGone(c echo.Context, err error) error {
	if !errors.Is(err, models.ErrNotFound) || wantsJSON(c.Request()) {
		return ofManage(err)
	}
	return s.managePage(c, http.StatusNotFound, manageState{Step: manageLinkGone})
}

// postSignOut ends the session, here and in the browser.
func (s *Server) postSignOut(c echo.Context) error {
	privateLink(c)
	if err := s.Store.EndManageSession(c.Request().Context(), s.session(c)); err != nil {
		return ofManage(err)
	}
	s.keepSession(c, "", -1)
	return c.Redirect(http.StatusSeeOther, managePath)
}

// getYear is what a donor gave in one year, to be printed.
func (s *Server) getYear(c echo.Context) error {
	privateLink(c)
	donor, err := s.signedIn(c)
	if err != nil {
		return s.toEnter(c, err)
	}
	year, err := strconv.Atoi(c.Param("year"))
	if err != nil || len(c.Param("year")) != len("2006") {
		return models.ErrNotFound
	}
	summary, err := s.Store.YearOf(c.Request().Context(), donor.ID, year, s.Campaign.Zone)
	if err != nil {
		return ofManage(err)
	}
	if len(summary.Gifts) == 0 {
		return models.ErrNotFound
	}
	body, err := s.views.year(summary, receipt.OfYear(s.Campaign, summary), s.Now())
	if err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, body)
}

// toEnter sends whoever is not signed in to where links are asked for.
func (s *Server) toEnter(c echo.Context, err error) error {
	if errors.Is(err, models.ErrNotFound) {
		return c.Redirect(http.StatusSeeOther, managePath)
	}
	return err
}

func (s *Server) managePage(c echo.Context, status int, state manageState) error {
	body, err := s.views.manage(state)
	if err != nil {
		return err
	}
	return c.HTMLBlob(status, body)
}

// receiptLink leads to a gift's newest receipt, "" where there is none. It is
// good for a day where receipts are so no longer: whoever is signed in may
// always read their own.
func (s *Server) receiptLink(g models.DonorGift) string {
	if g.Receipt == nil {
		return ""
	}
	return s.receiptAddress(g.Donation, g.Receipt.ID, s.Now().Add(24*time.Hour))
}

// ofManage is ofBooks for donors who were not about to pay.
func ofManage(err error) error {
	if err = ofBooks(err); err == nil || errors.Is(err, models.ErrNotFound) {
		return err
	}
	return worded{error: err, heading: "Your gifts can’t be looked up just now", sentence: "Nothing was changed. Please try again in a few minutes."}
}
