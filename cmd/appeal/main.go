// Command appeal runs a newsroom's crowdfunding campaign: the public site, the
// webhooks that book its gifts, and the tools that keep its books.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/corruptionproject/appeal/internal/config"
)

// The exit statuses that scripts rely on.
const (
	done    = 0
	failed  = 1 // it failed, or a check found something
	misused = 2 // wrong usage or configuration
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// clock tells every command the time; nil is the machine's own clock. A test of
// crashes sets it ahead, for a service that was down for a while.
var clock func() time.Time

// program is what every command is given: the world, as far as it may touch it.
type program struct {
	ctx    context.Context
	getenv func(string) string
	out    io.Writer
	errs   io.Writer
}

// printf writes to standard output.
func (p *program) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(p.out, format, args...)
	return err
}

// commands is the whole command line. Help, flags and their checks follow from
// it.
type commands struct {
	Demo       demoCommand       `cmd:"" help:"Run the whole product on this machine, with a Stripe simulator and no accounts."`
	Serve      serveCommand      `cmd:"" help:"Run the service, configured by the environment."`
	Check      checkCommand      `cmd:"" help:"Try the configuration, the database and the Stripe key, and say what is wrong."`
	Stripe     stripeCommands    `cmd:"" help:"Set up the Stripe account, fetch what webhooks missed, and look at what is not settled."`
	Migrate    migrateCommand    `cmd:"" help:"Bring the database's schema up to date."`
	Totals     totalsCommand     `cmd:"" help:"Print the totals of every recorded gift."`
	Close      closeCommand      `cmd:"" help:"Close days, so that nothing is posted in them any more; or look until when they are closed."`
	Verify     verifyCommand     `cmd:"" help:"Check every predicate of the ledger; a line for each that fails."`
	Mail       mailCommands      `cmd:"" help:"Look at the mail that is to be sent, and have it tried again."`
	Staff      staffCommands     `cmd:"" help:"Say who may enter the finance rooms."`
	Export     exportCommands    `cmd:"" help:"Write a table for a spreadsheet."`
	Statements statementsCommand `cmd:"" help:"List the yearly statements to donors, or queue them."`
	Erase      eraseCommand      `cmd:"" help:"Forget a donor who asked for it, and keep the money."`
	Version    versionCommand    `cmd:"" help:"Print the version, the commit, and what it was built with."`
}

// errFound is returned by a command that worked, and found something wrong
// that it has told already.
var errFound = errors.New("found something")

// usage marks an error as the caller's to mend: exit status 2.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// run is the program, with its arguments, its environment and its writers
// passed in. It returns the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, out, errs io.Writer) int {
	var line commands
	exited := -1
	parser, err := kong.New(&line, kong.Name("appeal"),
		kong.Description("Runs a newsroom's crowdfunding campaign through Stripe, with books that agree to the cent."),
		kong.Writers(out, errs), kong.Exit(func(code int) { exited = code }))
	if err != nil {
		return report(usage{err}, errs)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	chosen, err := parser.Parse(args)
	if exited >= 0 { // --help was answered
		return exited
	}
	if err != nil {
		return report(usage{fmt.Errorf("%w (try appeal --help)", err)}, errs)
	}
	return report(chosen.Run(&program{ctx: ctx, getenv: getenv, out: out, errs: errs}), errs)
}

// report tells an error in plain words and chooses the exit status.
func report(err error, errs io.Writer) int {
	var mistakes config.Mistakes
	var wrong usage
	status := failed
	switch {
	case err == nil:
		return done
	case errors.Is(err, errFound):
		return failed
	case errors.As(err, &mistakes):
		status, err = misused, fmt.Errorf("the configuration can't be used:\n%w", mistakes)
	case errors.As(err, &wrong):
		status = misused
	default:
		err = errors.New(oneLine(err.Error()))
	}
	if _, unwritable := fmt.Fprintln(errs, "appeal:", err); unwritable != nil {
		return failed
	}
	return status
}

// oneLine joins an error's lines: scripts read one plain line.
func oneLine(text string) string {
	var parts []string
	for part := range strings.Lines(text) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}
