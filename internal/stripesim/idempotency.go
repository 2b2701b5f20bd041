package stripesim

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// keyLife is how long an idempotency key is remembered (https://docs.stripe.com/api/idempotent_requests).
const keyLife = 24 * time.Hour

// keysInUse are the idempotency keys of requests being answered right now.
type keysInUse struct {
	mu   sync.Mutex
	keys map[string]bool
}

// take claims a key; false means that another request holds it.
func (k *keysInUse) take(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys[key] {
		return false
	}
	if k.keys == nil {
		k.keys = map[string]bool{}
	}
	k.keys[key] = true
	return true
}

func (k *keysInUse) free(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, key)
}

// once answers a request that carries an idempotency key: the first answer again, where there is one, else a new one
// stored in the same transaction as its effect. As at Stripe a refused parameter or a limit stores nothing, a 500 does.
func (s *Simulator) once(c *call, op operation, fault Fault, encoded string, h http.Header) (answer, error) {
	if len(c.key) > 255 {
		return answer{}, invalid("", "", "Idempotency keys may be up to 255 characters, yours has %d.", len(c.key))
	}
	if !s.busy.take(c.key) {
		return answer{}, &apiError{
			Status: http.StatusConflict, Type: "idempotency_error", Code: "idempotency_key_in_use",
			Message: "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): " + c.key,
		}
	}
	defer s.busy.free(c.key)
	fingerprint := sha256.Sum256([]byte(c.req.Method + " " + c.path + "\n" + encoded))
	old, first, err := s.remembered(c, fingerprint[:])
	if err != nil {
		return answer{}, err
	}
	if first != "" {
		h.Set("Idempotent-Replayed", "true")
		h.Set("Original-Request", first)
		return old, nil
	}
	return s.perform(c, op, fault, func(c *call, out answer) error {
		_, err := c.ExecContext(c.ctx, `INSERT OR REPLACE INTO answers (key, created, print, status, request, body) VALUES (?, ?, ?, ?, ?, ?)`,
			c.key, c.now.Unix(), fingerprint[:], out.status, c.reqID, out.body)
		if err != nil {
			return fmt.Errorf("stripesim: keep answer: %w", err)
		}
		return nil
	})
}

// remembered finds the first answer given under the call's key, and the id of the request that got it.
// It returns an idempotency_error when that request had other parameters.
func (s *Simulator) remembered(c *call, fingerprint []byte) (answer, string, error) {
	var out answer
	var first string
	err := s.do(c.req.Context(), func(t *tx) error {
		var was []byte
		err := t.QueryRowContext(t.ctx, `SELECT print, status, request, body FROM answers WHERE key = ? AND created > ?`,
			c.key, t.now.Add(-keyLife).Unix()).Scan(&was, &out.status, &first, &out.body)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("stripesim: look up idempotency key: %w", err)
		}
		if !bytes.Equal(was, fingerprint) {
			return &apiError{
				Status: http.StatusBadRequest, Type: "idempotency_error",
				Message: fmt.Sprintf("Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '%s' if you meant to execute a different request.", c.key),
			}
		}
		return nil
	})
	return out, first, err
}

// forgetAnswers drops the keys that are too old to be replayed.
func (t *tx) forgetAnswers() error {
	_, err := t.ExecContext(t.ctx, `DELETE FROM answers WHERE created <= ?`, t.now.Add(-keyLife).Unix())
	if err != nil {
		return fmt.Errorf("stripesim: prune idempotency keys: %w", err)
	}
	return nil
}
