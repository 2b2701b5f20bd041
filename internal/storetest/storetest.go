// Package storetest opens real books for tests: SQLite in a folder of the
// test's own, and PostgreSQL in a schema of its own. There is no fake store.
package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/pgtest"
	"github.com/corruptionproject/appeal/models"
)

// Clock is a clock that tests set. Its zero value stands at Start.
type Clock struct {
	mu    sync.Mutex
	since time.Duration
}

// Start is when a test's clock begins: a day in the middle of the built-in
// campaign.
var Start = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)

// Now tells the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Start.Add(c.since)
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since += d
}

// Databases names the two, and gives a fresh, empty address of each.
func Databases() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{
		"SQLite":     file,
		"PostgreSQL": pgtest.URL,
	}
}

func file(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "appeal.db")
}

// InMemory gives the address of new SQLite books that never reach a disk, where
// this system has a folder of that kind: for tests that write by the hundred
// thousand and lose nothing when the power goes.
func InMemory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "appeal")
	if err != nil {
		return file(t)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return "sqlite:" + filepath.Join(dir, "appeal.db")
}

// Each runs a test on both databases, each time with new books.
func Each(t *testing.T, test func(t *testing.T, s *models.Store, clock *Clock)) {
	t.Helper()
	for name, address := range Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &Clock{}
			test(t, Open(t, address(t), clock), clock)
		})
	}
}

// Open opens the built-in campaign's books at an address, makes them if they
// are new, and closes them when the test ends.
func Open(t testing.TB, address string, clock *Clock) *models.Store {
	t.Helper()
	return OpenFor(t, address, "corruption-project", clock)
}

// OpenFor opens another campaign's.
func OpenFor(t testing.TB, address, slug string, clock *Clock) *models.Store {
	t.Helper()
	return OpenWith(t, models.Options{URL: address, Slug: slug, Now: clock.Now})
}

// OpenWith opens the books that options name, with whatever else they say.
func OpenWith(t testing.TB, o models.Options) *models.Store {
	t.Helper()
	live := false
	o.Currency, o.Livemode, o.Log = "usd", &live, slog.New(slog.DiscardHandler)
	if o.Random == nil {
		o.Random = Random(1)
	}
	if err := beginWithSchema(o.URL); err != nil {
		t.Fatal(err)
	}
	s, err := models.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.OpenBooks(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// schema is an SQLite file with the newest schema and no books in it.
var schema = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "appeal-schema")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "appeal.db")
	s, err := models.Connect(context.Background(), models.Options{URL: "sqlite:" + path})
	if err != nil {
		return nil, err
	}
	_, err = s.Migrate(context.Background())
	if err := errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// beginWithSchema has new SQLite books begin as a copy of the schema: to migrate them
// takes longer than most of the tests that want some. To PostgreSQL a copy is the
// dearer of the two.
func beginWithSchema(address string) error {
	path, ok := strings.CutPrefix(address, "sqlite:")
	if !ok {
		return nil
	}
	if known, err := os.Stat(path); err == nil && known.Size() > 0 {
		return nil
	}
	copied, err := schema()
	if err != nil {
		return fmt.Errorf("make the schema: %w", err)
	}
	return os.WriteFile(path, copied, 0o600)
}

// Random is a repeatable source of random bytes that may be read from several
// goroutines.
func Random(seed byte) io.Reader {
	return &lockedReader{source: rand.NewChaCha8([32]byte{seed})}
}

type lockedReader struct {
	mu     sync.Mutex
	source io.Reader
}

func (r *lockedReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Read(p)
}

// Queued are the mails of a kind that wait to be sent, the newest first. They
// go on waiting.
func Queued(t testing.TB, s *models.Store, kind models.MailKind) []models.Mail {
	t.Helper()
	if err := s.OpenBooks(t.Context()); err != nil {
		t.Fatal(err)
	}
	claimed, err := s.ClaimMail(t.Context(), 10_000, 0)
	if err != nil {
		t.Fatal(err)
	}
	mails := slices.DeleteFunc(claimed, func(m models.Mail) bool { return m.Kind != kind })
	for i := range mails {
		mails[i].Attempts = 0 // to look is no try
	}
	slices.SortFunc(mails, func(a, b models.Mail) int { return cmp.Or(b.QueuedAt.Compare(a.QueuedAt), cmp.Compare(a.Key, b.Key)) })
	return mails
}

// All are the rows that the books hand over one by one, up to an error.
func All[Row any](rows iter.Seq2[Row, error]) ([]Row, error) {
	var all []Row
	for row, err := range rows {
		if err != nil {
			return all, err
		}
		all = append(all, row)
	}
	return all, nil
}
