//go:build linux && !race

package export_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to fill the books faster than gifts come in

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/export"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// mostGrowth is what making an export may take of memory, whatever its size.
const mostGrowth = 64 << 20

// secondLater is a moment of each copy's own.
const secondLater = `strftime('%Y-%m-%d %H:%M:%S+00:00', '2026-01-01', '+' || i || ' seconds')`

// As many gifts as asked for, each with its donor, its receipt, its payment and
// its fee: copies of the one that stands in the books.
var copies = []string{
	`INSERT INTO donors (id, email, gifts, created_at) SELECT 'donor_' || i, 'reader' || i || '@example.org', 1, o.created_at FROM n CROSS JOIN (SELECT * FROM donors LIMIT 1) o`,
	`INSERT INTO donations SELECT 'don_' || i, NULL, 'CP-' || i, d.livemode, d.frequency, d.amount, d.fees_covered, d.newsletter, 'A note to the newsroom, "' || i || '"' %s FROM n CROSS JOIN (SELECT * FROM donations LIMIT 1) d`,
	`INSERT INTO facts (key, donation_id, kind, amount, currency, at, email, email_rank, method, last4, evidence, recorded_at, object, charge)
		SELECT 'ch_' || i || '_:charge', 'don_' || i, 'charge', f.amount, f.currency, f.at, '', 0, f.method, f.last4, f.evidence, f.recorded_at, 'ch_' || i || '_', 'ch_' || i || '_'
		FROM n CROSS JOIN (SELECT * FROM facts WHERE kind = 'charge' LIMIT 1) f`,
	`INSERT INTO postings (key, kind, donation_id, payout, at, posted_at, corrects, memo)
		SELECT 'ch_' || i || '_:charge', 'charge', 'don_' || i, '', ` + secondLater + `, p.posted_at, NULL, p.memo FROM n CROSS JOIN (SELECT * FROM postings WHERE kind = 'charge' LIMIT 1) p`,
	`INSERT INTO posting_lines (posting, number, account, amount, currency)
		SELECT 'ch_' || i || '_:charge', l.number, l.account, l.amount, l.currency FROM n CROSS JOIN (SELECT * FROM posting_lines WHERE posting = 'ch_1:charge') l`,
}

// restOfDonation are the columns of a donation that its copies' query does not
// write itself, as copies of another's.
func restOfDonation(t *testing.T, db *sql.DB) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT name FROM pragma_table_info('donations') ORDER BY cid")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // read only
	changed := map[string]string{
		"donor_id": "'donor_' || i", "session_id": "NULL", "invoice_id": "NULL", "form_key": "NULL", "received_at": secondLater, "created_at": secondLater,
	}
	rest := ""
	for n := 0; rows.Next(); n++ {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if n < 9 { // written in the query itself
			continue
		}
		value, is := changed[name]
		if !is {
			value = "d." + name
		}
		rest += ", " + value
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return rest
}

func fill(t *testing.T, path string, gifts int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	rest := restOfDonation(t, db)
	for _, statement := range copies {
		into, from, _ := strings.Cut(statement, "SELECT")
		from = strings.Replace(from, "%s FROM", rest+" FROM", 1)
		with := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", gifts)
		if _, err := db.ExecContext(t.Context(), into+with+"SELECT"+from); err != nil {
			t.Fatalf("%s: %v", into, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnExportOfAnySizeTakesLittleMemoryAndGiftsGoOnMeanwhile(t *testing.T) {
	gifts := 300
	if os.Getenv("TEST_LONG") != "" {
		gifts = 1_000_000
	}
	address := storetest.InMemory(t)
	clock := &storetest.Clock{}
	store := storetest.Open(t, address, clock)
	storetest.PaidOut(t, store, 0)
	fill(t, strings.TrimPrefix(address, "sqlite:"), gifts)
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []export.Request{{Table: export.Donations}, {Table: export.Journal}, {Table: export.Donors}, {Table: export.Journal, Layout: export.Xero}} {
		for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
			n, err := store.CountExports(t.Context(), models.Period{}, c.Zone)
			if err != nil {
				t.Fatal(err)
			}
			debug.FreeOSMemory()
			before := resident(t)
			ctx, stop := context.WithCancel(t.Context())
			var meanwhile sync.WaitGroup
			var came int
			var slowest time.Duration
			var most int64
			meanwhile.Go(func() {
				for ctx.Err() == nil {
					begun := time.Now()
					if err := store.RequestNewsletter(ctx, fmt.Sprintf("reader-%s-%s-%d@example.org", r.Table, f, came)); err != nil {
						if ctx.Err() == nil { // else the export is done
							t.Error(err)
						}
						return
					}
					came++
					slowest = max(slowest, time.Since(begun))
					most = max(most, resident(t)-before)
					time.Sleep(time.Millisecond)
				}
			})
			begun := time.Now()
			rows, err := export.Books{Store: store, Campaign: c}.Write(t.Context(), io.Discard, r, f, nil)
			took := time.Since(begun)
			stop()
			meanwhile.Wait()
			if err != nil || r.Layout == export.Whole && int64(rows) != r.Table.Of(n) {
				t.Errorf("%s: %d rows of %d, %v", r.File(f), rows, r.Table.Of(n), err)
			}
			t.Logf("%s: %d rows in %s, %d MB more; %d written meanwhile, the slowest in %s", r.File(f), rows, took.Round(time.Millisecond), most>>20, came, slowest.Round(time.Millisecond))
			if most > mostGrowth {
				t.Errorf("%s took %d MB more", r.File(f), most>>20)
			}
		}
	}
}

// resident is how much of this process is in memory.
func resident(t *testing.T) int64 {
	t.Helper()
	file, err := os.Open("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if size, is := strings.CutPrefix(lines.Text(), "VmRSS:"); is {
			kb, err := strconv.ParseInt(strings.Fields(size)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("this system does not say how much memory is taken")
	return 0
}
