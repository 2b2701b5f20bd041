package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// dialect is which of the two databases this is. All that differs between them
// stands in this file and in migrations.
type dialect string

const (
	sqlite     dialect = "sqlite"
	postgreSQL dialect = "postgres"
)

func dialectOf(address string) (dialect, error) {
	switch {
	case strings.HasPrefix(address, "sqlite:") && len(address) > len("sqlite:"):
		return sqlite, nil
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		return postgreSQL, nil
	default:
		return "", errors.New("models: the database address must be sqlite:PATH or postgres://…")
	}
}

// busyTimeout is how long a writer of SQLite's waits for another, in milliseconds.
const busyTimeout = "5000"

// sqlitePragmas are the settings that SQLite's durability and speed rest on:
// WAL so that readers never wait, FULL so that a commit survives a power cut,
// immediate transactions so that two writers queue rather than fail. Recursive
// triggers have an INSERT OR REPLACE ask the triggers of deletions, so that the
// service itself can replace no row that is only appended (https://www.sqlite.org/lang_conflict.html).
// With secure_delete what was overwritten or deleted is zeros in the file, so that
// whoever was erased is not to be read there (https://www.sqlite.org/pragma.html#pragma_secure_delete).
// Each connection's cache is small: eight of them fill theirs in a long read, sort
// in as much again, and find the pages in the system's own cache all the same.
const sqlitePragmas = "?_pragma=busy_timeout(" + busyTimeout + ")&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
	"&_pragma=foreign_keys(1)&_pragma=recursive_triggers(1)&_pragma=cache_size(-4000)&_pragma=secure_delete(1)&_txlock=immediate&_time_format=sqlite"

func (d dialect) open(address string) (*sql.DB, gorm.Dialector, error) {
	if d == sqlite {
		name := strings.TrimPrefix(address, "sqlite:")
		if err := ownersOnly(name); err != nil {
			return nil, nil, err
		}
		path := (&url.URL{Path: name}).EscapedPath()
		connector, err := driver.NewConnector("file:" + path + sqlitePragmas)
		if err != nil {
			return nil, nil, fmt.Errorf("models: open SQLite: %w", err)
		}
		conn := sql.OpenDB(preparing{connector})
		conn.SetMaxOpenConns(8)
		conn.SetMaxIdleConns(8)
		return conn, sqliteDialector{&gormsqlite.Dialector{Conn: conn}}, nil
	}
	settings, err := pgx.ParseConfig(address)
	if err != nil {
		// The address may hold a password, and the error may quote it.
		return nil, nil, errors.New("models: DATABASE_URL is not an address that PostgreSQL's driver understands; " +
			"special characters in a password must be percent-encoded")
	}
	conn := stdlib.OpenDB(*settings, stdlib.OptionAfterConnect(inUTC))
	conn.SetMaxOpenConns(20)
	conn.SetMaxIdleConns(10)
	conn.SetConnMaxLifetime(30 * time.Minute)
	return conn, postgres.New(postgres.Config{Conn: conn}), nil
}

// inUTC has moments come back in UTC, as SQLite's do, and not in the zone of
// the machine: a day of the calendar is kept as its UTC midnight, and would be
// the day before west of Greenwich.
func inUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	return nil
}

// ownersOnly makes a new database file readable by its owner alone: it holds
// donors' addresses. SQLite gives the files beside it the same mode.
//
// A file that stands is never opened here: whoever closes a file gives up every
// lock that the process holds on it, those of SQLite's other connections too, and
// the next program to leave would take itself for the last, and remove the log
// (https://www.sqlite.org/howtocorrupt.html, 2.2).
func ownersOnly(name string) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("models: make the database file: %w", err)
	}
	return file.Close()
}

// assertSettings refuses a database whose settings would lose what was
// acknowledged.
func (d dialect) assertSettings(ctx context.Context, conn *sql.DB) error {
	if d == postgreSQL {
		var sync string
		if err := conn.QueryRowContext(ctx, "SHOW synchronous_commit").Scan(&sync); err != nil {
			return fmt.Errorf("models: reach PostgreSQL: %w", err)
		}
		if sync == "off" {
			return errors.New("models: synchronous_commit is off: a crash could lose acknowledged gifts; turn it on")
		}
		return nil
	}
	var journal string
	var sync int
	if err := conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal); err != nil {
		return fmt.Errorf("models: open SQLite: %w", err)
	}
	if err := conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&sync); err != nil {
		return fmt.Errorf("models: read SQLite's settings: %w", err)
	}
	if journal != "wal" || sync < 2 {
		return fmt.Errorf("models: SQLite runs with journal_mode=%s, synchronous=%d; WAL and FULL are needed", journal, sync)
	}
	return nil
}

// lostRace reports whether a transaction failed only because another was in
// its way.
func (d dialect) lostRace(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01" || pg.Code == "55P03"
	}
	var lite *driver.Error
	if errors.As(err, &lite) {
		return lite.Code()&0xff == lib.SQLITE_BUSY
	}
	return false
}

// sqliteDialector teaches GORM's SQLite dialect the error codes of the pure-Go
// driver, which it does not know.
type sqliteDialector struct{ *gormsqlite.Dialector }

// Translate turns the driver's unique-key errors into gorm.ErrDuplicatedKey.
func (d sqliteDialector) Translate(err error) error {
	var lite *driver.Error
	if errors.As(err, &lite) {
		switch lite.Code() {
		case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY:
			return gorm.ErrDuplicatedKey
		case lib.SQLITE_CONSTRAINT_FOREIGNKEY:
			return gorm.ErrForeignKeyViolated
		}
	}
	return err
}

// insertOnce inserts a row unless one stands under its key; RowsAffected is 0
// then. Catching a unique-key error instead would do on SQLite and abort the
// whole transaction on PostgreSQL.
func insertOnce(tx *gorm.DB, row any) *gorm.DB {
	return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(row)
}

// forUpdate locks the rows it reads until the transaction ends. SQLite, with
// its one writer, has no need of it and ignores it.
func forUpdate(tx *gorm.DB) *gorm.DB {
	return tx.Clauses(clause.Locking{Strength: "UPDATE"})
}

// skipLocked is forUpdate without the waiting: rows that another transaction
// holds are passed over.
func skipLocked(tx *gorm.DB) *gorm.DB {
	return tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"})
}

// takeTurns lets one transaction at a time go on under a name. SQLite, with its
// one writer, does so anyway.
func (d dialect) takeTurns(tx *gorm.DB, name string) error {
	if d == sqlite {
		return nil
	}
	return tx.Exec("SELECT pg_advisory_xact_lock(0, hashtext(?))", name).Error
}

// lockTable lets nobody else change a table until the transaction ends. SQLite,
// with its one writer, does so anyway.
func (d dialect) lockTable(tx *gorm.DB, table string) error {
	if d == sqlite {
		return nil
	}
	return tx.Exec("LOCK TABLE " + table + " IN EXCLUSIVE MODE").Error
}

// lockOut waits until nobody who has so much as read a table is under way, and
// lets nobody read it until the transaction ends. It gives up soon, as a race
// that was lost, so that whoever waits behind it does not wait for long. SQLite,
// with its one writer, does so anyway.
func (d dialect) lockOut(tx *gorm.DB, table string) error {
	if d == sqlite {
		return nil
	}
	if err := tx.Exec("SET LOCAL lock_timeout = '2s'").Error; err != nil {
		return err
	}
	if err := tx.Exec("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE").Error; err != nil {
		return err
	}
	return tx.Exec("SET LOCAL lock_timeout = DEFAULT").Error
}

// settleFile writes what was committed to SQLite's file itself, and leaves
// nothing of it in the log beside it. settled is false while somebody reads or
// writes there: it waits for nobody, since writers would have to wait with it.
// What PostgreSQL keeps of old rows is VACUUM's.
func (d dialect) settleFile(ctx context.Context, db *gorm.DB) (settled bool, err error) {
	if d != sqlite {
		return true, nil
	}
	var busy int
	err = db.WithContext(ctx).Connection(func(conn *gorm.DB) error {
		if err := conn.Exec("PRAGMA busy_timeout = 0").Error; err != nil {
			return err
		}
		err := conn.Raw("PRAGMA wal_checkpoint(TRUNCATE)").Row().Scan(&busy, new(int), new(int))
		again := conn.WithContext(context.WithoutCancel(ctx)) // the connection goes on
		return errors.Join(err, again.Exec("PRAGMA busy_timeout = "+busyTimeout).Error)
	})
	if d.lostRace(err) {
		return false, nil
	}
	return busy == 0, err
}
