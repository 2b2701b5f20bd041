package finance

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/corruptionproject/appeal/internal/network"
	"github.com/corruptionproject/appeal/internal/password"
	"github.com/corruptionproject/appeal/models"
)

type loginView struct {
	Email, Next   string
	Problem, Said string
}

// notRight is the one answer to whatever is wrong: it tells nobody whether
// there is such an account.
const notRight = "Email or password isn’t right. If your account has a second factor, check its code too."

func (r *Rooms) getLogin(v *visit) error {
	next := ownPath(v.QueryParam("next"))
	if _, _, err := r.Store.FindSession(v.ctx(), r.token(v, sessionCookie)); err == nil {
		return v.Redirect(http.StatusSeeOther, next)
	}
	said := map[string]string{
		"out": "You are signed out.", "password": "Your password is set. Sign in with it.",
		"kept": "You were signed out before that arrived. Nothing of it is lost: sign in, and you find it again, to be sent.",
		"lost": "You were signed out before that arrived, so nothing was done. Sign in, and send it again.",
	}[v.QueryParam("said")]
	return r.login(v, http.StatusOK, loginView{Next: next, Said: said})
}

func (r *Rooms) login(v *visit, status int, view loginView) error {
	return r.render(v, status, "finance-login", "Sign in", view)
}

func (r *Rooms) postLogin(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	view := loginView{Email: strings.TrimSpace(sent.Get("email")), Next: ownPath(sent.Get("next"))}
	who, err := r.prove(v, view.Email, sent.Get("password"), func(who models.Staff) (bool, error) {
		return r.secondFactor(v, who, sent.Get("code"))
	})
	var wait models.TooMany
	switch {
	case errors.As(err, &wait):
		view.Problem = tooMany(v, wait.Wait)
		return r.login(v, http.StatusTooManyRequests, view)
	case errors.Is(err, errNotProven):
		r.Log.Info("a sign-in failed", "network", network.Of(v.RealIP()).String())
		view.Problem = notRight
		return r.login(v, http.StatusUnprocessableEntity, view)
	case err != nil:
		return err
	}
	brought := models.SignIn{Session: r.token(v, sessionCookie), Device: r.token(v, deviceCookie)}
	made, err := r.Store.OpenSession(v.ctx(), who.ID, brought, browser(v.Request().UserAgent()))
	if err != nil {
		return err
	}
	r.setCookie(v, sessionCookie, made.Session, 0)
	r.setCookie(v, deviceCookie, made.Device, deviceFor)
	return v.Redirect(http.StatusSeeOther, view.Next)
}

// deviceFor is how many seconds a browser keeps the token of a device: 400
// days, the most that browsers allow.
const deviceFor = 400 * 24 * 60 * 60

// token is what a cookie of ours holds; "" for none.
func (r *Rooms) token(v *visit, name string) string {
	cookie, err := v.Cookie(r.cookieName(name))
	if err != nil || !models.ValidToken(cookie.Value) {
		return ""
	}
	return cookie.Value
}

// errNotProven: email, password or what else was asked for is not right.
var errNotProven = errors.New("not who they say they are")

// prove finds out whether somebody is who they say they are. Each try counts
// before the password is looked at, and an account that is not there, or has
// no password, costs what any other does.
func (r *Rooms) prove(v *visit, email, typed string, also func(models.Staff) (bool, error)) (models.Staff, error) {
	admitted, err := r.Store.AdmitLogin(v.ctx(), models.Attempt{
		Email: email, Network: network.Of(v.RealIP()).String(), Device: r.token(v, deviceCookie),
	})
	if err != nil {
		return models.Staff{}, err
	}
	who, err := r.Store.FindStaff(v.ctx(), email)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return models.Staff{}, err
	}
	line := password.Stranger
	if admitted.Known || v.who.ID != "" {
		line = password.Known
	}
	good, err := password.Matches(v.ctx(), line, who.PasswordHash, typed)
	if err != nil { // not tried at all; whoever has gone gets it back too
		return models.Staff{}, errors.Join(err, r.Store.ReturnLogin(context.WithoutCancel(v.ctx()), admitted))
	}
	if !good || who.DisabledAt != nil {
		return models.Staff{}, errNotProven
	}
	if good, err = also(who); err != nil {
		return models.Staff{}, err
	} else if !good {
		return models.Staff{}, errNotProven
	}
	return who, r.Store.ReturnLogin(context.WithoutCancel(v.ctx()), admitted)
}

// postLogout is for anybody, so that it does what it says for whoever comes
// with a session that has ended already.
func (r *Rooms) postLogout(v *visit) error {
	if err := r.letIn(v, themselves); err == nil {
		if err := r.Store.EndSession(v.ctx(), v.who, v.session.ID); err != nil {
			return err
		}
	} else if !errors.Is(err, errSignIn) {
		return err
	}
	r.setCookie(v, sessionCookie, "", -1)
	return back(v, loginPath, "out")
}
