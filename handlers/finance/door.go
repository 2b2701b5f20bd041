package finance

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/models"
)

// access is who may come to an address.
type access string

// The kinds of access. What needs a role is named by it.
const (
	anybody    access = "anybody"    // who is not signed in, too
	themselves access = "themselves" // whoever is signed in, also before they have set up what they must
	viewer            = access(models.Viewer)
	finance           = access(models.Finance)
	admin             = access(models.Admin)
)

// door registers addresses.
type door struct {
	rooms *Rooms
	echo  *echo.Echo
}

// visit is one request, by whoever was let in.
type visit struct {
	echo.Context
	who     models.Staff   // the zero value for anybody
	session models.Session // likewise
	needs   access         // of whoever comes here
}

func (v *visit) ctx() context.Context { return v.Request().Context() }

// room registers an address with who may come to it. The route's name tells
// that too, so that whoever walks the router sees what was promised of each.
func (d door) room(method, path string, who access, enter func(*visit) error) {
	route := d.echo.Add(method, path, func(c echo.Context) error {
		d.rooms.headers(c)
		v := &visit{Context: c, needs: who}
		err := d.rooms.letIn(v, who)
		if err == nil {
			d.rooms.dropKept(v)
			if err = models.ErrNotFound; isText(c.Request().URL.Path) && areText(c.QueryParams()) {
				err = enter(v)
			}
		}
		return d.rooms.answer(v, err)
	})
	route.Name = "finance: " + string(who)
}

// headers keep what is shown here out of every cache, index and frame, and
// allow its pages no script but that which tells when a session ends.
func (r *Rooms) headers(c echo.Context) {
	h := c.Response().Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", r.policy())
}

// policy is what a browser may load for a page here. One that shows the appeal
// adds its frame.
func (r *Rooms) policy() string {
	return "default-src 'none'; script-src " + r.Web.Digest("session.js") + "; connect-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
}

// errSignIn leads to the login page, errSetUp to where a second factor is set
// up.
var (
	errSignIn   = errors.New("nobody is signed in")
	errSetUp    = errors.New("a second factor is needed first")
	errNotYours = errors.New("the role does not cover this")
	errShutOut  = errors.New("signed out while the form came")
)

// letIn finds out who comes, and returns an error unless they may.
func (r *Rooms) letIn(v *visit, who access) error {
	if who == anybody {
		return nil
	}
	var err error
	v.session, v.who, err = r.Store.FindSession(v.ctx(), r.token(v, sessionCookie))
	switch {
	case errors.Is(err, models.ErrNotFound):
		return errSignIn
	case err != nil:
		return err
	case who == themselves:
		return nil
	case !v.who.Role.Covers(models.Role(who)):
		return errNotYours
	case r.mustSetUp(v.who):
		return errSetUp
	}
	return nil
}

// stillIn asks once more, after something that took its time: a form can be sent
// as slowly as its sender likes, who may have been shut out meanwhile.
func (r *Rooms) stillIn(v *visit) error {
	err := r.letIn(v, v.needs)
	if errors.Is(err, errSignIn) {
		return errShutOut
	}
	return err
}

// mustSetUp reports whether somebody needs a second factor before anything
// else: those who see donors do, wherever the service is reached from outside.
func (r *Rooms) mustSetUp(who models.Staff) bool {
	return r.BaseURL.Scheme == "https" && who.Role.Covers(models.Finance) && who.Factor == ""
}

// Names of cookies.
const (
	sessionCookie = "appeal-staff"
	deviceCookie  = "appeal-device"
	keptCookie    = "appeal-form"
)

// cookieName adds the prefix with which browsers take a cookie from this host
// alone, and over https alone.
func (r *Rooms) cookieName(name string) string {
	if r.BaseURL.Scheme == "https" {
		return "__Host-" + name
	}
	return name
}

// setCookie gives the browser a token; for 0 seconds until it is closed, for
// fewer not at all.
func (r *Rooms) setCookie(c echo.Context, name, token string, seconds int) {
	c.SetCookie(&http.Cookie{ //nolint:gosec // Secure wherever the service is reached by https
		Name: r.cookieName(name), Value: token, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: r.BaseURL.Scheme == "https", SameSite: http.SameSiteLaxMode,
	})
}

// toLogin leads to the login page and, once signed in, back to where one was
// going: of a form that was sent, to what it held, or to the page it stood on.
func (r *Rooms) toLogin(v *visit) error {
	to, said := v.Request().URL.RequestURI(), ""
	if v.Request().Method != http.MethodGet {
		kept, err := r.keep(v)
		switch {
		case err != nil:
			return err
		case kept:
			to, said = keptPath, "kept"
		default:
			to, said = stoodOn(v), "lost"
		}
	}
	query := url.Values{}
	if to = ownPath(to); to != "/finance" {
		query.Set("next", to)
	}
	if said != "" {
		query.Set("said", said)
	}
	if len(query) == 0 {
		return v.Redirect(http.StatusSeeOther, loginPath)
	}
	return v.Redirect(http.StatusSeeOther, loginPath+"?"+query.Encode())
}

// stoodOn is the page of ours that a form stood on, "" for none.
func stoodOn(c echo.Context) string {
	page, err := url.Parse(c.Request().Referer())
	if err != nil || page.Host != c.Request().Host {
		return ""
	}
	return page.RequestURI()
}

// ownPath is where to go after signing in: an address of these rooms, or the
// first of them for anything else.
func ownPath(typed string) string {
	const home = "/finance"
	u, err := url.Parse(typed)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.ContainsAny(typed, "\\\t\r\n") {
		return home
	}
	if u.Path != home && !strings.HasPrefix(u.Path, home+"/") || strings.Contains(u.Path, "..") ||
		u.Path == loginPath || u.Path == "/finance/logout" || strings.HasPrefix(u.Path, welcomePath) {
		return home
	}
	return u.RequestURI()
}
