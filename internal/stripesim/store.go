package stripesim

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	_ "modernc.org/sqlite" // the driver of the state file
)

const schema = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT OR IGNORE INTO meta VALUES ('next', 0);
-- One row per object of the API. ref is what lists filter by: a session's intent, a charge's intent, an event's type.
CREATE TABLE IF NOT EXISTS objects (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	id TEXT NOT NULL UNIQUE,
	kind TEXT NOT NULL,
	created INTEGER NOT NULL,
	ref TEXT NOT NULL,
	body BLOB NOT NULL,
	hidden BLOB);
CREATE INDEX IF NOT EXISTS objects_newest ON objects (kind, created, seq);
CREATE INDEX IF NOT EXISTS objects_ref ON objects (kind, ref, created, seq);
-- state: 0 waiting, 1 delivered, 2 given up. Times in milliseconds since 1970.
CREATE TABLE IF NOT EXISTS deliveries (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	event TEXT NOT NULL,
	endpoint TEXT NOT NULL,
	queued INTEGER NOT NULL,
	due INTEGER NOT NULL,
	tries INTEGER NOT NULL DEFAULT 0,
	state INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due, id);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS timers (
	due INTEGER NOT NULL,
	kind TEXT NOT NULL,
	object TEXT NOT NULL,
	PRIMARY KEY (kind, object)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timers_due ON timers (due);
-- Which automatic payout a movement of the balance was paid out with.
CREATE TABLE IF NOT EXISTS members (
	txn TEXT PRIMARY KEY,
	payout TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS members_payout ON members (payout);
CREATE TABLE IF NOT EXISTS answers (
	key TEXT PRIMARY KEY,
	created INTEGER NOT NULL,
	print BLOB NOT NULL,
	status INTEGER NOT NULL,
	request TEXT NOT NULL,
	body BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_created ON answers (created);`

func openFile(file string) (*sql.DB, uint64, error) {
	if file == "" {
		file = ":memory:"
	}
	dsn := ":memory:"
	if file != ":memory:" {
		if err := createPrivate(file); err != nil {
			return nil, 0, err
		}
		// NORMAL survives the death of the process; a pretend payment need not survive the death of the machine.
		dsn = "file:" + (&url.URL{Path: file}).EscapedPath() +
			"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=busy_timeout(5000)&_txlock=immediate"
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, 0, fmt.Errorf("stripesim: open %s: %w", file, err)
	}
	// One connection: an in-memory database lives in it, and one transaction at a time is the rule anyway.
	db.SetMaxOpenConns(1)
	var next uint64
	ctx := context.Background()
	if _, err = db.ExecContext(ctx, schema); err == nil {
		err = db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'next'`).Scan(&next)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("stripesim: open %s: %w", file, errors.Join(err, db.Close()))
	}
	return db, next, nil
}

// createPrivate makes the file where it is missing, readable by its owner only: it holds webhook secrets.
// One that stands isn't opened: to close it would give up the locks of every connection of this process.
func createPrivate(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return fmt.Errorf("stripesim: open state: %w", err)
	}
	return nil
}

// tx is one transaction at one instant. Everything a call does happens in one, so a crash leaves all of it or none.
type tx struct {
	*sql.Tx
	ctx   context.Context
	sim   *Simulator
	now   time.Time     // the instant things are said to happen at
	real  time.Time     // the clock's, which differs while a sample's past is made up
	hooks []endpointDoc // enabled endpoints, read at the first event
	read  bool          // hooks were read
	woken bool          // something became due
}

// do runs fn in a transaction and wakes Run when it queued something. It does not stop when the caller goes away:
// Stripe finishes what it began.
func (s *Simulator) do(ctx context.Context, fn func(*tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	raw, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("stripesim: begin: %w", err)
	}
	now := s.cfg.Now().UTC()
	t := &tx{Tx: raw, ctx: ctx, sim: s, now: now, real: now}
	err = fn(t)
	if err == nil && s.next != s.kept {
		_, err = raw.ExecContext(ctx, `UPDATE meta SET value = ? WHERE name = 'next'`, s.next)
	}
	if err != nil {
		if back := raw.Rollback(); back != nil {
			err = errors.Join(err, fmt.Errorf("stripesim: roll back: %w", back))
		}
		return err
	}
	if err := raw.Commit(); err != nil {
		return fmt.Errorf("stripesim: commit: %w", err)
	}
	s.kept = s.next
	if t.woken {
		s.Wake()
	}
	return nil
}

// row is an object as stored.
type row struct {
	seq     int64
	id      string
	created int64
	body    []byte
	hidden  []byte
}

// insert stores a new object; hidden is what the API never shows, or nil.
func (t *tx) insert(kind, id, ref string, created int64, body, hidden any) error {
	b, h, err := marshalBoth(body, hidden)
	if err != nil {
		return fmt.Errorf("stripesim: encode %s: %w", id, err)
	}
	_, err = t.ExecContext(t.ctx, `INSERT INTO objects (id, kind, created, ref, body, hidden) VALUES (?, ?, ?, ?, ?, ?)`,
		id, kind, created, ref, b, h)
	if err != nil {
		return fmt.Errorf("stripesim: store %s: %w", id, err)
	}
	return nil
}

// update replaces an object's body, ref and hidden part.
func (t *tx) update(id, ref string, body, hidden any) error {
	b, h, err := marshalBoth(body, hidden)
	if err != nil {
		return fmt.Errorf("stripesim: encode %s: %w", id, err)
	}
	_, err = t.ExecContext(t.ctx, `UPDATE objects SET body = ?, ref = ?, hidden = ? WHERE id = ?`, b, ref, h, id)
	if err != nil {
		return fmt.Errorf("stripesim: update %s: %w", id, err)
	}
	return nil
}

func marshalBoth(body, hidden any) ([]byte, []byte, error) {
	b, err := json.Marshal(body)
	if err != nil || hidden == nil {
		return b, nil, err
	}
	h, err := json.Marshal(hidden)
	return b, h, err
}

// find reads one object. It returns errMissing when there is none of that kind.
func (t *tx) find(kind, id string) (row, error) {
	r := row{id: id}
	err := t.QueryRowContext(t.ctx, `SELECT seq, created, body, hidden FROM objects WHERE id = ? AND kind = ?`, id, kind).
		Scan(&r.seq, &r.created, &r.body, &r.hidden)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, errMissing
	}
	if err != nil {
		return row{}, fmt.Errorf("stripesim: read %s: %w", id, err)
	}
	return r, nil
}

// load reads one object into body and, where not nil, its hidden part. It returns errMissing when there is none.
func (t *tx) load(kind, id string, body, hidden any) error {
	r, err := t.find(kind, id)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(r.body, body); err != nil {
		return fmt.Errorf("stripesim: decode %s: %w", id, err)
	}
	if hidden == nil || len(r.hidden) == 0 {
		return nil
	}
	if err := json.Unmarshal(r.hidden, hidden); err != nil {
		return fmt.Errorf("stripesim: decode %s: %w", id, err)
	}
	return nil
}

var errMissing = errors.New("stripesim: no such object")
