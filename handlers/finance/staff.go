package finance

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/corruptionproject/appeal/models"
)

type staffView struct {
	People  []personView
	Roles   []models.Role
	Said    string
	Problem string
	Email   string // as typed, for a form that comes back
	Link    string // to choose a password with, shown this once
	For     string // whom it is for
}

type personView struct {
	ID, Email string
	Role      models.Role
	State     string
	Factor    string
	Since     string
	Disabled  bool
	HasFactor bool
	Self      bool
}

func (r *Rooms) getStaff(v *visit) error {
	said := map[string]string{
		"role": "The role was changed. It holds from their next sign-in; their sessions have ended.", "disable": "The account is disabled, and its sessions have ended.",
		"factor": "The second factor was removed, and the sessions have ended.",
	}[v.QueryParam("said")]
	return r.staff(v, http.StatusOK, staffView{Said: said})
}

func (r *Rooms) staff(v *visit, status int, view staffView) error {
	people, err := r.Store.ListStaff(v.ctx())
	if err != nil {
		return err
	}
	for _, p := range people {
		one := personView{
			ID: p.ID, Email: p.Email, Role: p.Role, State: "Active", Factor: "None", Since: r.date(p.CreatedAt),
			Disabled: p.DisabledAt != nil, HasFactor: p.Factor != "", Self: p.ID == v.who.ID,
		}
		switch {
		case p.DisabledAt != nil:
			one.State = "Disabled"
		case p.PasswordHash == "":
			one.State = "Invited"
		}
		if one.HasFactor {
			one.Factor = "Set up"
		}
		view.People = append(view.People, one)
	}
	view.Roles = []models.Role{models.Viewer, models.Finance, models.Admin}
	return r.render(v, status, "finance-staff", "Staff", view)
}

func (r *Rooms) postStaff(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	if sent.Get("action") == "add" {
		return r.addStaff(v, sent)
	}
	who, err := r.person(v, sent.Get("id"))
	if err != nil {
		return err
	}
	if who.ID == v.who.ID {
		return r.staff(v, http.StatusUnprocessableEntity, staffView{Problem: "You can’t change your own account here. Ask another admin; your password and second factor are under Account."})
	}
	by := v.who.Actor()
	switch action := sent.Get("action"); action {
	case "role":
		role := models.Role(sent.Get("role"))
		if !role.Valid() {
			return r.staff(v, http.StatusUnprocessableEntity, staffView{Problem: "Choose a role."})
		}
		return r.done(v, action, r.Store.SetRole(v.ctx(), by, who.Email, role))
	case "disable":
		return r.done(v, action, r.Store.DisableStaff(v.ctx(), by, who.Email))
	case "factor":
		return r.done(v, action, r.Store.RemoveFactor(v.ctx(), by, who.Email))
	case "enable":
		if err := r.Store.EnableStaff(v.ctx(), by, who.Email); err != nil {
			return err
		}
		return r.invite(v, who.Email)
	case "link":
		return r.invite(v, who.Email)
	default:
		return r.staff(v, http.StatusUnprocessableEntity, staffView{Problem: "Nothing was chosen to be done."})
	}
}

func (r *Rooms) done(v *visit, said string, err error) error {
	if err != nil {
		return err
	}
	return back(v, staffPath, said)
}

// person finds somebody by the id that a form of the page named.
func (r *Rooms) person(v *visit, id string) (models.Staff, error) {
	people, err := r.Store.ListStaff(v.ctx())
	if err != nil {
		return models.Staff{}, err
	}
	for _, p := range people {
		if p.ID == id {
			return p, nil
		}
	}
	return models.Staff{}, models.ErrNotFound
}

func (r *Rooms) addStaff(v *visit, sent url.Values) error {
	typed, role := sent.Get("email"), models.Role(sent.Get("role"))
	if !isAddress(typed) {
		return r.staff(v, http.StatusUnprocessableEntity, staffView{Problem: "Type an e-mail address, like name@example.org.", Email: typed})
	}
	if !role.Valid() {
		return r.staff(v, http.StatusUnprocessableEntity, staffView{Problem: "Choose a role.", Email: typed})
	}
	_, err := r.Store.AddStaff(v.ctx(), v.who.Actor(), typed, role, "")
	if errors.Is(err, models.ErrExists) {
		return r.staff(v, http.StatusConflict, staffView{Problem: "There is an account for this address already: see below.", Email: typed})
	}
	if err != nil {
		return err
	}
	return r.invite(v, models.FoldEmail(typed))
}

// invite shows a link with which somebody chooses a password. It is in no log
// and no database, so it is shown this once.
func (r *Rooms) invite(v *visit, email string) error {
	token, err := r.Store.InviteStaff(v.ctx(), v.who.Actor(), email)
	if err != nil {
		return err
	}
	return r.staff(v, http.StatusOK, staffView{Link: r.BaseURL.JoinPath(welcomePath, token).String(), For: email})
}
