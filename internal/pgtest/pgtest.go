// Package pgtest gives tests a real PostgreSQL: the server at
// TEST_DATABASE_URL, or else a throw-away cluster made from the installed
// binaries, gone when the tests are.
//
// It refuses to pretend: where neither is to be had, a test that needs it
// fails and says what to install.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver the product uses
)

// cluster is this process's own server, started on first use.
var cluster struct {
	once sync.Once
	url  string
	stop func()
	err  error
}

// Main runs the tests of a package and then stops the cluster, if one was
// started. Call it from TestMain: os.Exit(pgtest.Main(m)).
func Main(m *testing.M) int {
	// Tests hold little and throw away much: looking for garbage as often as a
	// service does is a fifth of their time.
	debug.SetGCPercent(400)
	code := m.Run()
	if cluster.stop != nil {
		cluster.stop()
	}
	return code
}

// URL returns the address of an empty schema of this test's own, dropped when
// the test ends.
func URL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("TEST_DATABASE_URL")
	if base == "" {
		cluster.once.Do(func() { cluster.url, cluster.stop, cluster.err = Start() })
		if cluster.err != nil {
			t.Fatalf("no PostgreSQL to test with: %v\nset TEST_DATABASE_URL, or install it: apt-get install postgresql", cluster.err)
		}
		base = cluster.url
	}
	schema := "t" + strings.ToLower(rand.Text())
	if err := execute(base, "CREATE SCHEMA "+schema); err != nil {
		t.Fatalf("make a schema: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(base, "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			t.Errorf("drop the schema: %v", err)
		}
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("TEST_DATABASE_URL is no address: %v", err)
	}
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}

func execute(address, statement string) error {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(context.Background(), statement)
	return errors.Join(err, db.Close())
}

// Start makes a cluster in a folder of its own that listens on a socket there
// and nowhere else. stop ends it and removes the folder.
func Start() (address string, stop func(), err error) {
	bin, err := binaries()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "appeal-pg")
	if err != nil {
		return "", nil, err
	}
	remove := func() {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, "pgtest: remove the cluster:", err)
		}
	}
	defer func() {
		if err != nil {
			remove()
		}
	}()
	owner, err := ownerOf(dir)
	if err != nil {
		return "", nil, err
	}
	data := filepath.Join(dir, "data")
	if err := run(owner, filepath.Join(bin, "initdb"), "-D", data, "-U", "appeal", "--auth=trust", "--encoding=UTF8", "--no-sync"); err != nil {
		return "", nil, err
	}
	control := filepath.Join(bin, "pg_ctl")
	// Nothing here outlives the tests, so nothing need reach the disk.
	settings := fmt.Sprintf("-k %s -c listen_addresses='' -c max_connections=300 -c shared_buffers=64MB -c fsync=off -c full_page_writes=off", dir)
	if err := run(owner, control, "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", settings, "start"); err != nil {
		return "", nil, err
	}
	stop = func() {
		if err := run(owner, control, "-D", data, "-m", "immediate", "stop"); err != nil {
			fmt.Fprintln(os.Stderr, "pgtest: stop the cluster:", err)
		}
		remove()
	}
	return "postgres://appeal@/postgres?host=" + url.QueryEscape(dir), stop, nil
}

// binaries finds the newest installed server: on the path, or where Debian
// keeps it.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New("no initdb in the path nor in /usr/lib/postgresql")
	}
	sort.Strings(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// ownerOf gives the folder to a user that initdb accepts: it refuses root.
func ownerOf(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2, os.Chown(dir, int(uid), int(gid))); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("initdb refuses root, and there is no user postgres or nobody")
}

func run(as *syscall.Credential, name string, args ...string) error {
	cmd := exec.CommandContext(context.Background(), name, args...) //nolint:gosec // the server's own programs, found above
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	// The server inherits standard output where a pipe would keep this waiting
	// for its end, so what it prints goes to a file.
	out, err := os.CreateTemp("", "pgtest")
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = out, out
	err = cmd.Run()
	printed, readErr := os.ReadFile(out.Name())
	err = errors.Join(err, readErr, out.Close(), os.Remove(out.Name()))
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, printed)
	}
	return nil
}
