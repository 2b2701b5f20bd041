package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/models"
)

func TestMailThatWaitsIsListedWithoutAnAddressAndTriedAgainByItsKey(t *testing.T) {
	e := env{"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "books.db")}
	if status, _, errs := appeal(t, e, "migrate"); status != done {
		t.Fatal(errs)
	}
	store, err := models.Connect(t.Context(), models.Options{URL: e["DATABASE_URL"], Slug: "corruption-project", Currency: "usd"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := store.OpenBooks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.RequestNewsletter(t.Context(), "canary@example.org"); err != nil {
		t.Fatal(err)
	}
	status, out, errs := appeal(t, e, "mail", "list", "--state", "queued")
	if status != done || !strings.Contains(out, "queued   1\n") || !strings.Contains(out, ":newsletter_confirm") || strings.Contains(out+errs, "canary") {
		t.Errorf("status %d:\n%s%s", status, out, errs)
	}
	for _, wrong := range []struct {
		args   []string
		status int
	}{
		{[]string{"retry"}, misused},
		{[]string{"retry", "x", "--all-failed"}, misused},
		{[]string{"retry", "unknown"}, failed},
		{[]string{"release"}, misused},
		{[]string{"list", "--state", "lost"}, misused},
		{[]string{"list", "--most", "0"}, misused},
		{[]string{"retry", "--all-failed"}, done},
		{[]string{"release", "--held"}, done},
	} {
		if status, _, errs := appeal(t, e, append([]string{"mail"}, wrong.args...)...); status != wrong.status {
			t.Errorf("%v: status %d: %s", wrong.args, status, errs)
		}
	}
}
