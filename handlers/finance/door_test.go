package finance

import "testing"

func TestWhoSignedInIsLedToARoomAndNowhereElse(t *testing.T) {
	for typed, want := range map[string]string{
		"/finance": "/finance", "/finance/audit?before=act_1": "/finance/audit?before=act_1", "/finance/donations/don_1": "/finance/donations/don_1",
		"/finance/a%2Fb?x=%0A": "/finance/a%2Fb?x=%0A",
	} {
		if got := ownPath(typed); got != want {
			t.Errorf("%q leads to %q, want %q", typed, got, want)
		}
	}
	for _, typed := range []string{
		"", "https://elsewhere.example/finance", "//elsewhere.example/finance", `/\elsewhere.example`, "/", "/financed", "/finance/../donate", "finance",
		"javascript:alert(1)", loginPath, "/finance/logout", "/finance/welcome/x", "\t//elsewhere.example", "/finance@elsewhere.example",
		"/finance/%2e%2e/donate", "///elsewhere.example/finance", "/finance\r\nSet-Cookie: a=b",
	} {
		if got := ownPath(typed); got != "/finance" {
			t.Errorf("%q leads to %q", typed, got)
		}
	}
}

func TestAnAddressIsMaskedWhereverItStands(t *testing.T) {
	for text, want := range map[string]string{
		"reader@example.org": "r…@e…", "of Reader.Name+tag@mail.example.co.uk, twice": "of R…@m… twice", "<a@b>": "<a…@b…>",
		"viewer → finance": "viewer → finance", "": "", "command line": "command line",
	} {
		if got := masked(text); got != want {
			t.Errorf("%q is masked as %q, want %q", text, got, want)
		}
	}
}
