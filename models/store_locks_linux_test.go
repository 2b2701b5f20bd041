package models_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/corruptionproject/appeal/internal/storetest"
)

// SQLite's locks are those of the process, and gone as soon as anything in it
// closes the file. Another program, an older sqlite3, say, would then take itself
// for the last at the file, and remove the log that the service goes on writing to.
func TestASecondStoreOfAProcessLeavesTheLocksOfTheFirst(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "appeal.db")
	storetest.Open(t, "sqlite:"+path, &storetest.Clock{})
	storetest.Open(t, "sqlite:"+path, &storetest.Clock{})

	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Where readers of a database hold it (https://www.sqlite.org/src/file?name=src/os.h, SHARED_FIRST).
	asked := unix.Flock_t{Type: unix.F_WRLCK, Start: 0x40000000 + 2, Len: 510}
	err = unix.FcntlFlock(file.Fd(), unix.F_OFD_GETLK, &asked)
	if err != nil {
		t.Fatal(err)
	}
	if asked.Type != unix.F_RDLCK {
		t.Errorf("the file is not held any more: %+v", asked)
	}
	if err := file.Close(); err != nil { // asked for the last time
		t.Fatal(err)
	}
}
