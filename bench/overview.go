package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/corruptionproject/appeal/models"
)

// dayOf is a gift's day in the campaign's zone, as far as SQLite knows zones.
var dayOf = map[string]string{"sqlite": "date(p.at, '-8 hours')", "pgx": "CAST(p.at AT TIME ZONE 'America/Los_Angeles' AS DATE)"}

// sums are what the overview would have to do without figures of days: add up
// the journal by day and kind of gift, or the gifts as they are now. The last is
// the least that anybody could ask.
func sums(driver string) []struct{ name, query string } {
	day := dayOf[driver]
	return []struct{ name, query string }{
		{"the journal by day and kind", `SELECT ` + day + `, d.frequency, d.renewal, f.method, d.utm_source, d.utm_medium, d.src, l.account, SUM(l.amount), COUNT(DISTINCT d.id)
			FROM postings p JOIN posting_lines l ON l.posting = p.key AND l.account IN ('income:donations', 'contra:refunds', 'contra:disputes', 'expense:fees')
			JOIN donations d ON d.id = p.donation_id JOIN facts f ON f.key = p.key GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`},
		{"the gifts by day and kind", `SELECT ` + strings.ReplaceAll(day, "p.at", "d.received_at") + `, d.frequency, d.renewal, d.utm_source, d.utm_medium, d.src,
			SUM(d.captured), SUM(d.refunded), SUM(d.disputed), SUM(d.fee_taken), COUNT(*), COUNT(DISTINCT d.donor_id) FROM donations d WHERE d.counted GROUP BY 1, 2, 3, 4, 5, 6`},
		{"one SUM over the gifts", "SELECT SUM(captured) FROM donations"},
	}
}

// overviews measures the overview of many gifts, on each database there is.
func (b *bench) overviews() error {
	path := *books
	if path == "" {
		path = filepath.Join(b.folder, "many.db")
	}
	if err := b.overview("SQLite", "sqlite", "sqlite:"+path, directly(path)); err != nil {
		return err
	}
	address := os.Getenv("TEST_DATABASE_URL")
	if address == "" {
		fmt.Fprintln(os.Stderr, "bench: no TEST_DATABASE_URL, so nothing is measured on PostgreSQL")
		return nil
	}
	return b.overview("PostgreSQL", "pgx", address, address)
}

func (b *bench) overview(name, driver, address, direct string) error {
	store, plain, err := b.many(driver, address, direct)
	if err != nil {
		return err
	}
	defer store.Close()
	defer plain.Close()
	whole, err := store.Overview(b.ctx, models.Period{}, models.Filter{})
	if err != nil {
		return err
	}
	get, err := b.overviewPage(store, address)
	if err != nil {
		return err
	}
	week := models.Period{From: whole.Days[len(whole.Days)-8].On, To: whole.Days[len(whole.Days)-1].On}
	look := func(p models.Period, f models.Filter) func() error {
		return func() error { _, err := store.Overview(b.ctx, p, f); return err }
	}
	ours := []measured{
		{name: fmt.Sprintf("overview of %d gifts, %s", *gifts, name), ask: look(models.Period{}, models.Filter{})},
		{name: "  of one channel", ask: look(models.Period{}, models.Filter{Channel: whole.Channels[0].Name})},
		{name: "  of eight days", ask: look(week, models.Filter{})},
		{name: "  its page over HTTP", ask: get},
	}
	for i := range ours {
		if err := ours[i].repeat(21); err != nil {
			return err
		}
		b.figure(ours[i].name, "ms", "", ours[i].took...)
	}
	for _, s := range sums(driver) {
		query := measured{name: "  " + s.name, ask: func() error { return drain(b.ctx, plain, s.query) }}
		if err := query.repeat(1); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		b.figure(query.name, "ms", "", query.took...)
		for _, one := range []measured{ours[0], ours[3]} {
			b.ratio("    ÷ "+strings.TrimSpace(strings.SplitN(one.name, ",", 2)[0]), 0, "≥ 100", []float64{median(query.took) / median(one.took)})
		}
	}
	return nil
}

// measured is something that was asked several times, with the milliseconds that
// each took.
type measured struct {
	name string
	ask  func() error
	took []float64
}

func (m *measured) repeat(times int) error {
	for range times {
		began := time.Now()
		if err := m.ask(); err != nil {
			return err
		}
		m.took = append(m.took, float64(time.Since(began).Microseconds())/1000)
	}
	return nil
}

// drain reads past all rows of a query.
func drain(ctx context.Context, db *sql.DB, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// overviewPage starts the service over the books, with somebody signed in, and
// returns how to ask for the page.
func (b *bench) overviewPage(store *models.Store, database string) (func() error, error) {
	service, session, err := b.finance(store, database)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(b.ctx, http.MethodGet, "http://"+service.address+"/finance", nil)
	if err != nil {
		return nil, err
	}
	request.AddCookie(&http.Cookie{Name: "appeal-staff", Value: session})
	return func() error {
		page, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer page.Body.Close()
		if _, err := io.Copy(io.Discard, page.Body); err != nil {
			return err
		}
		if page.Request.URL.Path != "/finance" || page.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answered %s", page.Request.URL.Path, page.Status)
		}
		return nil
	}, nil
}
