package browser

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// newsletterList is what `appeal export newsletter` says, without its header.
func (d *demo) newsletterList() string {
	d.Helper()
	command := exec.Command(appeal, "export", "newsletter")
	command.Env = []string{"DATABASE_URL=sqlite:" + filepath.Join(d.data, "appeal.db")}
	said, err := command.Output()
	if err != nil {
		d.Fatalf("appeal export newsletter: %v", err)
	}
	_, rows, _ := strings.Cut(string(said), "\r\n")
	return rows
}

func TestSigningUpForTheNewsletter(t *testing.T) {
	d := runDemo(t)
	for name, as := range map[string]look{
		"with-script": {}, "without-script": {noScript: true, width: 360, height: 740}, "by-a-dark-phone": {dark: true, width: 360, height: 740},
	} {
		t.Run(name, func(t *testing.T) {
			email := name + "@example.org"
			reader := d.tab(as)
			reader.TB = t
			reader.open("/")
			reader.fill("#email", email)
			reader.click(".signup button")
			reader.awaitSays("h1", "Check your inbox to confirm.")
			reader.openMail("Confirm the weekly newsletter", email)
			reader.click("main .links a")
			reader.awaitPage("/newsletter/confirm/")
			if list := d.newsletterList(); strings.Contains(list, email) {
				t.Errorf("following the link confirmed it: %s", list)
			}
			reader.click("main form button")
			reader.awaitSays("h1", "You’re on the list.")
			if list := d.newsletterList(); strings.Count(list, email) != 1 {
				t.Errorf("the list is %s", list)
			}
		})
	}
}

func TestAnAddressToMendIsKeptAndFoundByTheKeyboard(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{width: 360, height: 740})
	reader.open("/")
	reader.tabTo("#email")
	reader.fill("#email", "not an address")
	reader.enter()
	reader.awaitSays(".summary", "There is a problem")
	reader.await("the summary to have the focus", "document.activeElement.matches('.summary')")
	reader.tabTo(".summary a")
	reader.enter()
	reader.await("the summary's link to lead to the field", "document.activeElement.id === 'email'")
	if kept := ask[string](reader, "document.activeElement.value"); kept != "not an address" {
		t.Errorf("the field holds %q", kept)
	}
	reader.fill("#email", "reader@example.org")
	reader.press(kb.Tab)
	reader.enter()
	reader.awaitSays("h1", "Check your inbox to confirm.")
}

func TestANewsletterTickedBesideAGiftOrAskedForAfterwards(t *testing.T) {
	d := runDemo(t)
	reader := d.tab(look{})
	reader.open("/")
	if ask[bool](reader, "document.querySelector('#newsletter').checked") {
		t.Error("the box is ticked by itself")
	}
	reader.click("label[for=newsletter]")
	reader.submit()
	reader.pay("succeeds")
	reader.awaitConfirmed("$50")
	if ask[bool](reader, "Boolean(document.querySelector('.signup'))") {
		t.Error("who has asked is asked again")
	}
	const asked = "[...document.querySelectorAll('.mail h2')].filter((h) => h.textContent.includes('Confirm')).length"
	reader.openMail("Confirm the weekly newsletter", "@")
	reader.open("/demo/mail")
	if got := ask[int](reader, asked); got != 1 {
		t.Errorf("%d mails ask to confirm", got)
	}
	reader.give("100")
	reader.fill("#email", "later@example.org")
	reader.click(".signup button")
	reader.awaitSays("h1", "Check your inbox to confirm.")
	reader.openMail("Confirm the weekly newsletter", "later@example.org")
	reader.open("/demo/mail")
	if got := ask[int](reader, asked); got != 2 {
		t.Errorf("%d mails ask to confirm", got)
	}
}

// openMail waits until the demo has captured a mail of a subject to an address,
// and opens it.
func (t *tab) openMail(subject, to string) {
	t.Helper()
	find := `fetch('/demo/mail').then((answer) => answer.text()).then((page) =>
		[...new DOMParser().parseFromString(page, 'text/html').querySelectorAll('.mail')]
			.find((mail) => mail.querySelector('h2').textContent.includes(` + quoted(subject) + `) && mail.querySelector('.meta').textContent.includes(` + quoted(to) + `))
			?.querySelector('a').getAttribute('href') ?? '')`
	t.await("the mail "+subject, find)
	t.open(ask[string](t, find))
}
