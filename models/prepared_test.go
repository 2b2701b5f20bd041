package models

import (
	"database/sql"
	"path/filepath"
	"strconv"
	"testing"

	driver "modernc.org/sqlite"
)

// prepared opens a new SQLite database with one connection that keeps what it
// has prepared.
func prepared(t *testing.T) *sql.DB {
	t.Helper()
	connector, err := driver.NewConnector("file:" + filepath.Join(t.TempDir(), "some.db") + sqlitePragmas)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(preparing{connector})
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	mustDo(t, db, "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)")
	return db
}

func mustDo(t *testing.T, db interface {
	Exec(query string, args ...any) (sql.Result, error)
}, query string, args ...any,
) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// each visits the rows of a query with the names of their columns.
func each(t *testing.T, db interface {
	Query(query string, args ...any) (*sql.Rows, error)
}, query string, visit func(columns []string),
) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}()
	for rows.Next() {
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		visit(names)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestAPreparedStatementKnowsNothingOfItsLastUse(t *testing.T) {
	db := prepared(t)
	for id, name := range []any{"first", nil, "third"} {
		mustDo(t, db, "INSERT INTO things VALUES (?, ?)", id, name)
		var got any
		if err := db.QueryRow("SELECT name FROM things WHERE id = ?", id).Scan(&got); err != nil || got != name {
			t.Errorf("%d is named %v, %v", id, got, err)
		}
	}
}

func TestTheSameStatementRunsInsideItsOwnRows(t *testing.T) {
	db := prepared(t)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for id := range 3 {
		mustDo(t, tx, "INSERT INTO things VALUES (?, 'x')", id)
	}
	pairs := 0
	const things = "SELECT id FROM things"
	each(t, tx, things, func([]string) { each(t, tx, things, func([]string) { pairs++ }) })
	if err := tx.Commit(); err != nil || pairs != 9 {
		t.Errorf("%d pairs, %v", pairs, err)
	}
}

func TestAPreparedStatementSeesATableThatChanged(t *testing.T) {
	db := prepared(t)
	mustDo(t, db, "INSERT INTO things VALUES (1, 'one')")
	count := func() (columns int) {
		each(t, db, "SELECT * FROM things", func(names []string) { columns = len(names) })
		return columns
	}
	if got := count(); got != 2 {
		t.Errorf("%d columns", got)
	}
	mustDo(t, db, "ALTER TABLE things ADD COLUMN colour TEXT")
	if got := count(); got != 3 {
		t.Errorf("%d columns once there is one more", got)
	}
	mustDo(t, db, "DROP TABLE things")
}

func TestAFailedStatementFailsAloneAndMoreThanCanBeKeptAllRun(t *testing.T) {
	db := prepared(t)
	mustDo(t, db, "INSERT INTO things VALUES (?, ?)", 1, "one")
	if _, err := db.Exec("INSERT INTO things VALUES (?, ?)", 1, "two"); err == nil {
		t.Error("two things have one id")
	}
	mustDo(t, db, "INSERT INTO things VALUES (?, ?)", 2, "two")
	if _, err := db.Exec("SELECT nonsense"); err == nil {
		t.Error("nonsense is no error")
	}
	for range 2 {
		for n := range mostKept + 10 {
			var got int
			if err := db.QueryRow("SELECT COUNT(*) FROM things WHERE id > -" + strconv.Itoa(n)).Scan(&got); err != nil || got != 2 {
				t.Fatalf("%d things, %v", got, err)
			}
		}
	}
}
