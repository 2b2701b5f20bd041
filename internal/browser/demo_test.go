package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// demo is one run of `appeal demo`.
type demo struct {
	testing.TB
	site, stripe string // addresses, without a slash at the end
	data         string
	folder       string // the campaign's; "" for the built-in one
	stop         func() // waits for its end; for once
}

// runDemo starts a demo with books of its own and stops it when the test ends.
// That it does not stop as asked, or complains while it runs, fails the test.
func runDemo(t testing.TB, options ...string) *demo {
	t.Helper()
	return runDemoOf(t, "", filepath.Join(t.TempDir(), "data"), options...)
}

// runDemoOf is runDemo for the campaign in a folder, "" for the built-in one,
// on books that may be there already.
func runDemoOf(t testing.TB, campaign, data string, options ...string) *demo {
	t.Helper()
	d := &demo{TB: t, data: data, folder: campaign}
	command := exec.Command(appeal, append([]string{"demo", "--listen", "127.0.0.1:0", "--data", d.data}, options...)...)
	command.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "APPEAL_CAMPAIGN=" + campaign}
	var complaints bytes.Buffer
	command.Stderr = &complaints
	said, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(longest(), func() { _ = command.Process.Kill() })
	lines := bufio.NewScanner(said)
	for d.site == "" || d.stripe == "" {
		if !lines.Scan() {
			t.Fatalf("appeal demo ended before it said where it is: %v\n%s", command.Wait(), complaints.String())
		}
		name, value, _ := strings.Cut(lines.Text(), ":")
		value, _, _ = strings.Cut(strings.TrimSpace(value), " ")
		switch name {
		case "The campaign":
			d.site = strings.TrimSuffix(value, "/")
		case "Stripe simulator":
			d.stripe = value
		}
	}
	d.stop = sync.OnceFunc(func() {
		defer limit.Stop()
		if err := command.Process.Signal(os.Interrupt); err != nil {
			t.Errorf("stop appeal demo: %v", err)
		}
		for lines.Scan() {
			continue // what else it says is for people
		}
		if err := command.Wait(); err != nil {
			t.Errorf("appeal demo did not end well: %v", err)
		}
		if len(options) == 0 && complaints.Len() > 0 {
			t.Errorf("appeal demo complained:\n%s", complaints.String())
		}
	})
	t.Cleanup(d.stop)
	return d
}

// longest is how long a demo may run before it is ended by force.
func longest() time.Duration {
	if *lighthouse || *screens != "" {
		return 30 * time.Minute
	}
	return 10 * time.Minute
}

// totals are what `appeal totals --json` says.
type totals struct {
	Raised  int64 `json:"raised"`
	Gross   int64 `json:"gross"`
	Gifts   int64 `json:"gifts"`
	Donors  int64 `json:"donors"`
	Pending int64 `json:"pending"`
	Trouble int64 `json:"needs_attention"`
}

func (d *demo) totals() totals {
	d.Helper()
	command := exec.Command(appeal, "totals", "--json")
	command.Env = []string{"DATABASE_URL=sqlite:" + filepath.Join(d.data, "appeal.db"), "APPEAL_CAMPAIGN=" + d.folder}
	said, err := command.Output()
	var told totals
	if err == nil {
		err = json.Unmarshal(said, &told)
	}
	if err != nil {
		d.Fatalf("appeal totals: %v", err)
	}
	return told
}

// expectGifts compares the books with the amounts, in cents, that were paid.
func (d *demo) expectGifts(amounts ...int64) {
	d.Helper()
	want := totals{Gifts: int64(len(amounts))}
	for _, amount := range amounts {
		want.Raised += amount
	}
	want.Gross = want.Raised
	got := d.totals()
	want.Donors = got.Donors // not asked here
	if got != want {
		d.Errorf("the books say %+v, and not %+v", got, want)
	}
}
