package finance

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/body"
	"github.com/corruptionproject/appeal/models"
)

// frame is what every page of the rooms has around it.
type frame struct {
	Title    string
	Heading  string
	Org      string
	Campaign string
	TestMode bool
	Name     string // who is signed in; "" for nobody
	Role     models.Role
	Ends     *ending // of the session; nil for nobody
	Rooms    []roomLink
	View     any
}

// roomLink is one entry of the navigation.
type roomLink struct {
	Label, Href string
	Here        bool
}

// render draws a page inside the frame, with the rooms that its reader may
// enter.
func (r *Rooms) render(v *visit, status int, page, heading string, view any) error {
	f := frame{
		Title: heading + " — " + r.Campaign.Title, Heading: heading, Org: r.Campaign.Organisation.Name, Campaign: r.Campaign.Title,
		TestMode: r.TestMode, Name: v.who.Email, Role: v.who.Role, View: view,
	}
	if v.who.ID != "" {
		f.Rooms, f.Ends = r.roomsOf(v), r.ending(v)
	}
	out, err := r.Web.Render(page, f)
	if err != nil {
		return err
	}
	return v.HTMLBlob(status, out)
}

func (r *Rooms) roomsOf(v *visit) []roomLink {
	var links []roomLink
	for _, room := range []struct {
		label, path string
		role        models.Role
	}{
		{"Overview", "/finance", models.Viewer},
		{"Donations", giftsPath, models.Viewer},
		{"Articles", articlesPath, models.Viewer},
		{"Payouts", payoutsPath, models.Viewer},
		{"Offline gifts", offlinePath, models.Finance},
		{"To look at", eventsPath, models.Finance},
		{"Month end", closePath, models.Finance},
		{"Exports", exportPath, models.Finance},
		{"Audit log", auditPath, models.Viewer},
		{"Settings", settingsPath, models.Finance},
		{"Status", statusPath, models.Finance},
		{"Staff", staffPath, models.Admin},
	} {
		if v.who.Role.Covers(room.role) && !r.mustSetUp(v.who) {
			links = append(links, roomLink{room.label, room.path, v.Path() == room.path || room.path != "/finance" && strings.HasPrefix(v.Path(), room.path+"/")})
		}
	}
	return append(links, roomLink{"Account", accountPath, v.Path() == accountPath})
}

// maxForm is the largest form taken.
const maxForm = 64 << 10

var errForm = errors.New("no form of ours")

// form reads what was sent to a room.
func (r *Rooms) form(v *visit) (url.Values, error) {
	sent, err := readForm(v)
	if err != nil {
		return nil, err
	}
	return sent, r.stillIn(v)
}

// areText and isText report whether what was sent is text: what PostgreSQL takes
// nowhere is an address that is none, or no form of ours.
func areText(values url.Values) bool {
	for _, all := range values {
		if !isText(strings.Join(all, "")) {
			return false
		}
	}
	return true
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// readForm reads what was sent. What can't be decoded is left out, and then missed
// where it is needed.
func readForm(c echo.Context) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationForm {
		return nil, errForm
	}
	sent, err := body.Read(c.Request().Body, maxForm)
	if err != nil {
		return nil, err
	}
	values, _ := url.ParseQuery(string(sent))
	if !areText(values) {
		return nil, errForm
	}
	return values, nil
}

// back leads to a page of these rooms, with a word for what was done.
func back(c echo.Context, path, said string) error {
	return c.Redirect(http.StatusSeeOther, path+"?"+url.Values{"said": {said}}.Encode())
}

// browser names what somebody uses, in words that are all written here: what a
// browser says of itself is anybody's.
func browser(userAgent string) string {
	return first(userAgent, browsers, "A browser") + " on " + first(userAgent, systems, "another system")
}

// What browsers and systems say of themselves, and their names. Many call
// themselves by others' names too, so the order matters.
var (
	browsers = []sign{{"Edg", "Edge"}, {"OPR", "Opera"}, {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}, {"curl", "curl"}}
	systems  = []sign{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

type sign struct{ text, name string }

// first is the name of the first sign that a text bears.
func first(text string, signs []sign, otherwise string) string {
	for _, s := range signs {
		if strings.Contains(text, s.text) {
			return s.name
		}
	}
	return otherwise
}
