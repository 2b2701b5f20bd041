package handlers

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/models"
)

// Captured is the mail that appeal demo kept instead of sending it.
type Captured interface {
	// List reads the newest mails, newest first.
	List(most int) ([]mail.Captured, error)
	// Read reads one mail, fs.ErrNotExist if there is none of this ID.
	Read(id string) (mail.Captured, error)
}

// mailsShown is how many mails the demo's page of captured mail lists.
const mailsShown = 100

// capturedView is the demo's page of captured mail.
type capturedView struct{ Mails []capturedMail }

// capturedMail is one mail that nobody was sent.
type capturedMail struct {
	ID, To, Subject, At string
	Header              []mail.Field
	Text                string
	HTML                bool // there is a part of this kind
	Links               []link
}

// getDemoMail lists what would have been mailed. It is served by appeal demo
// alone: whoever sees it can confirm for anybody.
func (s *Server) getDemoMail(c echo.Context) error {
	privateLink(c)
	kept, err := s.Captured.List(mailsShown)
	if err != nil {
		return err
	}
	body, err := s.views.captured(kept, s.Now())
	if err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, body)
}

func (v *views) captured(kept []mail.Captured, now time.Time) ([]byte, error) {
	var view capturedView
	for _, m := range kept {
		view.Mails = append(view.Mails, v.capturedMail(m, now))
	}
	out := v.page("Captured mail", view)
	out.Private = true
	return v.site.Web.Render("captured", out)
}

func (v *views) capturedMail(m mail.Captured, now time.Time) capturedMail {
	return capturedMail{
		ID: m.ID, To: m.To, Subject: m.Subject, At: v.day(m.At, now) + " at " + v.clock(m.At),
		Header: m.Header, Text: m.Text, HTML: m.HTML != "", Links: linksIn(m.HTML),
	}
}

// getDemoMessage shows one mail: its headers, its text, its HTML in a frame, and
// its links once more outside of it, where they need no frame to work.
func (s *Server) getDemoMessage(c echo.Context) error {
	privateLink(c)
	m, err := s.capturedMail(c)
	if err != nil {
		return err
	}
	body, err := s.views.message(m, s.Now())
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", h.Get("Content-Security-Policy")+"; frame-src 'self'")
	return c.HTMLBlob(http.StatusOK, body)
}

func (v *views) message(m mail.Captured, now time.Time) ([]byte, error) {
	out := v.page(m.Subject, v.capturedMail(m, now))
	out.Private = true
	return v.site.Web.Render("message", out)
}

// getDemoMessageHTML is a mail's HTML as an inbox would show it: with styles of
// its own, without scripts, and loading nothing. Its links open in the window.
func (s *Server) getDemoMessageHTML(c echo.Context) error {
	privateLink(c)
	m, err := s.capturedMail(c)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "+
		"sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation")
	return c.HTML(http.StatusOK, strings.Replace(m.HTML, "<head>", `<head><base target="_top">`, 1))
}

func (s *Server) capturedMail(c echo.Context) (mail.Captured, error) {
	m, err := s.Captured.Read(c.Param("id"))
	if errors.Is(err, fs.ErrNotExist) {
		return m, errors.Join(models.ErrNotFound, err)
	}
	return m, err
}

// linksIn finds what a mail leads to on the web.
func linksIn(page string) []link {
	var links []link
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil // the frame shows what there is
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "a" || n.FirstChild == nil {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == "href" && strings.HasPrefix(a.Val, "http") {
				links = append(links, link{Label: n.FirstChild.Data, Href: a.Val})
			}
		}
	}
	return links
}
