// Package finance is the staff's rooms, behind one door: what came in, and who
// may look.
//
// Every address names who may come to it where it is registered, and the door
// asks before anything else is done; there is no other way to register one. It
// refuses to know the public site, to write SQL and to show a reader anything
// of the database's errors. Its pages need no script; the
// only one tells when a session is about to end.
package finance

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/web"
)

// Config is what the rooms are made of.
type Config struct {
	Campaign models.Campaign
	Store    *models.Store
	Web      *web.Web
	BaseURL  *url.URL // with https, finance and admin must have a second factor
	TestMode bool     // no real money moves
	Key      []byte   // 32 bytes, from which the key is derived that seals second factors
	Now      func() time.Time
	Refunds  Refunder
	Lookup   Lookup
	Log      *slog.Logger

	Folder string // which campaign folder was read; "" for the built-in one
	Mailed bool   // mail is set up

	Version, Commit string        // of the program
	SyncEvery       time.Duration // how often the service asks Stripe for what webhooks missed; 0: never
}

// Rooms are the pages of the finance team.
type Rooms struct {
	Config
	seal sealer
	turn chan struct{} // of those who give money back

	drawing   chan struct{} // whose turn it is to have a sample drawn
	exporting chan struct{} // those who have a table made
	downloads downloads
}

// New makes the rooms.
func New(c Config) (*Rooms, error) {
	if c.Store == nil || c.Web == nil || c.BaseURL == nil || c.Refunds == nil || c.Lookup == nil || c.Now == nil || c.Log == nil {
		return nil, errors.New("finance: the store, the templates, the address, Stripe, the clock and the log are needed")
	}
	seal, err := newSealer(c.Key)
	if err != nil {
		return nil, err
	}
	return &Rooms{
		Config: c, seal: seal, turn: make(chan struct{}, 1), drawing: make(chan struct{}, 1), exporting: make(chan struct{}, atOnce),
	}, nil
}

// Mount registers every address of the rooms, each with who may come to it.
func (r *Rooms) Mount(e *echo.Echo) {
	d := door{r, e}

	// Coming and going.
	d.room(http.MethodGet, loginPath, anybody, r.getLogin)
	d.room(http.MethodPost, loginPath, anybody, r.postLogin)
	d.room(http.MethodPost, "/finance/logout", anybody, r.postLogout)
	d.room(http.MethodGet, welcomePath+":token", anybody, r.getWelcome)
	d.room(http.MethodPost, welcomePath+":token", anybody, r.postWelcome)

	// The figures, and who did what.
	d.room(http.MethodGet, "/finance", viewer, r.getOverview)
	d.room(http.MethodGet, articlesPath, viewer, r.getArticles)
	d.room(http.MethodGet, auditPath, viewer, r.getAudit)
	d.room(http.MethodGet, auditPath+".csv", finance, r.getAuditTable)

	// Gifts.
	d.room(http.MethodGet, giftsPath, viewer, r.getGifts)
	d.room(http.MethodGet, giftsPath+"/:id", viewer, r.getGift)
	d.room(http.MethodPost, giftsPath+"/:id/resend", finance, r.postResend)
	d.room(http.MethodPost, giftsPath+"/:id/notes", finance, r.postNote)

	// What a person gives back, enters, and takes back.
	d.room(http.MethodGet, giftsPath+"/:id/refund", finance, r.getRefund)
	d.room(http.MethodPost, giftsPath+"/:id/refund", finance, r.postRefund)
	d.room(http.MethodGet, offlinePath, finance, r.getOffline)
	d.room(http.MethodPost, offlinePath, finance, r.postOffline)
	d.room(http.MethodGet, importPath, finance, r.getImport)
	d.room(http.MethodPost, importPath, finance, r.postImport)
	d.room(http.MethodGet, importPath+"/template.csv", finance, r.getImportTemplate)
	d.room(http.MethodGet, giftsPath+"/:id/reverse", finance, r.getReverse)
	d.room(http.MethodPost, giftsPath+"/:id/reverse", finance, r.postReverse)
	d.room(http.MethodGet, giftsPath+"/:id/erase", admin, r.getErase)
	d.room(http.MethodPost, giftsPath+"/:id/erase", admin, r.postErase)
	// Deposits.
	d.room(http.MethodGet, payoutsPath, viewer, r.getPayouts)
	d.room(http.MethodGet, payoutsPath+"/:id", viewer, r.getPayout)
	d.room(http.MethodGet, payoutsPath+"/:id/lines.csv", finance, r.getPayoutLines)
	d.room(http.MethodPost, payoutsPath+"/:id/reconcile", finance, r.postReconcile)
	d.room(http.MethodPost, payoutsPath+"/:id/unreconcile", admin, r.postUnreconcile)

	// Days that take no posting any more.
	d.room(http.MethodGet, closePath, finance, r.getClose)
	d.room(http.MethodPost, closePath, finance, r.postClose)
	d.room(http.MethodPost, closePath+"/reopen", admin, r.postReopen)

	// What leaves the house.
	d.room(http.MethodGet, exportPath, finance, r.getExports)
	d.room(http.MethodGet, exportPath+"/:file", finance, r.getExport)

	// What needs a person.
	d.room(http.MethodGet, eventsPath, finance, r.getEvents)
	d.room(http.MethodGet, resolvedPath, finance, r.getResolved)
	d.room(http.MethodPost, eventsPath+"/:id/replay", finance, r.postReplay)
	d.room(http.MethodGet, eventsPath+"/:id/resolve", finance, r.getResolve)
	d.room(http.MethodPost, eventsPath+"/:id/resolve", finance, r.postResolve)
	d.room(http.MethodGet, findingsPath+"/:kind/:object/resolve", finance, r.getResolve)
	d.room(http.MethodPost, findingsPath+"/:kind/:object/resolve", finance, r.postResolve)
	d.room(http.MethodPost, "/finance/mail", finance, r.postMail)

	// How the service gets on.
	d.room(http.MethodGet, statusPath, finance, r.getStatus)

	// What the campaign's folder says, and what is made of it.
	d.room(http.MethodGet, settingsPath, finance, r.getSettings)
	d.room(http.MethodGet, samplePath, finance, r.getSample)
	d.room(http.MethodGet, samplePDF, finance, r.getSamplePDF)
	d.room(http.MethodPost, samplePath, finance, r.postSample)

	// People.
	d.room(http.MethodGet, accountPath, themselves, r.getAccount)
	d.room(http.MethodPost, accountPath, themselves, r.postAccount)
	d.room(http.MethodGet, sessionPath, themselves, r.getSession)
	d.room(http.MethodGet, keptPath, themselves, r.getKept)
	d.room(http.MethodGet, staffPath, admin, r.getStaff)
	d.room(http.MethodPost, staffPath, admin, r.postStaff)

	// What is no page is so for the staff alone: others learn of no address.
	d.room(http.MethodGet, "/finance/*", viewer, func(*visit) error { return models.ErrNotFound })
}

const (
	loginPath   = "/finance/login"
	welcomePath = "/finance/welcome/"
	accountPath = "/finance/account"
	sessionPath = "/finance/session"
	keptPath    = "/finance/kept"
	staffPath   = "/finance/staff"
	payoutsPath = "/finance/payouts"
	eventsPath  = "/finance/events"

	resolvedPath = eventsPath + "/resolved"
	findingsPath = "/finance/findings"
)

func giftPath(id string) string   { return giftsPath + "/" + url.PathEscape(id) }
func payoutPath(id string) string { return payoutsPath + "/" + url.PathEscape(id) }
