package models

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	gormlog "gorm.io/gorm/logger"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/money"
)

// Options say which database to open, and whose books it must hold.
type Options struct {
	URL string // "sqlite:PATH" or "postgres://…"

	Slug     string         // the campaign's; another one in the database is refused
	Currency money.Currency // likewise
	// Livemode is the mode of the Stripe key, or nil where no key is at hand
	// (totals, verify). Books once used in one mode refuse the other.
	Livemode *bool
	// BooksStart is when the campaign has its books start. It counts for new
	// books, the first time they are opened; the zero time leaves it to the
	// first sync.
	BooksStart time.Time
	// Zone is the campaign's: figures of days are kept in it, and reckoned anew
	// when it changes. Nil leaves it to the books.
	Zone *time.Location
	// Notices say whom to tell of large gifts; the zero value, nobody.
	Notices Notices
	// Addresses: the campaign asks donors for their postal addresses. Where it
	// doesn't, none that Stripe tells is kept; what staff enter always is.
	Addresses bool

	Now    func() time.Time // defaults to time.Now
	Random io.Reader        // for tokens and ids; defaults to crypto/rand
	Log    *slog.Logger
}

// Store is the database: the only place with SQL, and the owner of every
// transaction.
type Store struct {
	db       *gorm.DB
	conn     *sql.DB
	dialect  dialect
	slug     string
	currency money.Currency
	livemode *bool
	start    time.Time // of the books, as the campaign has it
	notices  Notices
	// addresses: those that Stripe tells are kept.
	addresses bool
	own       *time.Location // the campaign's zone; nil: the books' is taken
	clock     func() time.Time
	ids       ids
	log       *slog.Logger

	// writer admits one writing transaction at a time on SQLite, in order of
	// arrival; on PostgreSQL it is nil and rows do the locking.
	writer chan struct{}
	// commits counts this process's own commits that may have changed a public
	// figure.
	commits atomic.Uint64
	// zone is that of the books' days, once they are open; UTC before.
	zone atomic.Pointer[time.Location]
	// open is set once these are known to be this campaign's own books: nothing
	// is written before.
	open atomic.Bool
}

// Connect opens the database and asserts the settings that durability
// rests on. It does not touch the schema: see Migrate and OpenBooks.
func Connect(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the clock's default, for the one caller that is the program
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d, err := dialectOf(o.URL)
	if err != nil {
		return nil, err
	}
	s := &Store{
		dialect: d, slug: o.Slug, currency: o.Currency, livemode: o.Livemode, start: o.BooksStart, notices: o.Notices,
		addresses: o.Addresses, own: o.Zone, clock: o.Now, ids: ids{o.Random}, log: o.Log,
	}
	s.zone.Store(time.UTC)
	if d == sqlite {
		s.writer = make(chan struct{}, 1)
	}
	// Two processes that open a new SQLite file at once may find it locked,
	// while one of them turns on its write-ahead log.
	for try := range maxTries {
		if err = s.connect(o.URL); !d.lostRace(err) || pause(ctx, time.Duration(try+1)*50*time.Millisecond) != nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	conn := s.conn
	if err := d.assertSettings(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// connect opens the database once. A try that failed leaves nothing open:
// GORM closes the connections it was given, so the next brings its own.
func (s *Store) connect(address string) error {
	conn, dialector, err := s.dialect.open(address)
	if err != nil {
		return err
	}
	db, err := gorm.Open(dialector, &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		NowFunc:                s.Now,
		Logger:                 gormlog.Discard, // errors are returned and logged once, by whoever handles them
	})
	if err != nil {
		return errors.Join(fmt.Errorf("models: open the database: %w", err), conn.Close())
	}
	s.conn, s.db = conn, db
	return nil
}

// Close releases the connections.
func (s *Store) Close() error { return s.conn.Close() }

// Now is the Store's clock: UTC, in microseconds, as both databases keep it.
func (s *Store) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Currency is that of the books.
func (s *Store) Currency() money.Currency { return s.currency }

// Livemode reports whether the books hold real money.
func (s *Store) Livemode() bool { return s.livemode != nil && *s.livemode }

// Commits counts this process's commits that may have changed a public figure,
// so that a cache can tell that what it holds is older than what was acknowledged.
func (s *Store) Commits() uint64 { return s.commits.Load() }

// maxTries bounds how often a transaction is run that lost a race with
// another.
const maxTries = 5

// tx runs f in one transaction. It may run f more than once: a transaction
// that loses a race (serialization failure, deadlock, a busy file) is tried
// again from the start. So f must leave nothing behind but what it wrote.
func (s *Store) tx(ctx context.Context, f func(tx *gorm.DB) error) error {
	if s.writer != nil {
		select {
		case s.writer <- struct{}{}:
			defer func() { <-s.writer }()
		case <-ctx.Done():
			return fmt.Errorf("models: wait to write: %w", ctx.Err())
		}
	}
	var err error
	for range maxTries {
		err = s.db.WithContext(ctx).Transaction(f)
		if !s.dialect.lostRace(err) {
			return err
		}
	}
	return fmt.Errorf("models: %d tries lost: %w", maxTries, err)
}

// snapshot runs f on one consistent view of the committed rows, and lets it
// write nothing. Writers neither wait for it nor make it wait.
func (s *Store) snapshot(ctx context.Context, f func(tx *gorm.DB) error) error {
	options := &sql.TxOptions{ReadOnly: true}
	if s.dialect == postgreSQL {
		options.Isolation = sql.LevelRepeatableRead
	}
	return s.db.WithContext(ctx).Transaction(f, options)
}

// books is the one row that says whose books these are.
type books struct {
	ID       int `gorm:"primaryKey"`
	Slug     string
	Currency money.Currency
	Livemode *bool
	MadeAt   time.Time
	ProbedAt *time.Time
}

func (books) TableName() string { return "books" }

// OpenBooks makes the books on first use and refuses a database that holds
// another campaign, currency or mode, or with days closed in another zone, with
// ErrOtherBooks. It returns
// ErrSchemaBehind or ErrSchemaAhead while the schema is not this program's.
func (s *Store) OpenBooks(ctx context.Context) error {
	pending, err := s.PendingMigrations(ctx)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		return ErrSchemaBehind
	}
	err = s.tx(ctx, func(tx *gorm.DB) error {
		row := books{ID: 1, Slug: s.slug, Currency: s.currency, Livemode: s.livemode, MadeAt: s.Now()}
		if err := insertOnce(tx, &row).Error; err != nil {
			return err
		}
		if err := tx.Take(&row, 1).Error; err != nil {
			return err
		}
		if !s.start.IsZero() {
			// Before any event: what is older than the books must not be posted.
			if _, err := s.startBooks(tx, s.start); err != nil {
				return err
			}
		}
		crash.Here(crash.BooksUnmade)
		switch {
		case row.Slug != s.slug:
			return fmt.Errorf("%w: campaign %q, not %q; give this campaign a database of its own", ErrOtherBooks, row.Slug, s.slug)
		case row.Currency != s.currency:
			return fmt.Errorf("%w: they are kept in %q, not %q", ErrOtherBooks, row.Currency, s.currency)
		case s.livemode != nil && row.Livemode != nil && *row.Livemode != *s.livemode:
			return fmt.Errorf("%w: they hold %s, and the Stripe key is for %s; use another database",
				ErrOtherBooks, modeName(*row.Livemode), modeName(*s.livemode))
		}
		if s.livemode != nil && row.Livemode == nil {
			if err := tx.Model(&row).Update("livemode", *s.livemode).Error; err != nil {
				return err
			}
		}
		return s.keepZone(tx)
	})
	if err != nil {
		return fmt.Errorf("models: open the books: %w", err)
	}
	crash.Here(crash.BooksMade)
	s.open.Store(true)
	return nil
}

// mustBeOpen returns ErrBooksClosed until OpenBooks has succeeded.
func (s *Store) mustBeOpen() error {
	if !s.open.Load() {
		return ErrBooksClosed
	}
	return nil
}

func modeName(live bool) string {
	if live {
		return "live gifts"
	}
	return "test gifts"
}

// Ready proves that the database can be reached and written, and that the
// books in it are open.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.mustBeOpen(); err != nil {
		return err
	}
	return s.tx(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&books{ID: 1}).Update("probed_at", s.Now())
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrBooksClosed
		}
		return done.Error
	})
}
