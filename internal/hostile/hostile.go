// Package hostile is what strangers type to break what shows it: sixty texts
// that tests put through every field, in every place where a text comes out
// again: page, mail, PDF and spreadsheet.
//
// It refuses to say what harm a text does where. A test asks instead that the
// text is shown as typed, and that nothing is run, opened or added.
package hostile

import "strings"

// Payload is one hostile text.
type Payload struct {
	Name string // a few words, for the message of a failing test
	Text string // valid UTF-8, of at most 80 characters unless its name says long
}

// Marker stands in every payload that would run a script or add a header, so
// that a test can look for what came of it.
const Marker = "pwned"

// Payloads are all of them, always in this order.
func Payloads() []Payload {
	var all []Payload
	for _, group := range [][]Payload{markup, addresses, headers, characters, languages} {
		all = append(all, group...)
	}
	return all
}

// markup breaks out of text, attributes and elements of HTML and SVG.
var markup = []Payload{
	{"script", `<script>alert("pwned")</script>`},
	{"script in capitals", `<SCRIPT>alert('pwned')</SCRIPT>`},
	{"script after a comment", `--><script>alert("pwned")</script>`},
	{"script after a title", `</title><script>alert("pwned")</script>`},
	{"script after a text field", `</textarea><script>alert("pwned")</script>`},
	{"script after a style", `</style><script>alert("pwned")</script>`},
	{"script after a script", `</script><script>alert("pwned")</script>`},
	{"script in CDATA", `]]><script>alert("pwned")</script>`},
	{"half a tag", `<img src=x onerror=alert("pwned") x=`},
	{"picture that fails", `<img src=x onerror="alert('pwned')">`},
	{"SVG that loads", `<svg/onload=alert("pwned")>`},
	{"details that open", `<details open ontoggle=alert("pwned")>`},
	{"frame", `<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>`},
	{"base address", `<base href="https://pwned.example/">`},
	{"redirect", `<meta http-equiv="refresh" content="0;url=//pwned.example">`},
	{"form", `<form action="https://pwned.example"><button>Confirm</button></form>`},
	{"style", `<style>*{background:url(//pwned.example)}</style>`},
	{"double quote", `" autofocus onfocus="alert('pwned')`},
	{"single quote", `' autofocus onfocus='alert("pwned")`},
	{"back quote", "` autofocus onfocus=`alert(\"pwned\")"},
	{"entities", `&lt;script&gt;alert(&quot;pwned&quot;)&lt;/script&gt;`},
	{"numeric entities", `&#60;script&#62;alert(1)//pwned`},
	{"escapes of JavaScript", `\u003cscript\u003ealert("pwned")\x3c/script\x3e`},
	{"end of a conditional comment", `<![endif]--><script>alert("pwned")</script>`},
}

// addresses pretend to be links.
var addresses = []Payload{
	{"script as an address", `javascript:alert("pwned")`},
	{"data as an address", `data:text/html,<script>alert("pwned")</script>`},
	{"a link in Markdown", `[Confirm](https://pwned.example)`},
	{"a link in HTML", `<a href="https://pwned.example">Confirm</a>`},
	{"another host", `//pwned.example/%2e%2e`},
	{"a path upwards", `../../../../etc/passwd`},
}

// headers would be lines of their own in a mail or an answer.
var headers = []Payload{
	{"a header", "Jo\r\nBcc: pwned@example.net"},
	{"a header after a bare newline", "Jo\nBcc: pwned@example.net"},
	{"a header after a bare return", "Jo\rBcc: pwned@example.net"},
	{"a header, folded", "Jo\r\n \r\nBcc: pwned@example.net"},
	{"a body", "Jo\r\n\r\n<script>alert('pwned')</script>"},
	{"the end of the message", "Jo\r\n.\r\nMAIL FROM:<pwned@example.net>"},
	{"a header, percent-encoded", "Jo%0d%0aBcc:%20pwned@example.net"},
	{"an encoded word", "=?utf-8?q?Jo=0D=0ABcc:_pwned@example.net?="},
	{"a header after a line separator", "Jo\u2028Bcc: pwned@example.net"},
	{"a header after a next line", "Jo\u0085Bcc: pwned@example.net"},
	{"another address", `Jo" <pwned@example.net>, "`},
	{"a boundary", "Jo\r\n--boundary\r\nContent-Type: text/html\r\n\r\npwned"},
}

// characters are no harm but to whoever counts, sorts or draws them.
var characters = []Payload{
	{"NUL", "Jo\x00Doe"},
	{"an escape sequence", "Jo\x1b[2J\x1b[31mDoe"},
	{"backspaces", "Jo\b\b\bDoe"},
	{"right to left", "Jo\u202eeoD\u202c"},
	{"nothing one can see", "\u200b\u200d\ufeff"},
	{"many accents", "Z" + strings.Repeat("\u0301", 40) + "o"},
	{"emoji", "👩\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈"},
	{"Arabic, Hebrew and Chinese", "محمد דוד 李小龍"},
	{"the replacement character", "Jo\ufffd\ufffdDoe"},
	{"a long word", strings.Repeat("W", 500)},
}

// languages are those of databases, spreadsheets, templates, PDF and shells.
var languages = []Payload{
	{"SQL", `Robert'); DROP TABLE donations;--`},
	{"a formula", `=HYPERLINK("https://pwned.example","Confirm")`},
	{"a command in a formula", `@SUM(1+1)*cmd|' /C calc'!A0`},
	{"a template of Go", `{{.Donation.Token}}{{printf "%s" .}}`},
	{"a template of JavaScript", `${alert("pwned")}#{7*7}`},
	{"verbs of a format", `%s%d%n%!v(MISSING)`},
	{"the end of a text in a PDF", `) Tj ET Q /OpenAction <</S/JavaScript/JS(app.alert("pwned"))>> (`},
	{"a shell", "$(touch /tmp/pwned)`id`;|"},
}
