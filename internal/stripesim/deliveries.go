package stripesim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	inFlight    = 8                // deliveries at once
	patience    = 20 * time.Second // how long an endpoint may take to answer
	firstRetry  = time.Second
	longestWait = time.Hour
	giveUpAfter = 72 * time.Hour // three days (https://docs.stripe.com/webhooks#automatic-retries)
)

const (
	stateWaiting = iota
	stateDelivered
	stateGivenUp
)

// flight knows which deliveries are on their way, so that none is sent by two workers.
type flight struct {
	claiming sync.Mutex // one claim at a time
	mu       sync.Mutex // guards ids
	ids      map[int64]bool
	slots    chan struct{}
}

func newFlight() *flight {
	return &flight{ids: map[int64]bool{}, slots: make(chan struct{}, inFlight)}
}

// delivery is one webhook to send.
type delivery struct {
	id       int64
	queued   time.Time
	tries    int
	event    []byte
	endpoint endpointDoc
	secret   string
}

func webhookClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport,
		Timeout:   patience,
		// A redirect is a failure at Stripe, so it is not followed.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// queue makes one delivery of an event to an endpoint, due after a delay.
func (t *tx) queue(event, endpoint string, delay time.Duration) error {
	_, err := t.ExecContext(t.ctx, `INSERT INTO deliveries (event, endpoint, queued, due) VALUES (?, ?, ?, ?)`,
		event, endpoint, t.real.UnixMilli(), t.real.Add(delay).UnixMilli())
	if err != nil {
		return fmt.Errorf("stripesim: queue %s: %w", event, err)
	}
	t.woken = true
	return nil
}

func (t *tx) giveUpAll(endpoint string) error {
	_, err := t.ExecContext(t.ctx, `UPDATE deliveries SET state = ? WHERE endpoint = ? AND state = ?`, stateGivenUp, endpoint, stateWaiting)
	if err != nil {
		return fmt.Errorf("stripesim: give up deliveries to %s: %w", endpoint, err)
	}
	return nil
}

// Resend queues an event once more for every enabled endpoint that wants it, as the Dashboard's button does: also one
// that was withheld or given up.
func (s *Simulator) Resend(ctx context.Context, eventID string) error {
	return s.do(ctx, func(t *tx) error {
		var ev event
		if err := t.load(eventKind, eventID, &ev, nil); err != nil {
			return err
		}
		hooks, err := t.endpoints()
		if err != nil {
			return err
		}
		for _, h := range hooks {
			if !h.wants(ev.Type) {
				continue
			}
			if err := t.queue(ev.ID, h.ID, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// Deliver lets time pass up to now and sends every webhook that is due, until none is. It returns how many were taken
// (answered 2xx). What fails becomes due again later. For tests; Run does the same in the background.
func (s *Simulator) Deliver(ctx context.Context) (int, error) {
	taken := 0
	for ctx.Err() == nil {
		if err := s.tick(ctx); err != nil {
			return taken, err
		}
		jobs, _, err := s.claim(ctx)
		if err != nil || len(jobs) == 0 {
			return taken, err
		}
		var workers sync.WaitGroup
		var mu sync.Mutex
		for _, j := range jobs {
			j.then = func(ok bool) {
				mu.Lock()
				defer mu.Unlock()
				if ok {
					taken++
				}
			}
			s.launch(ctx, &workers, j)
		}
		workers.Wait()
	}
	return taken, ctx.Err()
}

// job is a claimed delivery; then, when given, hears how it went.
type job struct {
	delivery
	then func(ok bool)
}

// claim takes what is due and on nobody's hands, and says when to look again: the zero time when nothing waits.
func (s *Simulator) claim(ctx context.Context) (jobs []job, next time.Time, err error) {
	s.flight.claiming.Lock() // Deliver and Run may claim at the same time
	defer s.flight.claiming.Unlock()
	s.flight.mu.Lock()
	busy := maps.Clone(s.flight.ids)
	s.flight.mu.Unlock()
	err = s.do(ctx, func(t *tx) error {
		jobs, err = t.dueJobs(busy)
		if err != nil {
			return err
		}
		next, err = t.nextDue()
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	s.flight.mu.Lock()
	defer s.flight.mu.Unlock()
	for _, j := range jobs {
		s.flight.ids[j.id] = true
	}
	return jobs, next, nil
}

func (t *tx) dueJobs(busy map[int64]bool) (jobs []job, err error) {
	rows, err := t.QueryContext(t.ctx, `SELECT d.id, d.queued, d.tries, e.body, w.body, w.hidden
		FROM deliveries d JOIN objects e ON e.id = d.event JOIN objects w ON w.id = d.endpoint
		WHERE d.state = ? AND d.due <= ? ORDER BY d.due, d.id LIMIT ?`, stateWaiting, t.now.UnixMilli(), 4*inFlight+len(busy))
	if err != nil {
		return nil, fmt.Errorf("stripesim: due webhooks: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var j job
		var queued int64
		var hook, hidden []byte
		if err := rows.Scan(&j.id, &queued, &j.tries, &j.event, &hook, &hidden); err != nil {
			return nil, fmt.Errorf("stripesim: due webhooks: %w", err)
		}
		if busy[j.id] {
			continue
		}
		var secret endpointHidden
		if err := errors.Join(json.Unmarshal(hook, &j.endpoint), json.Unmarshal(hidden, &secret)); err != nil {
			return nil, fmt.Errorf("stripesim: decode webhook %d: %w", j.id, err)
		}
		j.queued, j.secret = time.UnixMilli(queued), secret.Secret
		jobs = append(jobs, j)
	}
	return jobs, rows.Err()
}

// nextDue is when the next webhook or timer that still lies ahead is due.
func (t *tx) nextDue() (time.Time, error) {
	var at *int64
	err := t.QueryRowContext(t.ctx, `SELECT MIN(due) FROM (
		SELECT MIN(due) AS due FROM deliveries WHERE state = ? AND due > ? UNION ALL SELECT MIN(due) FROM timers)`,
		stateWaiting, t.now.UnixMilli()).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("stripesim: next due: %w", err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return time.UnixMilli(*at), nil
}

// launch sends a claimed delivery in the background, as soon as a slot is free.
func (s *Simulator) launch(ctx context.Context, workers *sync.WaitGroup, j job) {
	select {
	case s.flight.slots <- struct{}{}:
	case <-ctx.Done():
		s.land(j.id)
		return
	}
	workers.Go(func() {
		defer func() { <-s.flight.slots }()
		defer s.land(j.id)
		err := s.send(ctx, j.delivery)
		if err != nil && ctx.Err() != nil {
			return // we left, the endpoint did not fail
		}
		if back := s.record(ctx, j.delivery, err); back != nil {
			s.cfg.Log.Error("a delivery could not be recorded and will be repeated", "error", back)
		}
		if j.then != nil {
			j.then(err == nil)
		}
	})
}

func (s *Simulator) land(id int64) {
	s.flight.mu.Lock()
	defer s.flight.mu.Unlock()
	delete(s.flight.ids, id)
}

// send posts the event, freshly signed. Anything but a 2xx answer is an error.
func (s *Simulator) send(ctx context.Context, d delivery) error {
	body := d.event
	if v := d.endpoint.APIVersion; v != nil && *v != s.cfg.EventVersion {
		var ev event
		if err := json.Unmarshal(body, &ev); err != nil {
			return fmt.Errorf("decode event: %w", err)
		}
		ev.APIVersion = *v
		var err error
		if body, err = json.Marshal(ev); err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.endpoint.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	req.Header.Set("Stripe-Signature", signature(s.cfg.Now(), body, d.secret))
	res, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("post: %w", err)
	}
	defer func() {
		if err := res.Body.Close(); err != nil {
			s.cfg.Log.Debug("closing a webhook's answer", "error", err)
		}
	}()
	// Read a little so that the connection can be used again.
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("answered %s", res.Status)
	}
	return nil
}

// signature is the Stripe-Signature header (https://docs.stripe.com/webhooks#verify-manually).
func signature(at time.Time, body []byte, secret string) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// record notes how a delivery went: done, due again, or given up after three days.
func (s *Simulator) record(ctx context.Context, d delivery, failure error) error {
	return s.do(ctx, func(t *tx) error {
		state, due := stateDelivered, t.now
		if failure != nil {
			state, due = stateWaiting, t.now.Add(backoff(d.tries+1))
			if due.Sub(d.queued) > giveUpAfter {
				state = stateGivenUp
			}
			t.woken = true
			s.cfg.Log.Info("a webhook was not taken", "endpoint", d.endpoint.URL, "tries", d.tries+1, "given_up", state == stateGivenUp, "error", failure)
		}
		_, err := t.ExecContext(t.ctx, `UPDATE deliveries SET state = ?, due = ?, tries = tries + 1 WHERE id = ? AND state = ?`,
			state, due.UnixMilli(), d.id, stateWaiting)
		if err != nil {
			return fmt.Errorf("stripesim: record delivery: %w", err)
		}
		return nil
	})
}

// backoff is the wait after so many failures: a second, doubled each time, at most an hour.
func backoff(tries int) time.Duration {
	if tries > 12 {
		return longestWait
	}
	return min(longestWait, firstRetry<<(tries-1))
}
