// Command with runs another command beside one throw-away PostgreSQL cluster,
// whose address that command finds in TEST_DATABASE_URL:
//
//	with go test ./...
//
// Where TEST_DATABASE_URL is set already it starts nothing. It passes signals
// on, removes the cluster however the command ends, and exits as it did.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/corruptionproject/appeal/internal/pgtest"
)

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with:", err)
	}
	os.Exit(status)
}

// run returns the command's exit status; with an error, the one that a shell
// would give.
func run(command []string) (int, error) {
	if len(command) == 0 {
		return 2, errors.New("what should run? with COMMAND [ARGUMENT ...]")
	}
	// Heard from here on, so that a signal while the cluster starts can't
	// leave it behind.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	environment := os.Environ()
	if os.Getenv("TEST_DATABASE_URL") == "" {
		address, stop, err := pgtest.Start()
		if err != nil {
			return 1, fmt.Errorf("no PostgreSQL to test with: %w\nset TEST_DATABASE_URL, or install it: apt-get install postgresql", err)
		}
		defer stop()
		environment = append(environment, "TEST_DATABASE_URL="+address)
	}
	select {
	case s := <-signals:
		return 1, fmt.Errorf("stopped by %s before the command began", s)
	default:
	}
	return execute(command, environment, signals)
}

// execute runs the command in a process group of its own, so that a signal
// reaches what it has started, too.
func execute(command, environment []string, signals <-chan os.Signal) (int, error) {
	cmd := exec.CommandContext(context.Background(), command[0], command[1:]...) //nolint:gosec // running it is the purpose
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = environment, os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return 127, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if number, ok := s.(syscall.Signal); ok {
				if err := syscall.Kill(-cmd.Process.Pid, number); err != nil && !errors.Is(err, syscall.ESRCH) {
					fmt.Fprintln(os.Stderr, "with: pass on", s, "-", err)
				}
			}
		case err := <-ended:
			return statusOf(err)
		}
	}
}

func statusOf(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		if err != nil {
			return 1, err
		}
		return 0, nil
	}
	if how, ok := exit.Sys().(syscall.WaitStatus); ok && how.Signaled() {
		return 128 + int(how.Signal()), nil
	}
	return exit.ExitCode(), nil
}
