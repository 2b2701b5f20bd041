package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stripe/stripe-mock/embedded"
)

// Schemas are the shapes of Stripe's objects.
type Schemas struct {
	all openapi3.Schemas
}

// Strict loads the description once, with every field it does not name refused. Stripe itself sends fields it does not
// describe, so this is for the simulator's own output only.
var Strict = sync.OnceValues(func() (*Schemas, error) {
	doc, err := openapi3.NewLoader().LoadFromData(embedded.OpenAPISpec)
	if err != nil {
		return nil, fmt.Errorf("contract: load Stripe's description: %w", err)
	}
	no := false
	seen := map[*openapi3.Schema]bool{}
	for _, ref := range doc.Components.Schemas {
		tighten(ref, &no, seen)
	}
	return &Schemas{doc.Components.Schemas}, nil
})

// tighten forbids unnamed fields in a schema and in those written inside it.
func tighten(ref *openapi3.SchemaRef, no *bool, seen map[*openapi3.Schema]bool) {
	if ref == nil || ref.Value == nil || seen[ref.Value] {
		return
	}
	s := ref.Value
	seen[s] = true
	if len(s.Properties) > 0 && s.AdditionalProperties.Schema == nil && s.AdditionalProperties.Has == nil {
		s.AdditionalProperties.Has = no
	}
	for _, p := range s.Properties {
		tighten(p, no, seen)
	}
	for _, each := range s.AnyOf {
		tighten(each, no, seen)
	}
	tighten(s.Items, no, seen)
}

// ErrNoSchema says that the description has no such kind of object.
var ErrNoSchema = errors.New("contract: the description has no such object")

// Check judges an answer of the API or the body of a webhook by what its `object` field says it is. Of a list each
// element is judged, of an event its data.object too. It returns ErrNoSchema for an object the description lacks.
func (s *Schemas) Check(body []byte) error {
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		return fmt.Errorf("contract: not a JSON object: %w", err)
	}
	return s.check(doc)
}

func (s *Schemas) check(doc map[string]any) error {
	kind, _ := doc["object"].(string)
	switch {
	case doc["error"] != nil:
		kind = "error"
	case kind == "list":
		return s.checkList(doc)
	case doc["deleted"] == true:
		kind = "deleted_" + kind
	}
	ref := s.all[kind]
	if ref == nil {
		return fmt.Errorf("%w: %q", ErrNoSchema, kind)
	}
	if err := ref.Value.VisitJSON(doc, openapi3.MultiErrors()); err != nil {
		return fmt.Errorf("contract: %s %v: %w", kind, doc["id"], err)
	}
	if kind != "event" {
		return nil
	}
	data, _ := doc["data"].(map[string]any)
	object, _ := data["object"].(map[string]any)
	if err := s.check(object); err != nil {
		return fmt.Errorf("contract: event %v of type %v: %w", doc["id"], doc["type"], err)
	}
	return nil
}

// checkList judges a page, which the description writes out anew at each path.
func (s *Schemas) checkList(doc map[string]any) error {
	items, ok := doc["data"].([]any)
	_, more := doc["has_more"].(bool)
	_, url := doc["url"].(string)
	if !ok || !more || !url || len(doc) != 4 {
		return fmt.Errorf("contract: a list with %d fields, of which data, has_more and url must be", len(doc))
	}
	for _, each := range items {
		item, ok := each.(map[string]any)
		if !ok {
			return errors.New("contract: a list of something else than objects")
		}
		if err := s.check(item); err != nil {
			return err
		}
	}
	return nil
}
