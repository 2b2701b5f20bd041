package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The secrets of the service under test.
const (
	stripeKey     = "sk_test_bench"
	webhookSecret = "whsec_bench"
)

type bench struct {
	ctx      context.Context
	folder   string
	children []*child
	rows     []row
	events   *events
}

func newBench(ctx context.Context) (*bench, error) {
	folder, err := os.MkdirTemp("", "appeal-bench")
	if err != nil {
		return nil, err
	}
	b := &bench{ctx: ctx, folder: folder, events: newEvents()}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(folder, "appeal"), "./cmd/appeal")
	build.Dir = ".."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build appeal: %w\n%s", err, said)
	}
	return b, nil
}

func (b *bench) close() {
	for _, c := range b.children {
		c.stop()
	}
	if err := os.RemoveAll(b.folder); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
}

// child is a server in a process of its own.
type child struct {
	address string
	command *exec.Cmd
}

func (c *child) stop() {
	if c.command.ProcessState == nil {
		_ = c.command.Process.Kill()
		_ = c.command.Wait()
	}
}

// resident is the memory the process holds, in bytes.
func (c *child) resident() (float64, error) { return memory(c.command.Process.Pid, "VmRSS:") }

// memory is what a process holds, or held at most, in bytes.
func memory(pid int, which string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, which); ok {
			kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kilobytes * 1024, err
		}
	}
	return 0, errors.New("the system does not tell how much memory a process holds")
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// product starts Appeal as an operator would, with new books in SQLite. What is
// set besides comes last, and wins.
func (b *bench) product(extra ...string) (*child, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	nobody, err := freeAddress()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(b.ctx, filepath.Join(b.folder, "appeal"), "serve")
	command.Env = append([]string{
		"APPEAL_LISTEN=" + address, "APPEAL_BASE_URL=http://" + address,
		"DATABASE_URL=sqlite:" + filepath.Join(b.folder, fmt.Sprintf("books-%d.db", len(b.children))),
		"STRIPE_SECRET_KEY=" + stripeKey, "STRIPE_WEBHOOK_SECRET=" + webhookSecret, "STRIPE_API_BASE=http://" + nobody,
		"APPEAL_SECRET_KEY=" + strings.Repeat("0123456789abcdef", 4), "APPEAL_METRICS_LISTEN=",
	}, extra...)
	return b.start(command, address)
}

// peer starts one of the servers that the product is compared with.
func (b *bench) peer(kind string, extra ...string) (*child, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(b.ctx, self, "-serve", kind)
	command.Env = append([]string{
		"BENCH_ADDRESS=" + address, "BENCH_DATABASE=" + filepath.Join(b.folder, fmt.Sprintf("%s-%d.db", kind, len(b.children))),
	}, extra...)
	return b.start(command, address)
}

func (b *bench) start(command *exec.Cmd, address string) (*child, error) {
	log, err := os.Create(filepath.Join(b.folder, fmt.Sprintf("child-%d.log", len(b.children))))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command.Stderr = log
	if err := command.Start(); err != nil {
		return nil, err
	}
	c := &child{address, command}
	b.children = append(b.children, c)
	ready := get("/readyz", address, "")
	for limit := time.Now().Add(20 * time.Second); ; {
		if a, err := fetch(b.ctx, address, ready); err == nil && a.status == 200 {
			return c, nil
		}
		if time.Now().After(limit) {
			said, err := os.ReadFile(log.Name())
			return nil, errors.Join(fmt.Errorf("%s did not start: %s", command.Path, said), err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func get(path, host, headers string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n")
}

const browserHeaders = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept: text/html,application/xhtml+xml\r\n" +
	"Accept-Language: en-US,en;q=0.9\r\n"

// pages compares what readers get with net/http serving the very same bytes.
func (b *bench) pages() error {
	appeal, err := b.product()
	if err != nil {
		return err
	}
	defer appeal.stop()
	for range 100 { // some gifts, so that the page is a page
		if _, err := fetch(b.ctx, appeal.address, b.events.next()); err != nil {
			return err
		}
	}
	for _, of := range []struct{ name, path, headers string }{
		{"campaign page, packed", "/", browserHeaders + "Accept-Encoding: gzip, deflate, br\r\n"},
		{"campaign page, plain", "/", browserHeaders},
		{"tracker JSON", "/api/progress", browserHeaders},
	} {
		if err := b.page(appeal, of.name, of.path, of.headers); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) page(appeal *child, name, path, headers string) error {
	page, err := fetch(b.ctx, appeal.address, get(path, appeal.address, headers))
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(map[string]string{
		"kind": page.header["content-type"], "encoding": page.header["content-encoding"],
		"body": base64.StdEncoding.EncodeToString(page.body),
	})
	if err != nil {
		return err
	}
	plain, err := b.peer("bytes", "BENCH_PAGE="+string(encoded))
	if err != nil {
		return err
	}
	defer plain.stop()
	both, err := b.sideBySide(
		server{appeal, func() []byte { return get(path, appeal.address, headers) }},
		server{plain, func() []byte { return get(path, plain.address, headers) }})
	if err != nil {
		return err
	}
	name += fmt.Sprintf(" (%.1f KB)", float64(len(page.body))/1000)
	now := 0.0
	if path == "/" {
		now = 0.5
	}
	b.figure(name, "/s", "", rates(both[0])...)
	b.figure("  net/http with the same bytes", "/s", "", rates(both[1])...)
	goal := "≥ 0.9"
	if now > 0 {
		goal = "≥ 0.5 now, ≥ 0.9 later"
	}
	b.ratio("  ÷", now, goal, quotients(rates(both[0]), rates(both[1])))
	return nil
}

// server is one of those asked in turns.
type server struct {
	*child
	next func() []byte
}

// sideBySide asks servers in turns, for all rounds, after a short warm-up. The
// order changes from round to round.
func (b *bench) sideBySide(servers ...server) ([][]load, error) {
	results := make([][]load, len(servers))
	for _, s := range servers {
		request := s.next()
		if _, err := press(b.ctx, s.address, *round/4, fixedOr(s.next, request)); err != nil {
			return nil, err
		}
	}
	for r := range *rounds {
		for i := range servers {
			at := (i + r) % len(servers)
			s := servers[at]
			l, err := press(b.ctx, s.address, *round, fixedOr(s.next, s.next()))
			if err != nil {
				return nil, err
			}
			results[at] = append(results[at], l)
		}
	}
	return results, nil
}

// fixedOr makes a GET once, and everything else anew each time.
func fixedOr(next func() []byte, request []byte) func() []byte {
	if strings.HasPrefix(string(request), "GET ") {
		return func() []byte { return request }
	}
	return next
}

func rates(loads []load) (all []float64) {
	for _, l := range loads {
		all = append(all, l.perSecond)
	}
	return all
}

func p99s(loads []load) (all []float64) {
	for _, l := range loads {
		all = append(all, l.p99.Seconds()*1000)
	}
	return all
}

func p50s(loads []load) (all []float64) {
	for _, l := range loads {
		all = append(all, l.p50.Seconds()*1000)
	}
	return all
}

func quotients(a, b []float64) (all []float64) {
	for i := range a {
		all = append(all, a[i]/b[i])
	}
	return all
}

// webhooks compares durable booking with the same chain that stores nothing,
// and with one plain transaction for each event.
func (b *bench) webhooks() error {
	appeal, err := b.product()
	if err != nil {
		return err
	}
	defer appeal.stop()
	verify, err := b.peer("verify")
	if err != nil {
		return err
	}
	defer verify.stop()
	naive, err := b.peer("naive")
	if err != nil {
		return err
	}
	defer naive.stop()
	all, err := b.sideBySide(server{appeal, b.events.next}, server{verify, b.events.next}, server{naive, b.events.next})
	if err != nil {
		return err
	}
	for i, name := range []string{"webhook, booked durably", "  the same chain, verified and not stored", "  Echo and GORM, a transaction each"} {
		b.figure(name, "/s", "", rates(all[i])...)
		b.figure("    p50", "ms", "", p50s(all[i])...)
		b.figure("    p99", "ms", "", p99s(all[i])...)
	}
	b.ratio("  booked ÷ not stored", 0, "≥ 0.7 later", quotients(rates(all[0]), rates(all[1])))
	b.ratio("  booked ÷ a transaction each", 0, "", quotients(rates(all[0]), rates(all[2])))
	b.ratio("  p99 ÷ a transaction each", 0, "≤ 0.1 later", quotients(p99s(all[0]), p99s(all[2])))
	return nil
}

// watching measures what a viewer of the tracker costs in memory.
func (b *bench) watching() error {
	appeal, err := b.product()
	if err != nil {
		return err
	}
	defer appeal.stop()
	idle, each, err := b.viewersOf(appeal)
	if err != nil {
		return err
	}
	plain, err := b.peer("stream")
	if err != nil {
		return err
	}
	defer plain.stop()
	_, plainEach, err := b.viewersOf(plain)
	if err != nil {
		return err
	}
	b.figure("memory, idle", "MB", "≤ 40 later", idle/1e6)
	b.figure(fmt.Sprintf("memory for each of %d viewers", *viewers), "KB", "", each/1e3)
	b.figure("  net/http, a plain stream", "KB", "", plainEach/1e3)
	b.ratio("  ÷", 0, "≤ 0.5 later", []float64{each / plainEach})
	return nil
}

func (b *bench) viewersOf(c *child) (idle, each float64, err error) {
	if _, err := fetch(b.ctx, c.address, get("/readyz", c.address, "")); err != nil {
		return 0, 0, err
	}
	time.Sleep(2 * time.Second)
	if idle, err = c.resident(); err != nil {
		return 0, 0, err
	}
	request := get("/api/progress/stream", c.address, browserHeaders)
	for range *viewers {
		viewer, err := dial(b.ctx, c.address)
		if err != nil {
			return 0, 0, err
		}
		defer viewer.conn.Close()
		viewer.reader = nil
		if _, err := viewer.conn.Write(request); err != nil {
			return 0, 0, err
		}
		var first [2048]byte
		for seen := ""; !strings.Contains(seen, "data:"); {
			n, err := viewer.conn.Read(first[:])
			if err != nil {
				return 0, 0, err
			}
			seen += string(first[:n])
		}
	}
	time.Sleep(3 * time.Second)
	full, err := c.resident()
	return idle, (full - idle) / float64(*viewers), err
}
