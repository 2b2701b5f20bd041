package handlers_test

import (
	"bytes"
	"maps"
	"net/http"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/handlers"
	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
)

// received is a gift of $50 that was paid, and the address of its receipt.
func (s *site) received() (token, address string) {
	s.t.Helper()
	made := s.start("amount", "50", "cover_fees", "1")
	paid := s.do(http.MethodPost, made.CheckoutURL, form("email", "jordan@example.org", "name", "Jordan Sample", "outcome", "succeeds"), "Content-Type", formType)
	if paid.status != http.StatusSeeOther {
		s.t.Fatalf("the payment page answered %d", paid.status)
	}
	s.settle()
	s.issue()
	thanks := s.get("/thanks/" + made.Donation).body
	_, after, found := strings.Cut(thanks, `<a class="quietbutton" href="/receipts/`)
	if !found {
		s.t.Fatalf("the thank-you page leads to no receipt:\n%s", thanks)
	}
	address, _, _ = strings.Cut(after, `"`)
	return made.Donation, "/receipts/" + address
}

func (s *site) issue() {
	s.t.Helper()
	if _, err := s.store.IssueReceipts(s.t.Context(), 50); err != nil {
		s.t.Fatal(err)
	}
}

func TestAReceiptIsShownToWhoeverHasItsLink(t *testing.T) {
	onBoth(t, options{mailed: true}, func(t *testing.T, s *site) {
		token, address := s.received()
		page := s.get(address)
		if page.status != http.StatusOK {
			t.Fatalf("answered %d", page.status)
		}
		for name, want := range map[string]string{"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"} {
			if got := page.header.Get(name); got != want {
				t.Errorf("%s: %s", name, got)
			}
		}
		file := s.get(address + ".pdf")
		if kind := file.header.Get("Content-Type"); file.status != http.StatusOK || kind != "application/pdf" || file.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("the PDF is answered %d as %s", file.status, kind)
		}
		text := pdfText(t, file.body)
		for _, said := range []string{
			"Jordan Sample", "November 24, 2026, Pacific time", "Visa ending 4242", "No. 000001", "$50.00", "$1.80", "$51.80",
			"Mother Jones (sample legal name) provided no goods or services in exchange for this contribution.",
		} {
			for what, body := range map[string]string{"page": page.body, "PDF": text} {
				if !strings.Contains(strings.Join(strings.Fields(body), " "), said) {
					t.Errorf("the %s does not say %q", what, said)
				}
			}
		}
		if strings.Contains(page.body+text, "jordan@example.org") {
			t.Error("the receipt tells the donor's address")
		}
		if said := s.get("/thanks/" + token).body; !strings.Contains(said, "We have emailed your receipt.") {
			t.Error("the thank-you page does not say that the receipt was mailed")
		}
	})
}

func TestTheLinkOfAReceiptThatARefundReplacedLeadsToTheNewest(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		token, address := s.received()
		if _, err := s.sim.RefundCharge(t.Context(), s.charge(token), stripesim.RefundOptions{}); err != nil {
			t.Fatal(err)
		}
		s.settle()
		s.issue()
		old := s.get(address).body
		for _, said := range []string{"This document is void", "It is not deductible", "No. 000002"} {
			if !strings.Contains(old, said) {
				t.Errorf("the first receipt's page does not say %q", said)
			}
		}
		_, after, found := strings.Cut(old, `<p class="newest"><a href="`)
		if !found {
			t.Fatal("the first receipt's page leads to no other")
		}
		next, _, _ := strings.Cut(after, `"`)
		page := s.get(next)
		for _, said := range []string{"This contribution is void", "Receipt No. 000001", "$0.00"} {
			if page.status != http.StatusOK || !strings.Contains(page.body, said) {
				t.Errorf("the void's page, answered %d, does not say %q", page.status, said)
			}
		}
	})
}

func TestLinksThatOpenNoReceiptAreAnsweredAlike(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		_, address := s.received()
		token := strings.TrimPrefix(address, "/receipts/")
		id, ok := signer.OpenReceipt(token, s.clock.Now())
		if !ok {
			t.Fatal("the receipt's own link does not open it")
		}
		until := s.clock.Now().Add(time.Hour)
		altered := []byte(token)
		if altered[5]++; altered[5] > 'Z' {
			altered[5] = '0'
		}
		want := s.get("/receipts/nothing")
		if want.status != http.StatusNotFound || !strings.Contains(want.body, `href="/manage"`) {
			t.Fatalf("answered %d:\n%s", want.status, want.body)
		}
		for name, path := range map[string]string{
			"unknown":       signer.Receipt("rcpt_00000000000000000000000000", until),
			"altered":       string(altered),
			"cut":           token[:len(token)-1],
			"run out":       signer.Receipt(id, s.clock.Now()),
			"another key's": links.New(bytes.Repeat([]byte{8}, 32)).Receipt(id, until),
			"the id itself": id,
			"as a PDF":      string(altered) + ".pdf",
			"unknown, PDF":  signer.Receipt("rcpt_00000000000000000000000000", until) + ".pdf",
		} {
			got := s.get("/receipts/" + path)
			got.header.Del("Date")
			want.header.Del("Date")
			if got.status != want.status || got.body != want.body || !maps.EqualFunc(got.header, want.header, func(a, b []string) bool { return strings.Join(a, ",") == strings.Join(b, ",") }) {
				t.Errorf("%s: answered %d with %v, and not as any other", name, got.status, got.header)
			}
		}
	})
}

func TestAReceiptsLinkIsGoodUntilTheThirdYearAfterTheGiftIsOver(t *testing.T) {
	onBoth(t, options{}, func(t *testing.T, s *site) {
		_, address := s.received()
		ends := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).Add(8 * time.Hour) // the gift is of 2026, the zone Pacific
		s.clock.Advance(ends.Add(-time.Second).Sub(s.clock.Now()))
		if got := s.get(address); got.status != http.StatusOK {
			t.Errorf("in the last second it is answered %d", got.status)
		}
		s.clock.Advance(time.Second)
		if got := s.get(address); got.status != http.StatusNotFound {
			t.Errorf("after it, it is answered %d", got.status)
		}
	})
}

// charge is Stripe's id of what a gift was paid with.
func (s *site) charge(token string) string {
	s.t.Helper()
	gift, err := s.store.FindDonation(s.t.Context(), token)
	if err != nil {
		s.t.Fatal(err)
	}
	id, err := s.sim.ChargeOf(s.t.Context(), *gift.SessionID)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func pdfText(t *testing.T, body string) string {
	t.Helper()
	read := exec.CommandContext(t.Context(), "pdftotext", "-raw", "-enc", "UTF-8", "-", "-")
	read.Stdin = strings.NewReader(body)
	text, err := read.Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return string(text)
}

func TestOnlyTheFirstPaymentOfAMonthlyGiftBringsTheBenefit(t *testing.T) {
	magazine := func(c *models.Campaign) {
		c.Receipts.Benefit = models.Benefit{Description: "A year of the magazine, in print", Value: 12_00, From: 20_00}
	}
	onBoth(t, options{campaign: magazine}, func(t *testing.T, s *site) {
		made := s.start("frequency", "monthly", "monthly_amount", "25")
		s.pay(made.CheckoutURL, "jordan@example.org", "succeeds")
		began, err := s.store.FindDonation(t.Context(), made.Donation)
		if err != nil || began.SubscriptionID == nil {
			t.Fatalf("%+v: %v", began, err)
		}
		s.settle()
		s.issue()
		s.clock.Advance(30 * 24 * time.Hour)
		if _, err := s.sim.Renew(t.Context(), *began.SubscriptionID); err != nil {
			t.Fatal(err)
		}
		s.settle()
		s.issue()
		mails, err := s.store.ClaimMail(t.Context(), 10, time.Minute)
		if err != nil || len(mails) != 2 {
			t.Fatalf("%d mails are to be sent: %v", len(mails), err)
		}
		for i, want := range [][]string{
			{"provided: A year of the magazine, in print. Its value, by our good-faith estimate, is $12.00.", "$13.00", "No. 1 of this monthly gift"},
			{"provided no goods or services in exchange for this contribution.", "$25.00", "No. 2 of this monthly gift"},
		} {
			page := s.get("/receipts/" + signer.Receipt(mails[i].About.Receipt, s.clock.Now().Add(time.Hour))).body
			for _, said := range want {
				if !strings.Contains(page, said) {
					t.Errorf("receipt %d does not say %q:\n%s", i+1, said, page)
				}
			}
		}
	})
}

func TestPDFsAreDrawnOneByOneAndOnlySoManyAreWaitedFor(t *testing.T) {
	t.Parallel()
	clock := &storetest.Clock{}
	s := newSite(t, storetest.Open(t, storetest.InMemory(t), clock), clock, options{})
	_, address := s.received()
	release := s.server.HoldPrinting(handlers.MostPrinting - 2)
	last := make(chan answer)
	go func() { last <- s.get(address + ".pdf") }()
	for s.server.WantedPDFs() < handlers.MostPrinting {
		runtime.Gosched()
	}
	many := s.get(address + ".pdf")
	many.expectSays(t, http.StatusServiceUnavailable, "Too many receipts are being printed")
	if many.header.Get("Retry-After") == "" || many.header.Get("Content-Type") == "application/pdf" {
		t.Errorf("it is refused with %v", many.header)
	}
	s.get(address).expectSays(t, http.StatusOK, "Jordan Sample")
	release()
	if drawn := <-last; drawn.status != http.StatusOK {
		t.Errorf("one that waited is answered %d", drawn.status)
	}
	if again := s.get(address + ".pdf"); again.status != http.StatusOK {
		t.Errorf("then one is answered %d", again.status)
	}
}
