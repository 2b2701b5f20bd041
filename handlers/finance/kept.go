package finance

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/body"
	"github.com/corruptionproject/appeal/models"
)

const (
	// keptFor is how long a form is kept that came after its session had ended.
	keptFor = 15 * time.Minute
	// maxKept is the longest that is: browsers take cookies of 4096 bytes.
	maxKept = 3800
	// sentForm is the purpose under which it is sealed.
	sentForm = "form"
)

// keep gives a form that came too late back to the browser it came from, sealed
// for whoever was signed in there, so that nothing of it is lost and nobody
// else reads it. It reports whether it could: passwords are never kept, nor is
// a form that is no form of ours, or too long, or of nobody.
func (r *Rooms) keep(v *visit) (bool, error) {
	if v.Path() == accountPath {
		return false, nil
	}
	who, err := r.Store.FindEnded(v.ctx(), r.token(v, sessionCookie))
	if errors.Is(err, models.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	sent, err := readForm(v)
	if errors.Is(err, errForm) || errors.Is(err, body.ErrTooLarge) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	at := r.Now().UTC().Format(time.RFC3339)
	sealed := r.seal.close(strings.Join([]string{at, v.Request().URL.RequestURI(), stoodOn(v), sent.Encode()}, "\n"), sentForm, who)
	if len(sealed) > maxKept {
		return false, nil
	}
	r.setCookie(v, keptCookie, sealed, int(keptFor/time.Second))
	return true, nil
}

// dropKept forgets what was kept as soon as any form arrives: it is that, or
// its owner has gone on.
func (r *Rooms) dropKept(v *visit) {
	if _, err := v.Cookie(r.cookieName(keptCookie)); err == nil && v.Request().Method != http.MethodGet && v.Path() != loginPath {
		r.setCookie(v, keptCookie, "", -1)
	}
}

type keptView struct {
	To     string // where the form was going
	Page   string // the page it stood on; "" if that is not known
	Fields []keptField
}

type keptField struct {
	Name, Label, Value string
	Shown              bool // its reader may have typed it
}

// getKept shows what a form held that came too late, to be sent after all. It
// does nothing by itself.
func (r *Rooms) getKept(v *visit) error {
	cookie, err := v.Cookie(r.cookieName(keptCookie))
	if err != nil {
		return models.ErrNotFound
	}
	text, ours := r.seal.open(cookie.Value, sentForm, v.who)
	parts := strings.SplitN(text, "\n", 4)
	if !ours || len(parts) != 4 {
		return models.ErrNotFound
	}
	if at, err := time.Parse(time.RFC3339, parts[0]); err != nil || r.Now().Sub(at) > keptFor {
		return models.ErrNotFound
	}
	sent, err := url.ParseQuery(parts[3])
	if err != nil {
		return models.ErrNotFound
	}
	view := keptView{To: ownPath(parts[1]), Page: ownPath(parts[2])}
	for name, values := range sent {
		for _, value := range values {
			hidden := strings.TrimSpace(value) == "" || slices.Contains([]string{"form_key", "action", "step", "id"}, name)
			view.Fields = append(view.Fields, keptField{name, words(name), value, !hidden})
		}
	}
	slices.SortFunc(view.Fields, func(a, b keptField) int { return strings.Compare(a.Name, b.Name) })
	return r.render(v, http.StatusOK, "finance-kept", "Send it now?", view)
}
