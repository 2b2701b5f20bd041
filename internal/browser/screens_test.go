package browser

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// TestScreens writes a picture of every page in every state, for people to look
// at:
//
//	go test -run TestScreens -screens DIR
//
// They are as tall as the page. screenshot.png, for the README, is one window.
func TestScreens(t *testing.T) {
	if *screens == "" {
		return // nobody asked for pictures
	}
	if err := os.MkdirAll(*screens, 0o755); err != nil {
		t.Fatal(err)
	}
	phone, desk := look{width: 360, height: 740}, look{width: 1280, height: 1000}
	inDark := func(as look) look { as.dark = true; return as }

	for _, s := range stages() {
		reader := s.set(t).tab(desk)
		reader.shoot("campaign, "+s.name, (*tab).arriveAtCampaign, phone, desk)
	}
	for afternoon, pages := range map[*demo][]visit{runDemo(t): visits, bankDebits.set(t): fates} {
		reader := afternoon.tab(desk)
		for _, visit := range pages {
			reader.shoot(visit.name, visit.arrive, phone, inDark(desk))
		}
	}
	filled := runDemo(t, "--sample", strconv.Itoa(*sample))
	reader := filled.tab(desk)
	reader.shoot("campaign", (*tab).arriveAtCampaign, phone, inDark(phone), desk, inDark(desk))
	for _, query := range []string{"v=standard", "v=letter", "v=ticker", "v=standard&theme=dark", "v=ticker&theme=dark", "how=frame", "how=badge"} {
		reader.shoot("article, "+query, func(t *tab) {
			t.open("/demo/article?" + query)
			if !strings.HasPrefix(query, "how") {
				t.awaitAppeal()
			}
		}, phone, desk)
	}
	staff := filled.tab(desk)
	staff.signIn("/finance")
	for _, room := range rooms {
		staff.shoot("finance, "+room, func(t *tab) { t.open(room) }, phone, desk, inDark(desk))
	}
	staff.shoot("finance, one gift", (*tab).openAGift, phone, desk, inDark(desk))
	reader.open("/")
	reader.look(look{width: 1280, height: 800})
	reader.settle()
	reader.save("screenshot", false)
	for _, drawn := range []string{"/share.png", "/progress.png?w=600&scale=2", "/progress.png?w=320&scale=2&theme=dark"} {
		reader.keep(drawn)
	}
}

// keep writes a picture that the site itself draws.
func (t *tab) keep(path string) {
	t.Helper()
	encoded := ask[string](t, `(async () => {
		const bytes = new Uint8Array(await (await fetch(`+quoted(path)+`)).arrayBuffer());
		let text = "";
		for (const b of bytes) text += String.fromCharCode(b);
		return btoa(text);
	})()`)
	picture, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	t.write(fileName(strings.ReplaceAll(path, ".png", ""))+".png", picture)
}

func (t *tab) arriveAtCampaign() {
	t.Helper()
	t.open("/")
}

// shoot arrives at a page once, and takes its picture in several looks.
func (t *tab) shoot(name string, arrive func(*tab), looks ...look) {
	t.Helper()
	t.look(look{})
	arrive(t)
	for _, as := range looks {
		t.look(as)
		t.settle()
		scheme := "light"
		if as.dark {
			scheme = "dark"
		}
		t.save(fmt.Sprintf("%s-%d-%s", fileName(name), as.width, scheme), true)
	}
}

// save takes a picture of the window, or of the whole page. Whole pages are
// many and large: WebP keeps them to a third.
func (t *tab) save(name string, whole bool) {
	t.Helper()
	shot := page.CaptureScreenshotParams{CaptureBeyondViewport: &whole}
	if whole {
		shot.Format = page.CaptureScreenshotFormatWebp
		name += ".webp"
	} else {
		name += ".png"
	}
	t.write(name, send(t, page.CaptureScreenshot, shot).Data)
}

func (t *tab) write(name string, picture []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(*screens, name), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// fileName makes a file's name of a title.
func fileName(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words, "-")
}
