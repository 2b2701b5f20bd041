package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/models"
)

// mostGrowth is what an export of any size may take of memory.
const mostGrowth = 64 << 20

// exports measures every export of many gifts, from the page and by the
// command, while webhooks flow, on each database there is.
func (b *bench) exports() error {
	path := *books
	if path == "" {
		path = filepath.Join(b.folder, "many.db")
	}
	if err := b.exportsOf("SQLite", "sqlite", "sqlite:"+path, directly(path)); err != nil {
		return err
	}
	address := os.Getenv("TEST_DATABASE_URL")
	if address == "" {
		fmt.Fprintln(os.Stderr, "bench: no TEST_DATABASE_URL, so nothing is exported from PostgreSQL")
		return nil
	}
	return b.exportsOf("PostgreSQL", "pgx", address, address)
}

// taken is an export that was taken home.
type taken struct {
	file   string
	took   time.Duration
	growth int64 // of the memory of the process that made it
}

func (b *bench) exportsOf(name, driver, address, direct string) error {
	store, plain, err := b.many(driver, address, direct)
	if err != nil {
		return err
	}
	defer store.Close()
	defer plain.Close()
	service, session, err := b.finance(store, address)
	if err != nil {
		return err
	}
	before, err := b.warmed(service, session)
	if err != nil {
		return err
	}
	var wrong error
	for _, table := range []string{"donations", "journal", "donors", "payouts", "newsletter"} {
		for _, form := range []string{"csv", "xlsx"} {
			for _, way := range []struct {
				name string
				take func() (taken, error)
			}{
				{"page", func() (taken, error) { return b.fromPage(service, session, table, form, before) }},
				{"command", func() (taken, error) { return b.byCommand(address, table, form) }},
			} {
				what := fmt.Sprintf("%s, %s.%s by the %s", name, table, form, way.name)
				if !strings.Contains(what, *which) {
					continue
				}
				got, flow, err := b.whileWebhooksFlow(service, way.take)
				if err != nil {
					return fmt.Errorf("%s: %w", what, err)
				}
				rows, err := rowsIn(got.file, form, table)
				if err != nil {
					return fmt.Errorf("%s: %w", what, err)
				}
				fmt.Printf("%-48s %9d rows %7.1f s %6.1f MB more %6d webhooks, the slowest %5d ms\n",
					what, rows, got.took.Seconds(), float64(got.growth)/(1<<20), flow.taken, flow.slowest.Milliseconds())
				if got.growth > mostGrowth {
					wrong = errors.Join(wrong, fmt.Errorf("%s took %d MB more", what, got.growth>>20))
				}
				if err := os.Remove(got.file); err != nil {
					return err
				}
			}
		}
	}
	return wrong
}

// warmed has the service work until its caches are full, and returns what
// memory it holds then: each connection to SQLite keeps some pages.
func (b *bench) warmed(service *child, session string) (float64, error) {
	_, _, err := b.whileWebhooksFlow(service, func() (taken, error) {
		for until := time.Now().Add(20 * time.Second); time.Now().Before(until); {
			request, err := b.asks(service, session, "payouts", "csv")
			if err != nil {
				return taken{}, err
			}
			file, err := b.save(request)
			if err != nil {
				return taken{}, err
			}
			if err := os.Remove(file); err != nil {
				return taken{}, err
			}
		}
		return taken{}, nil
	})
	if err != nil {
		return 0, err
	}
	return service.resident()
}

func (b *bench) asks(service *child, session, table, form string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(b.ctx, http.MethodGet, "http://"+service.address+"/finance/export/"+table+"."+form, nil)
	if err == nil {
		request.AddCookie(&http.Cookie{Name: "appeal-staff", Value: session})
	}
	return request, err
}

// fromPage takes a table from the page, and watches the service's memory, of
// which it held so much before.
func (b *bench) fromPage(service *child, session, table, form string, before float64) (got taken, err error) {
	request, err := b.asks(service, session, table, form)
	if err != nil {
		return got, err
	}
	ctx, stop := context.WithCancel(b.ctx)
	peak := make(chan float64, 1)
	go func() {
		most := before
		for ctx.Err() == nil {
			if now, err := service.resident(); err == nil {
				most = max(most, now)
			}
			time.Sleep(10 * time.Millisecond)
		}
		peak <- most
	}()
	began := time.Now()
	got.file, err = b.save(request)
	got.took = time.Since(began)
	stop()
	got.growth = int64(<-peak - before)
	return got, err
}

// save keeps what is answered in a file.
func (b *bench) save(request *http.Request) (string, error) {
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answered %s", request.URL.Path, answer.Status)
	}
	file, err := os.CreateTemp(b.folder, "export-*")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(file, answer.Body)
	return file.Name(), errors.Join(err, file.Close())
}

// byCommand has the command write a table, and compares its memory with that of
// the same command for no rows.
func (b *bench) byCommand(address, table, form string) (got taken, err error) {
	run := func(args ...string) (int64, error) {
		got.file = filepath.Join(b.folder, "export."+form)
		command := exec.CommandContext(b.ctx, filepath.Join(b.folder, "appeal"), append([]string{"export", table, "--format", form, "-o", got.file}, args...)...)
		command.Env = []string{"DATABASE_URL=" + address, "TMPDIR=" + b.folder}
		var said bytes.Buffer
		command.Stderr = &said
		if err := command.Start(); err != nil {
			return 0, err
		}
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		most := 0.0
		for {
			select {
			case err := <-ended:
				if err != nil {
					err = fmt.Errorf("%w: %s", err, said.String())
				}
				return int64(most), err
			case <-time.After(5 * time.Millisecond):
				if now, err := memory(command.Process.Pid, "VmHWM:"); err == nil { // else it has just ended
					most = max(most, now)
				}
			}
		}
	}
	none, err := run("--to", "1990-01-01")
	if err != nil {
		return got, err
	}
	began := time.Now()
	all, err := run()
	got.took, got.growth = time.Since(began), all-none
	return got, err
}

// flow is how webhooks fared meanwhile.
type flow struct {
	taken   int
	slowest time.Duration
}

// whileWebhooksFlow does something while webhooks come in, a hundred a second
// at most, each of which must be taken.
func (b *bench) whileWebhooksFlow(service *child, do func() (taken, error)) (got taken, f flow, err error) {
	ctx, stop := context.WithCancel(b.ctx)
	over := make(chan error, 1)
	go func() {
		over <- func() error {
			c, err := dial(ctx, service.address)
			if err != nil {
				return err
			}
			defer c.conn.Close()
			for ctx.Err() == nil {
				sent := time.Now()
				status, err := c.ask(b.events.next())
				if err != nil || status != http.StatusOK {
					return errors.Join(fmt.Errorf("a webhook is answered %d", status), err)
				}
				f.taken, f.slowest = f.taken+1, max(f.slowest, time.Since(sent))
				time.Sleep(10 * time.Millisecond)
			}
			return nil
		}()
	}()
	got, err = do()
	stop()
	return got, f, errors.Join(err, <-over)
}

// rowsIn reads a file to its end and counts its rows. A journal must balance.
func rowsIn(path, form, table string) (int, error) {
	if form == "xlsx" {
		return rowsInWorkbook(path)
	}
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	in := csv.NewReader(bufio.NewReaderSize(file, 1<<20))
	in.ReuseRecord = true
	off := 0
	for rows := -1; ; rows++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			if off != 0 {
				return rows, fmt.Errorf("debits and credits differ by %d cents", off)
			}
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if table == "journal" && rows >= 0 {
			off += cents(row[6]) - cents(row[7])
		}
	}
}

// cents are those of an amount that is not negative.
func cents(amount string) (n int) {
	for _, digit := range amount {
		if digit != '.' {
			n = n*10 + int(digit-'0')
		}
	}
	return n
}

// rowsInWorkbook counts the rows of all sheets, their headers not.
func rowsInWorkbook(path string) (rows int, err error) {
	files, err := zip.OpenReader(path)
	if err != nil {
		return 0, err
	}
	defer files.Close()
	for _, f := range files.File {
		if !strings.HasPrefix(f.Name, "xl/worksheets/") {
			continue
		}
		sheet, err := f.Open()
		if err != nil {
			return 0, err
		}
		in := 0
		for lines := bufio.NewReaderSize(sheet, 1<<20); ; {
			line, err := lines.ReadString('\n')
			in += strings.Count(line, "<row ")
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return 0, err
			}
		}
		if in > 1<<20 {
			return 0, fmt.Errorf("%s has %d rows, more than a program opens", f.Name, in)
		}
		rows += in - 1
		if err := sheet.Close(); err != nil {
			return 0, err
		}
	}
	return rows, nil
}

// directly is how SQLite books are opened beside the product.
func directly(path string) string {
	return "file:" + path + "?_pragma=busy_timeout(5000)&_pragma=synchronous(off)&_pragma=cache_size(-400000)"
}

// many opens books that are filled with many gifts.
func (b *bench) many(driver, address, direct string) (store *models.Store, plain *sql.DB, err error) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return nil, nil, err
	}
	live := false
	store, err = models.Connect(b.ctx, models.Options{URL: address, Slug: "corruption-project", Currency: "usd", Livemode: &live, Zone: zone})
	if err != nil {
		return nil, nil, err
	}
	_, err = store.Migrate(b.ctx)
	if err == nil {
		err = store.OpenBooks(b.ctx)
	}
	if err == nil {
		plain, err = sql.Open(driver, direct)
	}
	if err == nil {
		if err = fill(b.ctx, plain, driver, store); err != nil {
			err = errors.Join(fmt.Errorf("make the gifts: %w", err), plain.Close())
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return store, plain, nil
}

// finance starts the service over the books, and signs somebody of finance in.
func (b *bench) finance(store *models.Store, database string) (service *child, session string, err error) {
	address, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	who, err := store.AddStaff(b.ctx, models.Operator, fmt.Sprintf("bench%d@example.org", time.Now().UnixNano()), models.Finance, "")
	if err != nil {
		return nil, "", err
	}
	signedIn, err := store.OpenSession(b.ctx, who.ID, models.SignIn{}, "bench")
	if err != nil {
		return nil, "", err
	}
	command := exec.CommandContext(b.ctx, filepath.Join(b.folder, "appeal"), "serve")
	command.Env = []string{
		"APPEAL_LISTEN=" + address, "APPEAL_BASE_URL=http://" + address, "DATABASE_URL=" + database,
		"STRIPE_SECRET_KEY=" + stripeKey, "STRIPE_WEBHOOK_SECRET=" + webhookSecret, "STRIPE_API_BASE=http://127.0.0.1:9",
		"APPEAL_SECRET_KEY=" + strings.Repeat("0123456789abcdef", 4), "APPEAL_METRICS_LISTEN=", "TMPDIR=" + b.folder,
	}
	service, err = b.start(command, address)
	return service, signedIn.Session, err
}
