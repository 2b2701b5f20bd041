//go:build !race

package main

import (
	"context"
	"encoding/csv"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/webhooks"
)

// docsPages are the pages of docs, decisions and pictures aside.
func docsPages(t *testing.T) (pages []string) {
	t.Helper()
	err := filepath.WalkDir("../../docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "adr" || d.Name() == "screens") {
			return fs.SkipDir
		}
		if err == nil && filepath.Ext(path) == ".md" {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil || len(pages) < 10 {
		t.Fatalf("docs has %d pages, %v", len(pages), err)
	}
	return pages
}

// typed are the commands that a page shows on lines of their own: in a block for
// the shell, or indented as one.
func typed(t *testing.T, page string) (commands []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	fence := ""
	for line := range strings.Lines(string(text)) {
		words := strings.TrimSpace(line)
		switch ours := strings.HasPrefix(words, "appeal "); {
		case strings.HasPrefix(words, "```") && fence == "":
			fence = words
		case strings.HasPrefix(words, "```"):
			fence = ""
		case fence == "```sh" && !ours:
			t.Errorf("%s has %q among its commands, which is none of ours", page, words)
		case ours && (fence != "" || strings.HasPrefix(line, "    ")):
			commands = append(commands, words)
		}
	}
	return commands
}

// mention is one that a page names in a sentence.
var mention = regexp.MustCompile("(?s)`(appeal [^`]*)`")

// wordsOf are the words of a command, without what a shell takes as a comment.
func wordsOf(t *testing.T, line string) []string {
	t.Helper()
	line, _, _ = strings.Cut(line, " #")
	words := csv.NewReader(strings.NewReader(strings.TrimSpace(line)))
	words.Comma = ' '
	args, err := words.Read()
	if err != nil {
		t.Fatalf("%q is no command: %v", line, err)
	}
	return args[1:]
}

// runOn says on which books the commands of a page are run: those that have
// what it speaks of.
var runOn = map[string]string{
	"erasure.md": "donors who gave",
	"mail.md":    "new", "month-end.md": "new", "newsletter.md": "new",
	"exports.md": "paid out", "finance/attention.md": "paid out", "finance/audit.md": "paid out", "finance/payouts.md": "paid out", "finance/year-end.md": "paid out",
}

// TestEveryCommandOfTheDocsRunsAsItStands runs what each page shows to be typed,
// in its order, on the books of a service that runs.
func TestEveryCommandOfTheDocsRunsAsItStands(t *testing.T) {
	t.Parallel()
	pages := map[string][]string{}
	commands := map[string][]string{}
	for _, path := range docsPages(t) {
		page, err := filepath.Rel("../../docs", path)
		if err != nil {
			t.Fatal(err)
		}
		commands[page] = typed(t, path)
		books, known := runOn[page]
		if known != (len(commands[page]) > 0) {
			t.Errorf("%s shows %d commands, and the books to run them on are %q", page, len(commands[page]), books)
		}
		if known {
			pages[books] = append(pages[books], page)
		}
	}
	for books, prepare := range map[string]func(*testing.T, *serving){
		"new": nil, "paid out": paidOut,
		"donors who gave": func(t *testing.T, s *serving) { t.Helper(); booksOf(t, s.env["DATABASE_URL"], 1) },
	} {
		t.Run(books, func(t *testing.T) {
			t.Parallel()
			s := startServing(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
			if prepare != nil {
				prepare(t, s)
			}
			for _, page := range pages[books] {
				for _, line := range commands[page] {
					if status, out, errs := appeal(t, s.env, intoFolder(t, wordsOf(t, line))...); status != done {
						t.Errorf("%s: %s: status %d, %s%s", page, line, status, out, errs)
					}
				}
			}
			if _, out, _ := appeal(t, s.env, "close"); books == "new" &&
				(!strings.HasPrefix(out, "Closed through 2025-10-31.\n") || !strings.Contains(out, "command line: Closed before the last bank debits cleared\n")) {
				t.Errorf("after the end of a month: %s", out)
			}
			if code := s.stop(); code != done {
				t.Errorf("stopped with status %d", code)
			}
		})
	}
}

// intoFolder has a command write its file into a folder of the test's.
func intoFolder(t *testing.T, args []string) []string {
	t.Helper()
	for i := range args[1:] {
		if args[i] == "-o" {
			args[i+1] = filepath.Join(t.TempDir(), args[i+1])
		}
	}
	return args
}

// paidOut has gifts, one of them refunded, and a payout that sent it all to the
// bank, as Stripe's webhooks and a sync tell of them.
func paidOut(t *testing.T, s *serving) {
	t.Helper()
	ctx := t.Context()
	_, err := s.sim.RegisterEndpoint(ctx, stripesim.Endpoint{URL: s.address + webhooks.Path, Secret: testSecret, APIVersion: "2023-10-16"})
	if err != nil {
		t.Fatal(err)
	}
	charge := s.gives(t, "amount=50&src=article-7", "succeeds")
	s.gives(t, "amount=15&frequency=monthly", "succeeds")
	if _, err := s.sim.RefundCharge(ctx, charge, stripesim.RefundOptions{Amount: 20_00}); err != nil {
		t.Fatal(err)
	}
	payout, err := s.sim.PayOut(ctx, stripesim.PayoutOptions{Everything: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, next := range []func(context.Context, string) error{s.sim.LandPayout, s.sim.ReconcilePayout} {
		if err := next(ctx, payout); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.sim.Deliver(ctx); err != nil {
		t.Fatal(err)
	}
	if status, out, errs := appeal(t, s.env, "stripe", "sync"); status != done {
		t.Fatalf("sync: status %d, %s%s", status, out, errs)
	}
	store := storetest.Open(t, s.env["DATABASE_URL"], &storetest.Clock{})
	if totals, err := store.Totals(ctx); err != nil || totals.Gross != 65_00 || totals.Refunded != 20_00 || totals.PaidOut == 0 {
		t.Fatalf("the books have %+v, %v", totals, err)
	}
}

// TestEveryCommandThatTheDocsNameIsThere asks for the help of each that stands in
// a sentence, and for the flags it stands there with.
func TestEveryCommandThatTheDocsNameIsThere(t *testing.T) {
	t.Parallel()
	named := map[string][]string{}
	for _, path := range append(docsPages(t), "../../README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mention.FindAllStringSubmatch(string(text), -1) {
			line := strings.Join(strings.Fields(m[1]), " ")
			named[line] = append(named[line], filepath.Base(path))
		}
	}
	if len(named) < 20 {
		t.Fatalf("only %d commands were found", len(named))
	}
	for line, pages := range named {
		var words, flags []string
		for _, word := range wordsOf(t, line) {
			switch {
			case strings.HasPrefix(word, "-"):
				flags = append(flags, word)
			case len(flags) == 0 && word == strings.ToLower(word) && !strings.ContainsAny(word, "…./@"):
				words = append(words, word)
			}
		}
		status, out, errs := appeal(t, env{}, append(slices.Clone(words), "--help")...)
		if status != done || !strings.HasPrefix(out, "Usage: appeal "+strings.Join(words, " ")) {
			t.Errorf("%q, named by %v: status %d, %s%s", line, pages, status, out, errs)
		}
		for _, flag := range flags {
			if !strings.Contains(out, flag) {
				t.Errorf("%q, named by %v, has no %s:\n%s", line, pages, flag, out)
			}
		}
	}
}
