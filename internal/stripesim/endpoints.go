package stripesim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

const endpointKind = "webhook_endpoint"

// Endpoint is where webhooks go.
type Endpoint struct {
	// URL receives the events.
	URL string
	// Secret signs them; one is made up when empty.
	Secret string
	// APIVersion is what the events say they are rendered in; Config.EventVersion when empty.
	// Only the version's name changes: the objects stay as at 2023-10-16.
	APIVersion string
	// Events are the types wanted; all when empty.
	Events []string
}

// endpointDoc is an endpoint as the API shows it: the secret only in the answer to its creation.
type endpointDoc struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	APIVersion    *string           `json:"api_version"`
	Application   any               `json:"application"`
	Created       int64             `json:"created"`
	Description   *string           `json:"description"`
	EnabledEvents []string          `json:"enabled_events"`
	Livemode      bool              `json:"livemode"`
	Metadata      map[string]string `json:"metadata"`
	Secret        string            `json:"secret,omitempty"`
	Status        string            `json:"status"`
	URL           string            `json:"url"`
}

type endpointHidden struct {
	Secret string `json:"secret"`
}

var (
	endpointParams       = []string{"url", "enabled_events[]", "api_version", "description", "metadata", "metadata[*]"}
	endpointUpdateParams = []string{"url", "enabled_events[]", "description", "disabled", "metadata", "metadata[*]"}
)

// RegisterEndpoint adds an endpoint, or changes the one that has this URL already.
// It returns the secret that signs its webhooks.
func (s *Simulator) RegisterEndpoint(ctx context.Context, e Endpoint) (string, error) {
	if !isWebURL(e.URL) {
		return "", fmt.Errorf("stripesim: endpoint %q is not an http or https address", e.URL)
	}
	if len(e.Events) == 0 {
		e.Events = []string{"*"}
	}
	err := s.do(ctx, func(t *tx) error {
		rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ? AND ref = ?`, endpointKind, e.URL)
		if err != nil {
			return err
		}
		if e.Secret == "" {
			e.Secret = t.id("whsec_", 32)
		}
		if len(rows) == 0 {
			_, err = t.newEndpoint(e, nil, map[string]string{})
			return err
		}
		var doc endpointDoc
		if err := json.Unmarshal(rows[0].body, &doc); err != nil {
			return fmt.Errorf("stripesim: decode %s: %w", rows[0].id, err)
		}
		doc.EnabledEvents, doc.Status, doc.APIVersion = e.Events, "enabled", optionalString(e.APIVersion)
		return t.update(doc.ID, doc.URL, doc, endpointHidden{e.Secret})
	})
	return e.Secret, err
}

func (t *tx) newEndpoint(e Endpoint, description *string, metadata map[string]string) (endpointDoc, error) {
	doc := endpointDoc{
		ID: t.id("we_1", 23), Object: endpointKind, APIVersion: optionalString(e.APIVersion), Created: t.now.Unix(),
		Description: description, EnabledEvents: e.Events, Metadata: metadata, Status: "enabled", URL: e.URL,
	}
	return doc, t.insert(endpointKind, doc.ID, doc.URL, doc.Created, doc, endpointHidden{e.Secret})
}

func optionalString(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// endpoints are the enabled ones, read once a transaction.
func (t *tx) endpoints() ([]endpointDoc, error) {
	if t.read {
		return t.hooks, nil
	}
	rows, err := t.rows(`SELECT seq, id, created, body, hidden FROM objects WHERE kind = ? ORDER BY seq`, endpointKind)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		var doc endpointDoc
		if err := json.Unmarshal(r.body, &doc); err != nil {
			return nil, fmt.Errorf("stripesim: decode %s: %w", r.id, err)
		}
		if doc.Status == "enabled" {
			t.hooks = append(t.hooks, doc)
		}
	}
	t.read = true
	return t.hooks, nil
}

func createEndpoint(c *call) (any, error) {
	var e Endpoint
	var err error
	if !c.params.at("url").given() {
		return nil, missingParam("url")
	}
	if e.URL, err = c.params.at("url").webURL(); err != nil {
		return nil, err
	}
	if e.Events, err = c.enabledEvents(); err != nil {
		return nil, err
	}
	if len(e.Events) == 0 {
		return nil, missingParam("enabled_events")
	}
	if e.APIVersion, err = c.params.at("api_version").text(40); err != nil {
		return nil, err
	}
	description, err := c.params.at("description").optional(5000)
	if err != nil {
		return nil, err
	}
	metadata, err := c.params.at("metadata").metadata()
	if err != nil {
		return nil, err
	}
	e.Secret = c.id("whsec_", 32)
	doc, err := c.newEndpoint(e, description, metadata)
	doc.Secret = e.Secret
	return doc, err
}

func (c *call) enabledEvents() ([]string, error) {
	var out []string
	for _, n := range c.params.at("enabled_events").items() {
		name, err := n.required(200)
		if err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, nil
}

// findEndpoint loads the endpoint in the path.
func (c *call) findEndpoint() (doc endpointDoc, hidden endpointHidden, err error) {
	err = c.load(endpointKind, c.pathID(), &doc, &hidden)
	if errors.Is(err, errMissing) {
		err = noSuch(http.StatusNotFound, "webhook endpoint", c.pathID(), "webhook_endpoint")
	}
	return doc, hidden, err
}

// updateEndpoint changes an endpoint; its API version can't be changed. Disabling it gives up what is still undelivered.
func updateEndpoint(c *call) (any, error) {
	doc, hidden, err := c.findEndpoint()
	if err != nil {
		return nil, err
	}
	if u, err := c.params.at("url").webURL(); err != nil {
		return nil, err
	} else if u != "" {
		doc.URL = u
	}
	if events, err := c.enabledEvents(); err != nil {
		return nil, err
	} else if len(events) > 0 {
		doc.EnabledEvents = events
	}
	if d, err := c.params.at("description").optional(5000); err != nil {
		return nil, err
	} else if d != nil {
		doc.Description = d
	}
	if doc.Metadata, err = c.params.at("metadata").changes(doc.Metadata); err != nil {
		return nil, err
	}
	disabled, given, err := c.params.at("disabled").flag()
	if err != nil {
		return nil, err
	}
	if given {
		doc.Status = "enabled"
		if disabled {
			doc.Status = "disabled"
			if err := c.giveUpAll(doc.ID); err != nil {
				return nil, err
			}
		}
	}
	return doc, c.update(doc.ID, doc.URL, doc, hidden)
}

func deleteEndpoint(c *call) (any, error) {
	doc, _, err := c.findEndpoint()
	if err != nil {
		return nil, err
	}
	for _, sql := range []string{`DELETE FROM objects WHERE id = ?`, `DELETE FROM deliveries WHERE endpoint = ?`} {
		if _, err := c.ExecContext(c.ctx, sql, doc.ID); err != nil {
			return nil, fmt.Errorf("stripesim: delete %s: %w", doc.ID, err)
		}
	}
	return struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Deleted bool   `json:"deleted"`
	}{doc.ID, endpointKind, true}, nil
}
