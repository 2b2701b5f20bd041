package models

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/corruptionproject/appeal/internal/crash"
)

//go:embed migrations
var migrations embed.FS

// Migration is one step of the schema's history.
type Migration struct {
	Version int64
	Name    string
	Applied bool
}

// Migrate brings the schema up to date and returns the steps it took. Replicas
// that start together take turns.
func (s *Store) Migrate(ctx context.Context) ([]Migration, error) {
	history, err := s.history(ctx)
	if err != nil {
		return nil, err
	}
	var steps []Migration
	for {
		crash.Here(crash.MigrationDue)
		step, err := s.nextStep(ctx, history)
		if errors.Is(err, goose.ErrNoNextVersion) {
			return steps, nil
		}
		if err != nil {
			return nil, fmt.Errorf("models: migrate: %w", err)
		}
		crash.Here(crash.MigrationDone)
		steps = append(steps, Migration{Version: step.Source.Version, Name: step.Source.Path, Applied: true})
	}
}

// nextStep takes the next step, in a transaction of its own.
func (s *Store) nextStep(ctx context.Context, history *goose.Provider) (*goose.MigrationResult, error) {
	step, err := history.UpByOne(ctx)
	// SQLite has no lock to take turns with as PostgreSQL has: a step that
	// fails there may have been another process's, and is looked at again for
	// as long as somebody gets on.
	seen := int64(-1)
	for again := 0; err != nil && !errors.Is(err, goose.ErrNoNextVersion) && s.dialect == sqlite && again < maxTries; again++ {
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return nil, err
		}
		if at, known := history.GetDBVersion(ctx); known == nil && at != seen {
			seen, again = at, 0
		}
		step, err = history.UpByOne(ctx)
	}
	return step, err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("models: stopped while waiting: %w", ctx.Err())
	}
}

// Migrations lists the schema's whole history, applied or not.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	history, err := s.history(ctx)
	if err != nil {
		return nil, err
	}
	status, err := history.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("models: read the schema's history: %w", err)
	}
	all := make([]Migration, 0, len(status))
	for _, step := range status {
		all = append(all, Migration{Version: step.Source.Version, Name: step.Source.Path, Applied: step.State == goose.StateApplied})
	}
	return all, nil
}

// PendingMigrations lists the steps still to take. It returns ErrSchemaAhead
// if the database knows steps that this program does not.
func (s *Store) PendingMigrations(ctx context.Context) ([]Migration, error) {
	all, err := s.Migrations(ctx)
	if err != nil {
		return nil, err
	}
	var pending []Migration
	for _, step := range all {
		if !step.Applied {
			pending = append(pending, step)
		}
	}
	history, err := s.history(ctx)
	if err != nil {
		return nil, err
	}
	current, newest, err := history.GetVersions(ctx)
	if err != nil {
		return nil, fmt.Errorf("models: read the schema's version: %w", err)
	}
	if current > newest {
		return nil, fmt.Errorf("%w: it is at %d, this program knows %d; run a newer appeal", ErrSchemaAhead, current, newest)
	}
	return pending, nil
}

func (s *Store) history(ctx context.Context) (*goose.Provider, error) {
	steps, err := fs.Sub(migrations, "migrations/"+string(s.dialect))
	if err != nil {
		return nil, fmt.Errorf("models: read the migrations: %w", err)
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	name := goose.DialectSQLite3
	if s.dialect == postgreSQL {
		name = goose.DialectPostgres
		locker, err := s.migrationLock(ctx)
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	history, err := goose.NewProvider(name, s.conn, steps, options...)
	if err != nil {
		return nil, fmt.Errorf("models: prepare the migrations: %w", err)
	}
	return history, nil
}

// migrationLock is an advisory lock of this schema alone, so that two sets of
// books in one PostgreSQL never wait for each other.
func (s *Store) migrationLock(ctx context.Context) (lock.SessionLocker, error) {
	var schema string
	if err := s.conn.QueryRowContext(ctx, "SELECT current_database() || '.' || current_schema()").Scan(&schema); err != nil {
		return nil, fmt.Errorf("models: reach PostgreSQL: %w", err)
	}
	h := fnv.New64a()
	if _, err := h.Write([]byte("appeal migrations " + schema)); err != nil {
		return nil, errors.New("models: hash the schema's name")
	}
	return lock.NewPostgresSessionLocker(lock.WithLockID(int64(h.Sum64()>>1)), lock.WithLockTimeout(1, 300))
}
