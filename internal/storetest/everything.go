package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
)

// Everything is all that books hold, each value of each column of each table on a
// line behind where it stands; and of SQLite the bytes of its files too. For
// tests that look for what must be nowhere.
func Everything(t testing.TB, address string) string {
	t.Helper()
	driver, source := "pgx", address
	tables := "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1"
	path, lite := strings.CutPrefix(address, "sqlite:")
	if lite {
		driver, source, tables = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)", "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	var all strings.Builder
	for _, name := range valuesOf(t, db, tables) {
		for _, value := range valuesOf(t, db, `SELECT * FROM "`+name[strings.Index(name, " ")+1:]+`"`) {
			fmt.Fprintf(&all, "%s: %s\n", name[strings.Index(name, " ")+1:], value)
		}
	}
	if lite {
		for _, file := range []string{path, path + "-wal"} {
			raw, err := os.ReadFile(file)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			fmt.Fprintf(&all, "bytes of %s: %s\n", file, raw)
		}
	}
	return all.String()
}

// valuesOf are the values that a query finds, each behind its column's name.
func valuesOf(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(context.WithoutCancel(t.Context()), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // read only: Err below tells what went wrong
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var all []string
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, value := range values {
			if raw, is := value.([]byte); is {
				value = string(raw)
			}
			all = append(all, fmt.Sprintf("%s %v", columns[i], value))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
