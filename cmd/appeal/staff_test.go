package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/password"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// typing puts a text where passwords come from.
func typing(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "typed")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	before := keyboard
	keyboard = file
	t.Cleanup(func() {
		keyboard = before
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestWhoRunsTheServiceSaysWhoMayEnter(t *testing.T) {
	url := storetest.InMemory(t)
	store := storetest.Open(t, url, &storetest.Clock{})
	e := env{"DATABASE_URL": url}
	expect := func(typed string, status int, says string, args ...string) {
		t.Helper()
		typing(t, typed)
		got, out, errs := appeal(t, e, append([]string{"staff"}, args...)...)
		if got != status || !strings.Contains(out+errs, says) {
			t.Errorf("appeal staff %v: status %d, %s%s", args, got, out, errs)
		}
	}
	opens := func(typed string, want bool) {
		t.Helper()
		who, err := store.FindStaff(t.Context(), "clerk@example.org")
		if err != nil {
			t.Fatal(err)
		}
		if good, err := password.Matches(t.Context(), password.Stranger, who.PasswordHash, typed); good != want || err != nil {
			t.Errorf("%q opens it: %v, %v", typed, good, err)
		}
	}
	const first, second = "kettle orbit walnut", " walnut orbit kettle "
	add := []string{"add", "Clerk@example.org", "--role", "finance", "--password-stdin"}

	expect("", done, "appeal staff add EMAIL --role admin", "list")
	expect("short\n", failed, "at least 15 characters", add...)
	expect("motherjones2026!\n", failed, "too easy to guess", add...)
	expect("", failed, "at least 15 characters", add...)
	expect(first+"\n", misused, "no e-mail address", "add", "clerk", "--role", "finance", "--password-stdin")
	expect(first+"\n", misused, "none of viewer, finance and admin", "add", "clerk@example.org", "--role", "owner", "--password-stdin")
	expect(first+"\n", misused, "--password-stdin", "add", "clerk@example.org", "--role", "finance") // a file is no terminal
	expect(first+"\n", done, "clerk@example.org may sign in at /finance as finance", add...)
	opens(first, true)
	expect(first+"\n", failed, "is on the staff already, as finance", add...)
	expect(second+"\r\nanother line\n", done, "another password", "password", "clerk@example.org", "--password-stdin")
	opens(first, false)
	opens(second, true) // every byte of the line counts
	expect("", failed, "nobody on the staff", "password", "nobody@example.org", "--password-stdin")
	expect("", failed, "nobody on the staff", "disable", "nobody@example.org")
	expect("", done, "is disabled", "disable", "clerk@example.org")
	expect("", done, "disabled", "list")
	expect(first, failed, "appeal staff add clerk@example.org", "password", "clerk@example.org", "--password-stdin")
	expect(first, done, "as viewer", "add", "clerk@example.org", "--role", "viewer", "--password-stdin")
	opens(first, true)
	typing(t, "")
	if _, out, _ := appeal(t, e, "staff", "list"); !regexp.MustCompile(`clerk@example\.org +viewer +active +none +\d{4}-\d\d-\d\d`).MatchString(out) {
		t.Errorf("the list is\n%s", out)
	}
	acts, err := store.ListAudit(t.Context(), models.AuditQuery{}, 100)
	if err != nil || len(acts) != 6 {
		t.Errorf("%d acts, %v", len(acts), err)
	}
	for _, act := range acts {
		if act.Who != models.Operator {
			t.Errorf("%s did %s", act.Who, act.Act)
		}
	}
}
