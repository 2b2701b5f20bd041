package stripesim

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// fields is an object as its JSON's fields, to compare it with later.
func fields(object any) (map[string]any, error) {
	body, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("stripesim: encode object: %w", err)
	}
	return decodeDoc(body)
}

// changedSince is an event's previous_attributes: the old value of each field that is different now, and of metadata only
// the keys that are, null where one is new (https://docs.stripe.com/api/events/object#event_object-data-previous_attributes).
func changedSince(before map[string]any, object any) (map[string]any, error) {
	after, err := fields(object)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for name, was := range before {
		if reflect.DeepEqual(was, after[name]) {
			continue
		}
		out[name] = was
		if name == "metadata" {
			out[name] = changedKeys(was, after[name])
		}
	}
	return out, nil
}

func changedKeys(before, after any) map[string]any {
	old, _ := before.(map[string]any)
	now, _ := after.(map[string]any)
	out := map[string]any{}
	for key, was := range old {
		if now[key] != was {
			out[key] = was
		}
	}
	for key := range now {
		if _, there := old[key]; !there {
			out[key] = nil
		}
	}
	return out
}
