package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/models"
)

// postNewsletter takes an address for the newsletter. The answer is the same
// whether the address is new, asked already or on the list: anybody can type
// anybody's.
func (s *Server) postNewsletter(c echo.Context) error {
	private(c)
	s.turned.proxy(s, c)
	values, err := sent(c)
	if err != nil {
		return err
	}
	form := newsletterForm{Email: asTyped(values.Get("email"))}
	if wrong := form.problem(); wrong.Message != "" {
		if wantsJSON(c.Request()) {
			return refuse(c, http.StatusUnprocessableEntity, "invalid", wrong.Text(), problems{wrong}.Fields())
		}
		return s.newsletterPage(c, http.StatusUnprocessableEntity, newsletterState{Form: form, Problem: wrong})
	}
	if err := s.takeTry(c, s.signups); err != nil {
		return tooOften(c, err, func() error {
			return s.newsletterPage(c, http.StatusTooManyRequests, newsletterState{Form: form, Notice: tooManyTries})
		})
	}
	if err := s.Store.RequestNewsletter(c.Request().Context(), form.Email); err != nil {
		return ofList(err)
	}
	if wantsJSON(c.Request()) {
		return c.JSON(http.StatusOK, map[string]string{"message": checkInbox})
	}
	return s.newsletterPage(c, http.StatusOK, newsletterState{Step: newsletterAsked})
}

// getNewsletterConfirm shows the page that a mail leads to. It changes nothing:
// programs that look through mail follow links, and must not confirm for anybody.
func (s *Server) getNewsletterConfirm(c echo.Context) error {
	privateLink(c)
	if err := s.Store.FindSignup(c.Request().Context(), c.Param("token")); err != nil {
		return s.notConfirmed(c, err)
	}
	return s.newsletterPage(c, http.StatusOK, newsletterState{Step: newsletterConfirm})
}

// postNewsletterConfirm is that page's button.
func (s *Server) postNewsletterConfirm(c echo.Context) error {
	privateLink(c)
	if err := s.Store.ConfirmSignup(c.Request().Context(), c.Param("token")); err != nil {
		return s.notConfirmed(c, err)
	}
	if wantsJSON(c.Request()) {
		return c.JSON(http.StatusOK, map[string]string{"message": onTheList})
	}
	return s.newsletterPage(c, http.StatusOK, newsletterState{Step: newsletterConfirmed})
}

// privateLink keeps the token in the address from everybody else, and lets the
// browser still say that the form is ours.
func privateLink(c echo.Context) {
	private(c)
	c.Response().Header().Set("Referrer-Policy", "strict-origin")
}

// notConfirmed is one answer for a link that never was and one that is good no
// longer.
func (s *Server) notConfirmed(c echo.Context, err error) error {
	if !errors.Is(err, models.ErrNotFound) || wantsJSON(c.Request()) {
		return ofList(err)
	}
	return s.newsletterPage(c, http.StatusNotFound, newsletterState{Step: newsletterLinkGone})
}

func (s *Server) newsletterPage(c echo.Context, status int, state newsletterState) error {
	body, err := s.views.newsletter(state)
	if err != nil {
		return err
	}
	return c.HTMLBlob(status, body)
}

// ofList is ofBooks for the newsletter, whose readers were not about to pay.
func ofList(err error) error {
	if err = ofBooks(err); err == nil || errors.Is(err, models.ErrNotFound) {
		return err
	}
	return worded{error: err, heading: "The newsletter list can’t be reached", sentence: "Nothing was changed. Please try again in a few minutes."}
}
