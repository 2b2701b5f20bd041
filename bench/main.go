// Command bench prints how fast Appeal is beside the plainest server that
// could do the same: both as processes of their own, asked in turns, in one
// run, since only figures of one run on one machine compare.
//
// It refuses to be a test: nothing of it runs in make test. It fails only
// where a ratio that must hold now does not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"text/tabwriter"
	"time"
)

var (
	round    = flag.Duration("round", 2*time.Second, "how long each server is asked in a round")
	rounds   = flag.Int("rounds", 5, "how many rounds; medians are printed")
	viewers  = flag.Int("viewers", 2000, "how many watch the tracker")
	guessers = flag.Int("guessers", 64, "how many flood the login")
	serve    = flag.String("serve", "", "be one of the servers compared with (used by the program itself)")
	only     = flag.String("only", "", "measure one of; exports only if asked for: page, webhook, viewers, flood, overview, exports")
	gifts    = flag.Int("gifts", 1_000_000, "how many gifts the overview and the exports are of")
	which    = flag.String("which", "", `only exports in whose name this stands, like "journal.xlsx" or "by the page"`)
	books    = flag.String("books", "", "SQLite books for the overview and the exports, filled if they are new and kept; a new file if empty")
)

const connections = 64

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if *serve != "" {
		return bePeer(ctx, *serve)
	}
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	for _, part := range []struct {
		name    string
		measure func() error
	}{{"page", b.pages}, {"webhook", b.webhooks}, {"viewers", b.watching}, {"flood", b.flooded}, {"overview", b.overviews}, {"exports", b.exports}} {
		if *only == part.name || *only == "" && part.name != "exports" { // which takes half an hour
			if err := part.measure(); err != nil {
				return fmt.Errorf("%s: %w", part.name, err)
			}
		}
	}
	return b.report()
}

// row is one line of the result.
type row struct {
	name     string
	figure   float64
	unit     string
	goal     string
	now      float64 // must be reached already; 0 for none
	perRound []float64
}

func (b *bench) ratio(name string, now float64, goal string, perRound []float64) {
	b.rows = append(b.rows, row{name: name, figure: median(perRound), goal: goal, now: now, perRound: perRound})
}

func (b *bench) figure(name, unit, goal string, perRound ...float64) {
	b.rows = append(b.rows, row{name: name, figure: median(perRound), unit: unit, goal: goal, perRound: perRound})
}

// report prints the table, and fails if a ratio that must hold now does not.
func (b *bench) report() error {
	var missed error
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tmedian\tgoal\tof rounds")
	for _, r := range b.rows {
		least, most := slices.Min(r.perRound), slices.Max(r.perRound)
		digits := "%.2f"
		if r.unit != "" {
			digits = "%.0f"
			if most < 100 {
				digits = "%.1f"
			}
		}
		spread := ""
		if len(r.perRound) > 1 {
			spread = fmt.Sprintf(digits+"–"+digits, least, most)
		}
		fmt.Fprintf(table, "%s\t"+digits+" %s\t%s\t%s\n", r.name, r.figure, r.unit, r.goal, spread)
		if r.now > 0 && r.figure < r.now {
			missed = errors.Join(missed, fmt.Errorf("%s is %.2f, and must be %.2f", r.name, r.figure, r.now))
		}
	}
	return errors.Join(table.Flush(), missed)
}

func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
