package webhooks

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/body"
	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// maxBody is the largest event taken. Stripe's own samples stop at 64 KiB,
// which would lose events with many lines for good.
const maxBody = 1 << 20

// Path is where Stripe posts its events.
const Path = "/webhooks/stripe"

// Door takes Stripe's events: it verifies, translates, and makes one call to
// the Store, which keeps the raw event and books it.
type Door struct {
	Store    *models.Store
	Secrets  []string // signing secrets, any of which may have signed
	Livemode bool     // the mode of the service's own key
	Resolver *Resolver
	Log      *slog.Logger
}

// Receive answers Stripe: 200 once the event is stored (or was before), 400 for
// what no retry can mend, 413 for a body over 1 MiB, and 503 if it could not
// be stored, so that Stripe sends it again.
func (d *Door) Receive(c echo.Context) error {
	r := c.Request()
	read := body.Read
	if r.Header.Get("Stripe-Signature") == "" {
		read = body.Skip // nobody's: not worth the memory
	}
	raw, err := read(r.Body, maxBody)
	switch {
	case errors.Is(err, body.ErrTooLarge):
		return c.String(http.StatusRequestEntityTooLarge, "larger than 1 MiB\n")
	case err != nil:
		return c.String(http.StatusBadRequest, "the body could not be read\n")
	}
	if err := verify(raw, r.Header.Get("Stripe-Signature"), d.Secrets, d.Store.Now()); err != nil {
		return d.refuse(c, raw, err)
	}
	e, err := parseEvent(raw)
	if err != nil {
		return d.refuse(c, raw, err)
	}
	if e.Livemode == nil || *e.Livemode != d.Livemode {
		return d.refuse(c, raw, errors.New("an event of the other mode"))
	}
	state, due, err := d.Store.Receive(r.Context(), d.stored(e, raw), understand(e))
	if err != nil {
		d.Log.Error("an event could not be stored; Stripe will send it again", "event", e.ID, "type", e.Type, "error", err)
		c.Response().Header().Set("Retry-After", "5")
		return c.String(http.StatusServiceUnavailable, "not stored, please send it again\n")
	}
	d.Log.Info("event", "event", e.ID, "type", e.Type, "state", state)
	if due {
		d.Resolver.Wake()
	}
	crash.Here(crash.EventUnanswered)
	return c.JSON(http.StatusOK, map[string]any{"received": true})
}

// refuse answers 400 and logs no more of the body than its length and hash: a
// forged one may hold anything.
func (d *Door) refuse(c echo.Context, raw []byte, why error) error {
	sum := sha256.Sum256(raw)
	level := slog.LevelWarn
	if errors.Is(why, errSkewed) {
		// Stripe signs afresh at each try: if this one is genuine, our clock is wrong.
		level = slog.LevelError
	}
	d.Log.Log(c.Request().Context(), level, "webhook refused", "reason", why.Error(), "bytes", len(raw), "sha256", hex.EncodeToString(sum[:8]))
	return c.String(http.StatusBadRequest, why.Error()+"\n")
}

func (d *Door) stored(e event, raw []byte) models.Event {
	return models.Event{
		ID: e.ID, Type: e.Type, ObjectID: e.objectID(), Created: utc(e.Created), Livemode: *e.Livemode,
		APIVersion: e.APIVersion, Raw: raw,
	}
}

// understand reads an event from its own payload, where that can be trusted:
// of another API version, fields would silently be missing or mean something
// else.
func understand(e event) (reading models.Reading) {
	defer rescue(&reading)
	switch {
	case families[e.Type] == unread, e.Account != "":
		// Events of connected accounts are nobody's gift here.
		return models.Reading{State: models.EventNoEffect}
	case e.APIVersion != stripeapi.Version:
		return models.Reading{State: models.EventWaiting, Problem: "rendered in another API version"}
	}
	return whenDecided(read(e), e)
}

// rescue is deferred where Stripe's objects are read: a mistake of ours in
// reading one must not lose its event, nor end the service.
func rescue(reading *models.Reading) {
	if broken := recover(); broken != nil {
		*reading = models.Reading{State: models.EventAttention, Problem: "it could not be understood"}
	}
}
