package handlers

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// everyPage is each page in each of its states.
func everyPage(v *views, c models.Campaign) map[string]func() ([]byte, error) {
	now, p := june18(c), onTheWay(c)
	pages := map[string]func() ([]byte, error){
		"campaign": func() ([]byte, error) {
			return v.campaign(p, now, campaignState{Form: prefilled(url.Values{}, c)})
		},
		"campaign without gifts": func() ([]byte, error) {
			return v.campaign(models.Progress{}, now, campaignState{Form: prefilled(url.Values{}, c)})
		},
		"campaign ended": func() ([]byte, error) {
			return v.campaign(p, now.AddDate(0, 1, 0), campaignState{})
		},
		"campaign to mend": func() ([]byte, error) {
			_, problems := donateForm{}.choices(c)
			return v.campaign(p, now, campaignState{Form: donateForm{}.keyed(), Problems: problems})
		},
		"cancelled": func() ([]byte, error) {
			return v.campaign(p, now, campaignState{Form: donateForm{}.keyed(), Notice: cancelledNotice})
		},
		"newsletter asked":   func() ([]byte, error) { return v.newsletter(newsletterState{Step: newsletterAsked}) },
		"newsletter confirm": func() ([]byte, error) { return v.newsletter(newsletterState{Step: newsletterConfirm}) },
		"newsletter list":    func() ([]byte, error) { return v.newsletter(newsletterState{Step: newsletterConfirmed}) },
		"newsletter gone":    func() ([]byte, error) { return v.newsletter(newsletterState{Step: newsletterLinkGone}) },
		"newsletter to mend": func() ([]byte, error) {
			return v.newsletter(newsletterState{Form: newsletterForm{"reader"}, Problem: newsletterForm{"reader"}.problem()})
		},
		"captured mail": func() ([]byte, error) { return v.captured([]mail.Captured{receiptMail}, now) },
		"receipt": func() ([]byte, error) {
			return v.receipt(receipt.Of(c, receiptOf(c), now), "/receipts/R.pdf", "")
		},
		"receipt that another replaced": func() ([]byte, error) {
			d := receiptOf(c)
			d.Newest.ID, d.Newest.Kind = "rcpt_2", models.VoidReceipt
			return v.receipt(receipt.Of(c, d, now), "/receipts/R.pdf", "/receipts/S")
		},
		"a captured mail":      func() ([]byte, error) { return v.message(receiptMail, now) },
		"no captured mail":     func() ([]byte, error) { return v.captured(nil, now) },
		"newsletter too often": func() ([]byte, error) { return v.newsletter(newsletterState{Notice: tooManyTries}) },
		"not open yet":         func() ([]byte, error) { return v.closed(c.Opens.AddDate(0, 0, -1)) },
		"closed":               func() ([]byte, error) { return v.closed(c.Deadline.AddDate(0, 0, 1)) },
	}
	for _, s := range []models.Status{
		models.Started, models.Processing, models.Received, models.Failed, models.Expired,
		models.Refunded, models.PartiallyRefunded, models.Disputed,
	} {
		pages["thanks "+string(s)] = func() ([]byte, error) {
			return v.thanks(given{Donation: paid(c, s), receipt: "/receipts/R", mailed: true}, p, now)
		}
		pages["thanks monthly "+string(s)] = func() ([]byte, error) { return v.thanks(given{Donation: monthlyGift(c, s)}, p, now) }
	}
	for name, draw := range managePages(v, c) {
		pages[name] = draw
	}
	for status := range wording {
		pages[http.StatusText(status)] = func() ([]byte, error) { return v.problem(status, "", "") }
	}
	return pages
}

// receiptMail is one as the demo keeps it.
var receiptMail = mail.Captured{
	ID: "00000001", To: "reader@example.org", Subject: "Receipt for your $50.00 gift", Header: []mail.Field{{Name: "To", Value: "reader@example.org"}},
	Text: "Thank you.\n", HTML: `<html><head></head><body style="color:red"><p>Thank you.</p><a href="https://give.example/receipts/A">View</a></body></html>`,
}

// The policy that pages are served under allows no inline style or script and
// nothing from elsewhere, so none may stand in them.
func TestPagesHoldNoInlineStyleOrScriptAndLoadNothingFromElsewhere(t *testing.T) {
	c := bothWays(t)
	for name, draw := range everyPage(sampleViews(t, c), c) {
		page, err := draw()
		d := parse(t, page, err)
		for n := range d.root.Descendants() {
			for _, a := range n.Attr {
				loads := a.Key == "src" || a.Key == "href" && n.Data == "link" && matches(n, "link[rel=canonical]") == matches(n, "link[rel=alternate]")
				switch {
				case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
					t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
				case loads && !strings.HasPrefix(a.Val, "/static/") && (n.Data != "iframe" || !strings.HasPrefix(a.Val, "/demo/mail/")):
					t.Errorf("%s: <%s> loads %s", name, n.Data, a.Val)
				case strings.Contains(a.Val, "ZgotmplZ"):
					t.Errorf("%s: <%s %s> was refused by the template", name, n.Data, a.Key)
				}
			}
			if n.Data == "style" || runs(n) && n.FirstChild != nil {
				t.Errorf("%s: an inline <%s>", name, n.Data)
			}
		}
	}
}

func TestEveryPageHasOneHeadingOneMainAndNoIdTwice(t *testing.T) {
	c := bothWays(t)
	for name, draw := range everyPage(sampleViews(t, c), c) {
		page, err := draw()
		d := parse(t, page, err)
		for _, one := range []string{"h1", "main", "header", "footer", "title", ".skip"} {
			if n := len(d.all(one)); n != 1 {
				t.Errorf("%s: %d of %s", name, n, one)
			}
		}
		ids := map[string]int{}
		for _, n := range d.all("[id]") {
			id, _ := attr(n, "id")
			if ids[id]++; ids[id] > 1 {
				t.Errorf("%s: id %s twice", name, id)
			}
		}
		for _, reference := range []string{"for", "aria-describedby", "aria-labelledby"} {
			for _, n := range d.all("[" + reference + "]") {
				named, _ := attr(n, reference)
				for _, id := range strings.Fields(named) {
					if ids[id] == 0 {
						t.Errorf("%s: %s=%q names nothing", name, reference, id)
					}
				}
			}
		}
	}
}

func TestRefusalsSayWhetherMoneyWasTakenAndTellNoSecrets(t *testing.T) {
	c := bothWays(t)
	v := sampleViews(t, c)
	for status := range wording {
		page, err := v.problem(status, "", "")
		d := parse(t, page, err)
		home := "/"
		if status == http.StatusMisdirectedRequest {
			home = "https://give.example.org/" // they reached us under another name
		}
		d.in("main a", hasAttr("href", home))
		said := textOf(d.all("main")[0])
		switch status {
		case http.StatusNotFound:
		case http.StatusInternalServerError:
			d.in("main", hasText("If you were paying"))
		default:
			if !strings.Contains(said, "You have not been charged") {
				t.Errorf("%d: %s", status, said)
			}
		}
	}
	page, err := v.closed(c.Deadline.AddDate(0, 0, 1))
	d := parse(t, page, err)
	d.in("h1", hasText("This campaign has ended"))
	d.in("main", hasText("It closed June 30"), hasText("You have not been charged."))
}

// Every page, in states that a test of the whole site would take long to reach,
// says what the campaign's own folder says.
func TestNoPageSpeaksOfAnotherCampaign(t *testing.T) {
	c, err := campaign.Load("../internal/campaign/testdata/rivertown")
	if err != nil {
		t.Fatal(err)
	}
	c.Newsletter = models.Newsletter{Name: "agenda of each meeting", Promise: "Two a month."}
	others := regexp.MustCompile(`(?i)corruption|mother jones|500,000|by july|example\.org"|501\(c\)|\breaders?\b[^"=@]|make a gift|questions\?`)
	for _, after := range []models.AfterDeadline{models.AcceptAfter, models.CloseAtDeadline} {
		c.AfterDeadline = after
		for name, draw := range everyPage(sampleViews(t, c), c) {
			page, err := draw()
			d := parse(t, page, err)
			if said := others.FindString(textOf(d.root)); said != "" {
				t.Errorf("%s, %s: %q", name, after, said)
			}
			d.in("header img", hasAttr("alt", "Rivertown Ledger"))
			d.in("footer", hasText("a public benefit corporation"))
		}
	}
}

// A page as sent, and all that a cold visit asks for.
func TestPagesKeepWithinTheirBudgets(t *testing.T) {
	c := bothWays(t)
	asks := regexp.MustCompile(`"(/static/[^"]+)"`)
	for name, draw := range everyPage(sampleViews(t, c), c) {
		page, err := draw()
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(page)
		_ = z.Close()
		if packed.Len() > 14<<10 {
			t.Errorf("%s: %d bytes packed", name, packed.Len())
		}
		files := map[string]bool{}
		for _, m := range asks.FindAllSubmatch(page, -1) {
			files[string(m[1])] = true
		}
		// The page, its files (both fonts among them) and the stream.
		if requests := 1 + len(files) + 1; requests > 8 {
			t.Errorf("%s: %d requests", name, requests)
		}
		if name == "campaign" {
			t.Logf("campaign: %d bytes, %d packed, %d files", len(page), packed.Len(), len(files))
		}
	}
}

// What readers type comes back to them as text, wherever it stands.
func TestHTMLInjection(t *testing.T) {
	c := bothWays(t)
	v := sampleViews(t, c)
	for _, evil := range []string{
		`"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`, `</textarea><svg/onload=alert(1)>`,
		`javascript:alert(1)`, "\x00<b>", `{{.Form}}`, `" autofocus onfocus="alert(1)`,
	} {
		values := url.Values{}
		for _, field := range []string{
			"frequency", "amount", "once_amount", "monthly_amount", "yearly_amount", "other_amount", "cover_fees", "newsletter",
			"comment", "tribute", "tribute_name", "src", "utm_source", "utm_medium", "utm_campaign", "utm_content", "form_key",
		} {
			values.Set(field, evil)
		}
		for _, drop := range []string{"", "amount", "once_amount"} {
			values.Del(drop)
			f := readDonateForm(values)
			_, problems := f.choices(c)
			posted, err := v.campaign(onTheWay(c), june18(c), campaignState{Form: f.keyed(), Problems: problems})
			checkHarmless(t, parse(t, posted, err), evil)
		}
		linked, err := v.campaign(onTheWay(c), june18(c), campaignState{Form: prefilled(values, c)})
		checkHarmless(t, parse(t, linked, err), evil)
		gift := paid(c, models.Received)
		gift.Comment, gift.TributeName, gift.Src = evil, evil, evil
		thanked, err := v.thanks(given{Donation: gift}, onTheWay(c), june18(c))
		checkHarmless(t, parse(t, thanked, err), evil)
	}
}

// runs reports whether an element is a script that a browser would run: what
// search engines read is data.
func runs(n *html.Node) bool {
	return n.Data == "script" && hasAttr("type", "application/ld+json")(n) != ""
}

func checkHarmless(t *testing.T, d doc, evil string) {
	t.Helper()
	scripts := slices.DeleteFunc(d.all("script"), func(n *html.Node) bool { return !runs(n) })
	if len(scripts) != 1 {
		t.Errorf("%q: %d scripts on the page", evil, len(scripts))
	}
	for n := range d.root.Descendants() {
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "href" && strings.HasPrefix(strings.ToLower(a.Val), "javascript:") {
				t.Errorf("%q: <%s %s=%q>", evil, n.Data, a.Key, a.Val)
			}
		}
		if n.Data == "img" || n.Data == "b" {
			t.Errorf("%q became <%s>", evil, n.Data)
		}
	}
	if bytes.ContainsRune(d.raw, 0) {
		t.Errorf("%q: a zero byte on the page", evil)
	}
}
