package browser

import (
	"bytes"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// captured is where keep puts a mail.
const captured = "/demo/mail/00000001"

// capture leaves a mail of this HTML where the demo keeps its own.
func (d *demo) capture(t *testing.T, page []byte) {
	t.Helper()
	var mail bytes.Buffer
	mail.WriteString("Date: Wed, 04 Mar 2026 12:00:00 +0000\r\nFrom: <giving@newsroom.example>\r\nTo: <reader@example.org>\r\nSubject: Receipt\r\n" +
		"Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	body := quotedprintable.NewWriter(&mail)
	if _, err := body.Write(page); err != nil {
		t.Fatal(err)
	}
	if err := body.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.data, "mail", filepath.Base(captured)+".eml"), mail.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestALetterIsReadableOnAPhoneAndAtNight(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "mail", "testdata", "letter.html"))
	if err != nil {
		t.Fatal(err)
	}
	d := runDemo(t)
	d.capture(t, page)
	reader := d.tab(look{})
	reader.expected = []string{"Blocked script execution"} // the one that watches for broken policies
	// As a page of its own: where the demo shows it nothing runs, axe included.
	// An inbox, too, has it inside a landmark.
	shown := strings.Replace(string(page), "<table", "<main><table", 1)
	shown = strings.Replace(shown, "</body>", "</main></body>", 1)
	reader.visit("about:blank")
	ask[chromedp.Void](reader, "document.open(), document.write("+quoted(shown)+"), document.close()")
	reader.expectGoodInEveryLook("the letter")
	reader.open(captured)
	for _, as := range []look{{width: 320, height: 740}, {width: 1280, height: 900, dark: true}} {
		reader.look(as)
		reader.expectFits("a captured mail")
	}
}

func TestAMailsLinksWorkInItsFrameAndOutside(t *testing.T) {
	d := runDemo(t)
	d.capture(t, []byte(`<html lang="en"><head><title>Receipt</title></head><body style="margin:0">`+
		`<a href="`+d.site+`/embed" style="display:block;height:640px">View it</a></body></html>`))
	reader := d.tab(look{width: 360, height: 740})
	reader.expected = []string{"Blocked script execution"}
	reader.open(captured)
	reader.clickFrame()
	reader.awaitPage("/embed")

	plain := d.tab(look{noScript: true})
	plain.open(captured)
	plain.click("main .links a")
	plain.awaitPage("/embed")
}

// clickFrame presses the middle of a sandboxed frame, again until it has been
// painted and takes it: nothing can be asked of it.
func (t *tab) clickFrame() {
	t.Helper()
	type point struct{ X, Y float64 }
	at := ask[point](t, `(() => {
		const e = document.querySelector("iframe");
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const box = e.getBoundingClientRect();
		return { X: box.x + box.width / 2, Y: box.y + box.height / 2 };
	})()`)
	t.settle()
	before := t.at()
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	for range 30 {
		t.do(chromedp.MouseClickXY(at.X, at.Y))
		<-again.C
		if t.at() != before {
			return
		}
	}
	t.Fatal("the link in the frame leads nowhere")
}
