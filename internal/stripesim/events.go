package stripesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	eventKind = "event"
	eventLife = 30 * 24 * time.Hour // how long GET /v1/events reaches back (https://docs.stripe.com/api/events)
)

// event is what a webhook carries and GET /v1/events lists.
type event struct {
	ID              string     `json:"id"`
	Object          string     `json:"object"`
	APIVersion      string     `json:"api_version"`
	Created         int64      `json:"created"`
	Data            eventData  `json:"data"`
	Livemode        bool       `json:"livemode"`
	PendingWebhooks int64      `json:"pending_webhooks"`
	Request         requestRef `json:"request"`
	Type            string     `json:"type"`
}

type eventData struct {
	Object   json.RawMessage `json:"object"`
	Previous map[string]any  `json:"previous_attributes,omitempty"`
}

// requestRef names the call that caused an event; both are null when none did.
type requestRef struct {
	ID             *string `json:"id"`
	IdempotencyKey *string `json:"idempotency_key"`
}

// sending says how an event's webhooks leave: how often, and how late. Zero copies: never.
type sending struct {
	copies int
	delay  time.Duration
}

var (
	atOnce = sending{copies: 1}
	late   = sending{copies: 1, delay: time.Minute}
	never  = sending{}
	twice  = sending{copies: 2}
)

// emit records an event of this instant and queues its webhooks.
func (t *tx) emit(kind string, object any, previous map[string]any, by requestRef, how sending) error {
	return t.emitAt(t.now.Unix(), kind, object, previous, by, how)
}

func (t *tx) emitAt(created int64, kind string, object any, previous map[string]any, by requestRef, how sending) error {
	if unmade := t.sim.cfg.Unmade; unmade != nil && unmade(kind) {
		return nil
	}
	if ask := t.sim.cfg.Sending; ask != nil {
		how.copies, how.delay = ask(kind, how.copies, how.delay)
	}
	body, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("stripesim: encode %s: %w", kind, err)
	}
	hooks, err := t.endpoints()
	if err != nil {
		return err
	}
	ev := event{
		ID: t.id("evt_1", 23), Object: eventKind, APIVersion: t.sim.cfg.EventVersion, Created: created,
		Data: eventData{Object: body, Previous: previous}, Request: by, Type: kind,
	}
	var to []string
	for _, h := range hooks {
		if h.wants(kind) {
			to = append(to, h.ID)
		}
	}
	ev.PendingWebhooks = int64(len(to))
	if err := t.insert(eventKind, ev.ID, kind, created, ev, nil); err != nil {
		return err
	}
	for _, id := range to {
		for range how.copies {
			if err := t.queue(ev.ID, id, how.delay); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h endpointDoc) wants(kind string) bool {
	return slices.Contains(h.EnabledEvents, "*") || slices.Contains(h.EnabledEvents, kind)
}

func getEvent(c *call) (any, error) {
	var ev event
	err := c.load(eventKind, c.pathID(), &ev, nil)
	if errors.Is(err, errMissing) || err == nil && c.tooOld(ev) {
		return nil, noSuch(http.StatusNotFound, eventKind, c.pathID(), "id")
	}
	if err != nil {
		return nil, err
	}
	ev.PendingWebhooks, err = c.pendingWebhooks(ev.ID)
	return ev, err
}

func (c *call) tooOld(ev event) bool { return ev.Created <= c.now.Add(-eventLife).Unix() }

func (t *tx) pendingWebhooks(id string) (n int64, err error) {
	err = t.QueryRowContext(t.ctx, `SELECT COUNT(DISTINCT endpoint) FROM deliveries WHERE event = ? AND state <> 1`, id).Scan(&n)
	if err != nil {
		err = fmt.Errorf("stripesim: count deliveries of %s: %w", id, err)
	}
	return n, err
}

func listEvents(c *call) (any, error) {
	q := &query{}
	q.and("created > ?", c.now.Add(-eventLife).Unix())
	if err := c.eventTypes(q); err != nil {
		return nil, err
	}
	delivered, given, err := c.params.at("delivery_success").flag()
	if err != nil {
		return nil, err
	}
	if given {
		const waiting = "EXISTS (SELECT 1 FROM deliveries d WHERE d.event = objects.id AND d.state <> 1)"
		if delivered {
			q.and("NOT " + waiting)
		} else {
			q.and(waiting)
		}
	}
	page, rows, err := c.page(eventKind, q)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		var ev event
		if err := json.Unmarshal(r.body, &ev); err != nil {
			return nil, fmt.Errorf("stripesim: decode %s: %w", r.id, err)
		}
		if ev.PendingWebhooks, err = c.pendingWebhooks(r.id); err != nil {
			return nil, err
		}
		if page.Data[i], err = json.Marshal(ev); err != nil {
			return nil, fmt.Errorf("stripesim: encode %s: %w", r.id, err)
		}
	}
	return page, nil
}

// eventTypes reads type (a trailing * matches all) and types[], at most twenty.
func (c *call) eventTypes(q *query) error {
	one, err := c.params.at("type").text(200)
	if err != nil {
		return err
	}
	if prefix, star := strings.CutSuffix(one, "*"); star {
		q.and("substr(ref, 1, ?) = ?", len(prefix), prefix)
	} else if one != "" {
		q.and("ref = ?", one)
	}
	types := c.params.at("types").items()
	if len(types) == 0 {
		return nil
	}
	if len(types) > 20 || one != "" {
		return invalid("types", "", "You may pass up to 20 types, and not together with type.")
	}
	marks, args := make([]string, 0, len(types)), make([]any, 0, len(types))
	for _, n := range types {
		name, err := n.text(200)
		if err != nil {
			return err
		}
		marks, args = append(marks, "?"), append(args, name)
	}
	q.and("ref IN ("+strings.Join(marks, ",")+")", args...)
	return nil
}
