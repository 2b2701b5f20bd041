package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/internal/sheettest"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestTheNewslettersListIsExported(t *testing.T) {
	t.Parallel()
	for name, database := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, clock := database(t), &storetest.Clock{}
			store := storetest.Open(t, url, clock)
			e := env{"DATABASE_URL": url}
			const header = "email,requested_at,confirmed_at,source\r\n"
			exported := func(want string, args ...string) {
				t.Helper()
				status, out, errs := appeal(t, e, append([]string{"export", "newsletter"}, args...)...)
				if diff := cmp.Diff(want, out); status != done || errs != "" || diff != "" {
					t.Errorf("%v: status %d, %s (−want +got):\n%s", args, status, errs, diff)
				}
			}
			exported(header)
			for _, email := range []string{"first@example.org", "=cmd|'/c calc'!a0@example.org", "unconfirmed@example.org"} {
				if err := store.RequestNewsletter(t.Context(), email); err != nil {
					t.Fatal(err)
				}
				clock.Advance(time.Second)
			}
			queued := storetest.Queued(t, store, models.MailConfirmNewsletter)
			if len(queued) != 3 {
				t.Fatalf("%d mails", len(queued))
			}
			// In San Francisco the first confirms before midnight, the second at its stroke.
			for _, mail := range []models.Mail{queued[2], queued[1]} {
				clock.Advance(6 * time.Hour)
				if err := store.ConfirmSignup(t.Context(), mail.About.Token); err != nil {
					t.Fatal(err)
				}
			}
			first := "first@example.org,2026-11-24T20:00:00Z,2026-11-25T02:00:03Z,page\r\n"
			second := "'=cmd|'/c calc'!a0@example.org,2026-11-24T20:00:01Z,2026-11-25T08:00:03Z,page\r\n"
			exported(header + first + second)
			exported(header+first, "--to", "2026-11-24")
			exported(header+second, "--from", "2026-11-25", "--to", "2026-11-25")
			exported(header, "--from", "2026-11-26")
			file := filepath.Join(t.TempDir(), "list.csv")
			exported("", "--format", "csv", "-o", file)
			written, err := os.ReadFile(file)
			if diff := cmp.Diff(header+first+second, string(written)); err != nil || diff != "" {
				t.Errorf("the file: %v\n%s", err, diff)
			}
			if about, err := os.Stat(file); err != nil || about.Mode().Perm() != 0o600 {
				t.Errorf("others may read the file: %v, %v", about.Mode(), err)
			}
			for _, wrong := range [][]string{{"--from", "yesterday"}, {"--from", "2026-11-26", "--to", "2026-11-25"}} {
				if status, out, errs := appeal(t, e, append([]string{"export", "newsletter"}, wrong...)...); status != misused || out != "" || errs == "" {
					t.Errorf("%v: status %d, %s%s", wrong, status, out, errs)
				}
			}
		})
	}
}

func TestAnExportReplacesItsFileOnceItIsWholeAndIsWrittenDown(t *testing.T) {
	t.Parallel()
	url, clock := storetest.Databases()["SQLite"](t), &storetest.Clock{}
	store := storetest.Open(t, url, clock)
	storetest.PaidOut(t, store, 0)
	e := env{"DATABASE_URL": url}
	dir := t.TempDir()
	file := filepath.Join(dir, "journal")
	if err := os.WriteFile(file, []byte("last month's"), 0o644); err != nil { // as somebody else may have left it
		t.Fatal(err)
	}
	for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
		if status, out, errs := appeal(t, e, "export", "journal", "--format", string(f), "-o", file); status != done || out+errs != "" {
			t.Fatalf("status %d, %s%s", status, out, errs)
		}
		written, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		journal := sheettest.Read(t, f, written)
		if debit, credit := journal.Sum(t, "debit"), journal.Sum(t, "credit"); len(journal.Rows) != 10 || debit != credit {
			t.Errorf("%d lines, debits of %s and credits of %s", len(journal.Rows), debit, credit)
		}
		if about, err := os.Stat(file); err != nil || about.Mode().Perm() != 0o600 {
			t.Errorf("others may read the file: %v, %v", about.Mode(), err)
		}
	}
	for _, wrong := range [][]string{{"--format", "pdf"}, {"--layout", "sage"}} {
		if status, out, errs := appeal(t, e, append([]string{"export", "journal"}, wrong...)...); status != misused || out != "" || errs == "" {
			t.Errorf("%v: status %d, %s%s", wrong, status, out, errs)
		}
	}
	if status, _, errs := appeal(t, e, "export", "journal", "-o", filepath.Join(dir, "nowhere", "journal.csv")); status != failed || errs == "" {
		t.Errorf("a folder that isn't there: status %d, %q", status, errs)
	}
	acts, err := store.ListAudit(t.Context(), models.AuditQuery{Act: models.Exported}, 10)
	if err != nil || len(acts) != 3 || acts[2].Who != models.Operator || acts[2].Object != "journal.csv" || acts[2].After != "10 rows" {
		t.Errorf("the log: %+v, %v", acts, err)
	}
}

func TestDonorsOfAYearAreExportedFromATotalOn(t *testing.T) {
	t.Parallel()
	url, clock := storetest.Databases()["SQLite"](t), &storetest.Clock{}
	store := storetest.Open(t, url, clock)
	storetest.PaidOut(t, store, 0) // $50.00, of which $20.00 went back
	e := env{"DATABASE_URL": url}
	for _, c := range []struct {
		rows int
		args []string
	}{
		{1, []string{"--min-total", "30", "--year", "2026"}},
		{0, []string{"--min-total", "30.01", "--year", "2026"}},
		{0, []string{"--min-total", "30", "--year", "2027"}},
		{1, []string{"--min-total", "$30", "--from", "2026-11-24", "--to", "2026-11-24"}},
		{1, []string{"--year", "2026"}},
	} {
		status, out, errs := appeal(t, e, append([]string{"export", "donors"}, c.args...)...)
		if status != done || errs != "" {
			t.Fatalf("%v: status %d, %s", c.args, status, errs)
		}
		if got := sheettest.Read(t, sheet.CSV, []byte(out)); len(got.Rows) != c.rows {
			t.Errorf("%v: %v", c.args, got.Rows)
		}
	}
	for _, wrong := range [][]string{
		{"--min-total", "lots"}, {"--min-total", ""}, {"--year", "0"}, {"--year", "soon"}, {"--year", "2026", "--from", "2026-11-24"}, {"--year", "2026", "--to", "2026-11-24"},
	} {
		if status, out, errs := appeal(t, e, append([]string{"export", "donors"}, wrong...)...); status != misused || out != "" || errs == "" {
			t.Errorf("%v: status %d, %s%s", wrong, status, out, errs)
		}
	}
	acts, err := store.ListAudit(t.Context(), models.AuditQuery{Act: models.Exported}, 10)
	if err != nil || len(acts) != 5 || acts[4].Object != "donors-2026-01-01-to-2026-12-31-min-30.00.csv" ||
		acts[4].After != "1 row; Total of $30 or more; From 2026-01-01; To 2026-12-31" || acts[0].After != "1 row" {
		t.Errorf("the log: %+v, %v", acts, err)
	}
}
