package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestRebuildingSaysWhatWasWrongAndWhatIsWrongStill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	e := env{"DATABASE_URL": "sqlite:" + path}
	storetest.PaidOut(t, storetest.OpenWith(t, models.Options{URL: e["DATABASE_URL"], Slug: "corruption-project", Now: (&storetest.Clock{}).Now}), 0)
	conn, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct {
		how, args string
		status    int
		says      []string
	}{
		{"", "totals --rebuild", done, []string{"Every figure was right; nothing was changed.\n", "= Raised  $30.00"}},
		{
			"UPDATE progress_changes SET gross = gross + 100; UPDATE donations SET status = 'started'", "totals --rebuild", done,
			[]string{"was wrong  I8 (a gift's state is the fold of its facts): don_", "was wrong  I13 (the public figures", "Put right: 1 gift, the public figures.\n", "= Raised  $30.00"},
		},
		{"", "verify", done, []string{"ok: "}},
		{
			"UPDATE progress_changes SET gross = gross + 100", "totals --rebuild --json", done,
			[]string{`{"currency":"usd","raised":3000,`, "Put right: the public figures.\n"},
		},
		{
			// Facts that the journal has otherwise: no reckoning mends that.
			"UPDATE facts SET amount = amount + 1 WHERE kind = 'refund'", "totals --rebuild", failed,
			[]string{"Put right: 1 gift, 1 figure of a day.\n", "I8 (a gift's figures are those of its postings): don_"},
		},
	} {
		for statement := range strings.SplitSeq(c.how, "; ") {
			if _, err := conn.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		status, out, errs := appeal(t, e, strings.Fields(c.args)...)
		if status != c.status {
			t.Errorf("%s: %s: status %d, %s%s", c.how, c.args, status, out, errs)
		}
		if strings.Contains(c.args, "--json") && (strings.Count(out, "\n") != 1 || !strings.HasPrefix(out, "{")) {
			t.Errorf("%s prints more than JSON: %s", c.args, out)
		}
		for _, says := range c.says {
			if !strings.Contains(out+errs, says) {
				t.Errorf("%s: %s does not say %q: %s%s", c.how, c.args, says, out, errs)
			}
		}
	}
}
