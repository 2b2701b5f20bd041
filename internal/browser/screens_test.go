package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// TestScreens writes pictures of the pages for people to look at:
//
//	go test -run TestScreens -screens DIR
//
// They are as tall as the page, and drawn at twice its size; screenshot.png,
// for the README, is one window at its own size.
func TestScreens(t *testing.T) {
	if *screens == "" {
		return // nobody asked for pictures
	}
	if err := os.MkdirAll(*screens, 0o755); err != nil {
		t.Fatal(err)
	}
	phone, desk := look{width: 360, height: 740, scale: 2}, look{width: 1280, height: 1000, scale: 2}
	inDark := func(as look) look { as.dark = true; return as }

	d := runDemo(t)
	reader := d.tab(desk)
	reader.shoot("campaign-empty", (*tab).arriveAtCampaign, phone, desk)
	reader.shoot("campaign-monthly", (*tab).arriveAtMonthly, phone, inDark(phone), desk)
	reader.shoot("error", (*tab).arriveAtError, phone, desk)
	reader.shoot("newsletter-error", (*tab).arriveAtNoAddress, phone, desk)
	reader.shoot("newsletter-confirm", func(t *tab) {
		t.fill("#email", "reader@example.org")
		t.click(".signup button")
		t.awaitSays("h1", "Check your inbox")
		t.open("/demo/mail")
		t.click(".mail a")
		t.awaitPage("/newsletter/confirm/")
	}, phone, inDark(desk))
	reader.shoot("thanks", func(t *tab) { t.give("50") }, phone, inDark(phone), desk)
	reader.shoot("thanks-monthly", (*tab).giveMonthly, phone, desk)

	filled := runDemo(t, "--sample", strconv.Itoa(*sample))
	reader = filled.tab(desk)
	reader.shoot("campaign", (*tab).arriveAtCampaign, phone, inDark(phone), desk, inDark(desk))
	reader.look(look{width: 1280, height: 800})
	reader.settle()
	reader.save("screenshot", false)
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
		t.save(fmt.Sprintf("%s-%d-%s", name, as.width, scheme), true)
	}
}

func (t *tab) save(name string, whole bool) {
	t.Helper()
	picture := send(t, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
	if err := os.WriteFile(filepath.Join(*screens, name+".png"), picture.Data, 0o644); err != nil {
		t.Fatal(err)
	}
}
