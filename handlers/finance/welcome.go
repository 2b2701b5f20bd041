package finance

import (
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/corruptionproject/appeal/internal/password"
	"github.com/corruptionproject/appeal/models"
)

type welcomeView struct {
	Email   string
	Problem string
}

// getWelcome is where an invitation leads: to choose a password. It changes
// nothing: programs that look through mail follow links.
func (r *Rooms) getWelcome(v *visit) error {
	who, err := r.Store.FindInvitation(v.ctx(), v.Param("token"))
	if err != nil {
		return r.linkGone(v, err)
	}
	return r.render(v, http.StatusOK, "finance-welcome", "Choose a password", welcomeView{Email: who.Email})
}

func (r *Rooms) postWelcome(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	who, err := r.Store.FindInvitation(v.ctx(), v.Param("token"))
	if err != nil {
		return r.linkGone(v, err)
	}
	hash, problem, err := r.newPassword(v, who, sent.Get("new"), sent.Get("again"))
	if err != nil {
		return err
	}
	if problem != "" {
		return r.render(v, http.StatusUnprocessableEntity, "finance-welcome", "Choose a password", welcomeView{who.Email, problem})
	}
	known, err := r.Store.AcceptInvitation(v.ctx(), v.Param("token"), hash, r.token(v, deviceCookie))
	if err != nil {
		return r.linkGone(v, err)
	}
	r.setCookie(v, deviceCookie, known, deviceFor)
	return back(v, loginPath, "password")
}

// newPassword makes the hash of a password that somebody chose, or says why it
// can't be theirs.
func (r *Rooms) newPassword(v *visit, who models.Staff, typed, again string) (hash, problem string, err error) {
	var refused password.Refusal
	err = password.Check(typed, r.Campaign.PasswordNames(who.Email)...)
	switch {
	case errors.As(err, &refused):
		return "", refused.Error(), nil
	case err != nil:
		return "", "", err
	case typed != again:
		return "", "The two passwords differ. Type the same one twice.", nil
	}
	hash, err = password.Hash(v.ctx(), typed, rand.Reader)
	return hash, "", err
}

// linkGone is one answer for a link that never was and one that was used.
func (r *Rooms) linkGone(v *visit, err error) error {
	if !errors.Is(err, models.ErrNotFound) {
		return err
	}
	return r.render(v, http.StatusNotFound, "finance-problem", "This link is good no longer",
		problemView{Sentence: "It was used already, or three days have passed. Ask an admin for another."})
}
