package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/crash"
)

// A process of its own can be killed. The test's binary holds the whole
// program, so it is started once more, and told by its environment to be the
// program and not the test.
const (
	asProgram = "APPEAL_TEST_PROGRAM" // set: run main
	asAhead   = "APPEAL_TEST_AHEAD"   // how far its clock is ahead
	asDying   = "APPEAL_TEST_DYING"   // where it kills itself, "POINT PASS"
)

// beProgram is main in a process that a test started.
func beProgram() {
	ahead, err := time.ParseDuration(os.Getenv(asAhead))
	if err != nil {
		panic(err)
	}
	clock = func() time.Time { return time.Now().Add(ahead) }
	if at := os.Getenv(asDying); at != "" {
		var point, pass int
		if _, err := fmt.Sscan(at, &point, &pass); err != nil {
			panic(err)
		}
		crash.Arm(crash.Point(point), pass)
	}
	main()
}

// process is the program in a process of its own.
type process struct {
	cmd   *exec.Cmd
	errs  *buffer
	ended chan struct{} // closed when it has
}

// death is where a process is to kill itself, and how many processes are, one
// after the other. The zero value never does.
type death struct {
	at    crash.Point
	pass  int
	times int
}

// startProcess runs a command of the program in a process of its own.
func startProcess(t *testing.T, e env, ahead time.Duration, dies death, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self, args...), errs: &buffer{}, ended: make(chan struct{})}
	p.cmd.Stderr = p.errs
	// It lives for a second: collecting its garbage would be a third of its work.
	p.cmd.Env = []string{asProgram + "=yes", asAhead + "=" + ahead.String(), "GOGC=800"}
	if dies.times > 0 {
		p.cmd.Env = append(p.cmd.Env, asDying+"="+strconv.Itoa(int(dies.at))+" "+strconv.Itoa(dies.pass))
	}
	for name, value := range e {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // how it ended is read from its state
	}()
	return p
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !p.over() {
		<-p.ended // it ended just now
	}
}

// over reports whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// killed reports whether a process that has ended did not end by itself.
func (p *process) killed() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

var listening = regexp.MustCompile(`"msg":"listening","address":"([^"]+)"`)

// address is where the service listens, "" while it does not.
func (p *process) address() string {
	if said := listening.FindStringSubmatch(p.errs.String()); said != nil {
		return said[1]
	}
	return ""
}

// last is the end of what it logged.
func (p *process) last() string {
	lines := strings.Split(strings.TrimSpace(p.errs.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}
