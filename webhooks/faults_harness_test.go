//go:build !race

package webhooks_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // a second way into the books
	_ "modernc.org/sqlite"             // and into the simulated account

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// database is a second way into a database: that of somebody who tampers with
// it behind the program's back.
type database struct {
	t *testing.T
	*sql.DB
}

func tamperWith(t *testing.T, driver, dsn string) database {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return database{t, db}
}

// run executes statements in turn.
func (d database) run(statements ...string) {
	d.t.Helper()
	for _, statement := range statements {
		if _, err := d.ExecContext(d.t.Context(), statement); err != nil {
			d.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// rows returns what a query finds, each row as the text of its one column.
func (d database) rows(query string, args ...any) (found []string) {
	d.t.Helper()
	rows, err := d.QueryContext(d.t.Context(), fmt.Sprintf(query, args...))
	if err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }() // read only: Err tells what went wrong
	for rows.Next() {
		var text string
		if err = rows.Scan(&text); err != nil {
			break
		}
		found = append(found, text)
	}
	if err := errors.Join(err, rows.Err()); err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
	return found
}

// text returns the one text that a query finds.
func (d database) text(query string, args ...any) string {
	d.t.Helper()
	found := d.rows(query, args...)
	if len(found) != 1 {
		d.t.Fatalf("%s: %d rows", fmt.Sprintf(query, args...), len(found))
	}
	return found[0]
}

// number returns the one number that a query finds.
func (d database) number(query string, args ...any) (n int64) {
	d.t.Helper()
	if _, err := fmt.Sscan(d.text(query, args...), &n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// tampered is a bookkeeper whose books, and whose account at Stripe, somebody
// can change behind their backs.
type tampered struct {
	*bookkeeper
	books, stripe database
}

// openTampered opens an account of which nothing is told by webhooks, and books of it at an address.
func openTampered(t *testing.T, clock *storetest.Clock, address string) *tampered {
	t.Helper()
	file := filepath.Join(t.TempDir(), "stripe.db")
	a := openAccount(t, clock, stripesim.Config{Seed: 5, File: file})
	b := &tampered{bookkeeper: a.keptIn(storetest.Open(t, address, clock))}
	b.stripe = tamperWith(t, "sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		b.books = tamperWith(t, "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
		b.books.run("DROP TRIGGER posting_lines_stay", "DROP TRIGGER posting_lines_are_kept", "DROP TRIGGER postings_stay", "DROP TRIGGER postings_are_kept")
	} else {
		b.books = tamperWith(t, "pgx", address)
		b.books.run("DROP TRIGGER posting_lines_stay ON posting_lines", "DROP TRIGGER postings_stay ON postings")
	}
	return b
}

// sample has so many gifts, and what happened to them since, stand in the account.
func (b *tampered) sample(gifts int) {
	b.t.Helper()
	b.ok(b.sim.Sample(b.t.Context(), stripesim.SampleOptions{
		N: gifts, Campaign: b.campaign.Slug, From: b.campaign.BooksStart.Add(24 * time.Hour), To: b.clock.Now().Add(-48 * time.Hour), Aftermath: true,
	}, nil))
}

// breaches are the predicates that do not hold, but for the one that tampering breaks as such.
func (b *tampered) breaches() (found []models.Breach) {
	b.t.Helper()
	all, err := b.store.Verify(context.WithoutCancel(b.t.Context()))
	b.ok(err)
	for _, breach := range all {
		if breach.Predicate != "I2" { // the triggers are gone
			found = append(found, breach)
		}
	}
	return found
}
