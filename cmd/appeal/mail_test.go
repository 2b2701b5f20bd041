package main

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/mailtest"
)

func TestCheckGoesToTheMailServerAndSendsNothing(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.setUp(t)
	server := mailtest.New(t, mailtest.Options{User: "relay", Password: "canary"})
	says := func(env env, status int, line string) {
		t.Helper()
		got, out, errs := appeal(t, env, "check")
		if got != status || !strings.Contains(out, "mail:              "+line) || strings.Contains(out+errs, "canary") {
			t.Errorf("check: status %d, want %d and %q:\n%s%s", got, status, line, out, errs)
		}
	}
	with := func(url string) env {
		e := maps.Clone(a.env)
		e["SMTP_URL"], e["MAIL_FROM"] = url, "Newsroom <giving@newsroom.org>"
		return e
	}
	address := fmt.Sprintf("127.0.0.1:%d", server.Port())

	says(a.env, done, "warning: SMTP_URL is not set")
	says(with("smtp://relay:canary@"+address), done, "ok ("+address+"; whether mail arrives depends on SPF, DKIM and DMARC")
	says(with("smtp://relay:canary2@"+address), failed, address+" took neither user nor password: correct them in SMTP_URL")
	says(with("smtp://relay:canary@"+address+"?tls=canary"), misused, "not tried: SMTP_URL and MAIL_FROM come first")
	server.Set(mailtest.Busy)
	says(with("smtp://relay:canary@"+address), failed, address+": the mail server refused connecting: 421")
	if got := server.Mails(); len(got) > 0 {
		t.Errorf("%d mails were sent", len(got))
	}
}
