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
		"//elsewhere.example/finance/audit", "////elsewhere.example", "https:/elsewhere.example", "https:elsewhere.example/finance", "HTTPS://elsewhere.example",
		"//user@elsewhere.example/finance", "https://give.example.org@elsewhere.example/finance", "https://give.example.org:443\\@elsewhere.example",
		`\\elsewhere.example\finance`, `/finance\..\..\elsewhere.example`, "/\t/elsewhere.example", "/\n/elsewhere.example", " //elsewhere.example", "\u2028//elsewhere.example",
		"data:text/html,x", "JaVaScRiPt:alert(1)//finance", "vbscript:x", "blob:https://elsewhere.example/x", "file:///finance", "?next=//elsewhere.example",
		"#//elsewhere.example", "/finance/..;/donate", "/finance/./../donate", "//%65lsewhere.example/finance", "/%2felsewhere.example", "/%5celsewhere.example", "%2f%2felsewhere.example",
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
