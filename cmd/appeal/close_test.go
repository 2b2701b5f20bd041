package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestClosingSaysWhatKeepsItFromBeingDone(t *testing.T) {
	t.Parallel()
	e := env{"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "a.db")}
	if status, _, errs := appeal(t, e, "migrate"); status != done {
		t.Fatal(errs)
	}
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"", done, "No day is closed.\n"},
		{"--through 2025-11-30", failed, "hinders  no sync has read Stripe since these days ended\n"},
		{"--through 2025-11-30", failed, "nothing was closed: settle first what hinders it"},
		{"--through 2025-11-30 --look", done, "Nothing was closed: this is a look.\n"},
		{"--through 2999-11-30 --anyway", misused, "--through 2999-11-30 is not over in America/Los_Angeles"},
		{"--through soon", misused, `--through "soon" is no date like 2027-06-30`},
		{"--anyway", misused, "--look and --anyway go with --through"},
		{"--from 2025-11-01", misused, "--from and --reason go with --reopen"},
		{"--reopen", misused, "--reopen needs --from"},
		{"--reopen --from 2025-11-01 --reason Why", failed, "2025-11-01 is not closed"},
		{"--through 2025-11-30 --anyway", done, "Closed through 2025-11-30."},
		{"--through 2025-11-30 --anyway", failed, "2025-11-30 is closed already"},
		{"--reopen --from 2025-11-01", misused, "--reason says why"},
		{"--reopen --from 2025-11-01 --reason Early", done, "Open again from 2025-11-01; closed through 2025-10-31."},
		{"", done, "opened again, closed through 2025-10-31 by command line: Early\n"},
	} {
		status, out, errs := appeal(t, e, append([]string{"close"}, strings.Fields(c.args)...)...)
		if status != c.status || !strings.Contains(out+errs, c.says) {
			t.Errorf("appeal close %s: status %d, %s%s", c.args, status, out, errs)
		}
	}
}
