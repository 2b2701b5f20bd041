package finance

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/corruptionproject/appeal/models"
)

type accountView struct {
	Email     string
	Must      bool // a second factor is needed before anything else
	HasFactor bool
	CodesLeft int64
	New       newFactor
	Sessions  []sessionView
	Others    bool // there are others than this one
	Said      string
	Problem   string
	At        string // the part of the page that the problem is in: "password" or "factor"

	secret string // of the factor that is being set up, "" for a new one
}

type sessionView struct {
	ID, Device, Since, Seen string
	This                    bool
}

type codesView struct{ Codes []string }

func (r *Rooms) getAccount(v *visit) error {
	said := map[string]string{
		"password": "Your password was changed. Every other session of yours has ended.",
		"ended":    "The session has ended.",
		"others":   "Every other session of yours has ended.",
	}[v.QueryParam("said")]
	return r.account(v, http.StatusOK, accountView{Said: said})
}

func (r *Rooms) account(v *visit, status int, view accountView) error {
	view.Email, view.HasFactor, view.Must = v.who.Email, v.who.Factor != "", r.mustSetUp(v.who)
	var err error
	if view.CodesLeft, err = r.Store.RecoveryCodesLeft(v.ctx(), v.who.ID); err != nil {
		return err
	}
	if view.New, err = r.newFactor(v.who, view.secret); err != nil {
		return err
	}
	sessions, err := r.Store.ListSessions(v.ctx(), v.who.ID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		view.Others = view.Others || s.ID != v.session.ID
		view.Sessions = append(view.Sessions, sessionView{
			ID: s.ID, Device: s.Device, Since: r.moment(s.CreatedAt), Seen: r.moment(s.SeenAt), This: s.ID == v.session.ID,
		})
	}
	return r.render(v, status, "finance-account", "Your account", view)
}

func (r *Rooms) postAccount(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	switch sent.Get("action") {
	case "password":
		return r.changePassword(v, sent)
	case "factor":
		return r.setFactor(v, sent)
	case "end":
		return r.endSession(v, sent.Get("session"))
	case "others":
		if err := r.Store.EndOtherSessions(v.ctx(), v.who, v.session.ID); err != nil {
			return err
		}
		return back(v, accountPath, "others")
	default:
		return r.account(v, http.StatusUnprocessableEntity, accountView{Problem: "Nothing was chosen to be done."})
	}
}

// confirmed asks for the present password once more, and for what else is to
// hold, before what lets somebody in is changed: whoever found a browser open
// does not know it. It returns what to answer, "" if it is right.
func (r *Rooms) confirmed(v *visit, typed string, also func(models.Staff) (bool, error)) (status int, problem string, err error) {
	_, err = r.prove(v, v.who.Email, typed, also)
	var wait models.TooMany
	switch {
	case errors.As(err, &wait):
		return http.StatusTooManyRequests, tooMany(v, wait.Wait), nil
	case errors.Is(err, errNotProven):
		return http.StatusUnprocessableEntity, "Your present password isn’t right.", nil
	default:
		return 0, "", err
	}
}

func (r *Rooms) changePassword(v *visit, sent url.Values) error {
	status, problem, err := r.confirmed(v, sent.Get("password"), func(models.Staff) (bool, error) { return true, nil })
	if err != nil {
		return err
	}
	var hash string
	if problem == "" {
		status = http.StatusUnprocessableEntity
		if hash, problem, err = r.newPassword(v, v.who, sent.Get("new"), sent.Get("again")); err != nil {
			return err
		}
	}
	if problem != "" {
		return r.account(v, status, accountView{Problem: problem, At: "password"})
	}
	if err := r.Store.SetPassword(v.ctx(), v.who.Actor(), v.who.Email, hash); err != nil {
		return err
	}
	if err := r.renew(v); err != nil {
		return err
	}
	return back(v, accountPath, "password")
}

// renew gives somebody a new session in place of all that have just ended.
func (r *Rooms) renew(v *visit) error {
	token, err := r.Store.RenewSession(v.ctx(), v.who.ID, browser(v.Request().UserAgent()))
	if err != nil {
		return err
	}
	r.setCookie(v, sessionCookie, token, 0)
	return nil
}

// setFactor takes up a second factor whose app shows the right code, and shows
// the recovery codes, this once.
func (r *Rooms) setFactor(v *visit, sent url.Values) error {
	secret, ours := r.seal.open(sent.Get("setup"), beingMade, v.who)
	step, good := stepOf(secret, sent.Get("code"), r.Now())
	if !ours || !good {
		return r.account(v, http.StatusUnprocessableEntity, accountView{
			Problem: "The code isn’t right. Type the one that your app shows now; if it still fails, set your telephone’s clock.", At: "factor", secret: secret,
		})
	}
	// Whoever knows the password alone must not put an app of their own in the
	// place of the owner's. The new code came first: a slip there uses up none of
	// the old.
	status, problem, err := r.confirmed(v, sent.Get("password"), func(who models.Staff) (bool, error) {
		return r.secondFactor(v, who, sent.Get("present"))
	})
	if err != nil {
		return err
	}
	if status == http.StatusUnprocessableEntity && v.who.Factor != "" {
		problem = "Your password, or the code of the factor that is set up, isn’t right. A code is good once: wait for the next one, or use a recovery code."
	}
	if problem != "" {
		return r.account(v, status, accountView{Problem: problem, At: "factor", secret: secret})
	}
	sealed := r.seal.close(secret, inUse, v.who)
	codes, err := r.Store.SetFactor(v.ctx(), v.who, sealed, step)
	if err != nil {
		return err
	}
	if err := r.renew(v); err != nil {
		return err
	}
	v.who.Factor = sealed
	return r.render(v, http.StatusOK, "finance-codes", "Keep these recovery codes", codesView{codes})
}

func (r *Rooms) endSession(v *visit, id string) error {
	if err := r.Store.EndSession(v.ctx(), v.who, id); err != nil {
		return err
	}
	if id == v.session.ID {
		r.setCookie(v, sessionCookie, "", -1)
		return back(v, loginPath, "out")
	}
	return back(v, accountPath, "ended")
}
