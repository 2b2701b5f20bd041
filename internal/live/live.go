// Package live keeps the newest committed progress at hand: read once for
// everybody, and handed to whoever watches when it has changed.
//
// It refuses to be a source of truth. It reads committed rows and nothing
// else, so it works alike in one process and in ten; no correctness rests on
// what it holds.
package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/corruptionproject/appeal/models"
)

// Source is where progress is read.
type Source interface {
	Progress(ctx context.Context) (models.Progress, error)
	// Commits counts this process's own commits, so that a snapshot older than
	// what was acknowledged can be told.
	Commits() uint64
}

// Snapshot is progress as it was read, with the bytes made of it.
type Snapshot struct {
	Progress models.Progress
	JSON     []byte
	ETag     string // quoted; the same for the same JSON
	// StaleSince is when the figures were last read, if they can't be read
	// now; zero otherwise.
	StaleSince time.Time
}

const (
	// fresh is how old a reading may be and still be given out.
	fresh = 400 * time.Millisecond
	// readWithin bounds a reading: a database that hangs must not hang pages.
	readWithin = 2 * time.Second
	// tick is how often progress is read while somebody watches.
	tick = 250 * time.Millisecond
)

// Feed gives out snapshots.
type Feed struct {
	source Source
	encode func(models.Progress, time.Time) ([]byte, error)
	now    func() time.Time

	reading singleflight.Group

	mu       sync.Mutex
	last     Snapshot
	readAt   time.Time
	commits  uint64 // of the source, when last was read
	failure  error  // of the reading after last, if that failed
	failedAt time.Time
	// failedCommits is commits for the reading that failed: after a commit of
	// our own it is worth reading again at once.
	failedCommits uint64
	changed       chan struct{} // closed, and made anew, when the JSON changes
	watchers      int
	wake          chan struct{}
}

// New makes a feed. encode turns progress into the tracker's JSON as of a
// moment.
func New(source Source, encode func(models.Progress, time.Time) ([]byte, error), now func() time.Time) *Feed {
	return &Feed{source: source, encode: encode, now: now, changed: make(chan struct{}), wake: make(chan struct{}, 1)}
}

// Current returns progress that is at most a second behind the committed rows
// and never behind what this process has acknowledged. If the database can't
// be read, it returns the last reading, marked stale; an error only if there
// never was one.
func (f *Feed) Current(ctx context.Context) (Snapshot, error) {
	wanted := f.source.Commits()
	for {
		if s, err, ok := f.recent(wanted); ok {
			return s, err
		}
		// One reading serves everybody who waits for it, and outlives them.
		select {
		case <-f.reading.DoChan("progress", f.renew):
		case <-ctx.Done():
			return Snapshot{}, ctx.Err()
		}
	}
}

// recent is what was read last, if that is recent enough and not older than
// the wanted commit. A reading that failed counts for as long as a good one,
// so that a database that hangs is not waited for by one reader after another.
func (f *Feed) recent(wanted uint64) (s Snapshot, err error, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if age := now.Sub(f.failedAt); f.failure != nil && age >= 0 && age < fresh && f.failedCommits >= wanted {
		if f.last.JSON == nil {
			return Snapshot{}, f.failure, true
		}
		stale := f.last
		stale.StaleSince = f.readAt
		return stale, nil, true
	}
	age := now.Sub(f.readAt)
	return f.last, nil, f.failure == nil && f.last.JSON != nil && age >= 0 && age < fresh && f.commits >= wanted
}

// renew reads progress and keeps it, or that it could not be read.
func (f *Feed) renew() (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readWithin)
	defer cancel()
	commits, at := f.source.Commits(), f.now()
	s, err := f.read(ctx, at)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failure = err; err != nil {
		f.failedAt, f.failedCommits = f.now(), commits
		return nil, err
	}
	different := s.ETag != f.last.ETag
	f.last, f.readAt, f.commits = s, at, commits
	if different {
		close(f.changed)
		f.changed = make(chan struct{})
	}
	return nil, nil
}

func (f *Feed) read(ctx context.Context, at time.Time) (Snapshot, error) {
	p, err := f.source.Progress(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	encoded, err := f.encode(p, at)
	if err != nil {
		return Snapshot{}, err
	}
	sum := sha256.Sum256(encoded)
	return Snapshot{Progress: p, JSON: encoded, ETag: `"` + hex.EncodeToString(sum[:12]) + `"`}, nil
}

// Watch returns the newest snapshot and a channel that is closed when there is
// another. All watchers share the same bytes; one that is slow simply gets the
// newest when it comes back.
func (f *Feed) Watch() (Snapshot, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last, f.changed
}

// Join says that somebody watches, so that progress is read without being
// asked for; leave ends that.
func (f *Feed) Join() (leave func()) {
	f.mu.Lock()
	f.watchers++
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
	return sync.OnceFunc(func() {
		f.mu.Lock()
		f.watchers--
		f.mu.Unlock()
	})
}

// Run reads progress four times a second while somebody watches, until ctx
// ends. What can't be read is read again at the next tick; pages say that
// their figures are old.
func (f *Feed) Run(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for ctx.Err() == nil {
		f.mu.Lock()
		watched := f.watchers > 0
		f.mu.Unlock()
		if !watched {
			select {
			case <-f.wake:
			case <-ctx.Done():
			}
			continue
		}
		if _, err := f.Current(ctx); err != nil && ctx.Err() != nil {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}
