package finance_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/hostile"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// onBoth opens a house over each database.
func onBoth(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) { test(t, openOn(t, s, clock, "")) })
}

// gives books a gift of a donor, by an event whose raw text names them too.
func (h *house) gives(n int, c models.Choices, email, name string) models.Donation {
	h.t.Helper()
	c.Tribute = models.InHonor
	d, err := h.store.StartDonation(h.t.Context(), "", 0, c)
	if err != nil {
		h.t.Fatal(err)
	}
	charge := fmt.Sprintf("ch_%d", n)
	agreed := money.Money{Minor: d.AmountCharged, Currency: "usd"}
	fact := models.Fact{
		Key: charge + ":charge", Kind: models.Charged, Object: charge, Money: agreed, Agreed: &agreed, At: h.clock.Now(),
		Gift:  models.GiftRef{Campaign: "corruption-project", Token: d.Token, PaymentIntent: "pi_" + charge, Charge: charge, Final: true},
		Email: email, Name: name, EmailRank: models.SessionEmail, Method: "visa", Last4: "4242", Evidence: "evt_" + charge,
	}
	event := models.Event{
		ID: "evt_" + charge, Type: "charge.succeeded", ObjectID: charge, Created: h.clock.Now(),
		Raw: fmt.Appendf(nil, `{"id":"evt_%s","billing_details":{"email":%q,"name":%q}}`, charge, email, name),
	}
	if _, _, err := h.store.Receive(h.t.Context(), event, models.Reading{Facts: []models.Fact{fact}}); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.store.IssueReceipts(h.t.Context(), 100); err != nil {
		h.t.Fatal(err)
	}
	d, err = h.store.FindDonation(h.t.Context(), d.Token)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

func TestAListOfGiftsIsFollowedFromPageToPage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		const gifts = 53
		for n := range gifts {
			h.gives(n, models.Choices{Frequency: models.Once, Amount: 50_00, Src: "county-contracts"}, fmt.Sprintf("reader%d@example.org", n), "")
		}
		finance := h.as(h.add("finance@example.org", models.Finance))
		address, rows := "/finance/donations?channel=src%2Fcounty-contracts&sort=oldest", 0
		for range 2 {
			page := finance.get(address)
			page.expect(t, http.StatusOK, "", "53 gifts, $2,650.00")
			rows += strings.Count(page.body, `<th scope="row"`)
			address = ""
			if _, rest, more := strings.Cut(page.body, `<li><a href="/finance/donations?after=`); more {
				rest, _, _ = strings.Cut(rest, `"`)
				address = "/finance/donations?after=" + strings.ReplaceAll(rest, "&amp;", "&")
				if !strings.Contains(address, "channel=src%2Fcounty-contracts") || !strings.Contains(address, "sort=oldest") {
					t.Errorf("the next page is %s", address)
				}
			}
			if address == "" {
				break
			}
		}
		if rows != gifts {
			t.Errorf("%d of %d gifts were shown", rows, gifts)
		}
		for query, says := range map[string]string{
			"q=reader7@example.org":             "1 gift, $50.00",
			"q=4242&min=50&max=50.00":           "53 gifts, $2,650.00",
			"from=2026-11-24&to=2026-11-24":     "53 gifts, $2,650.00", // the day in the campaign's zone
			"from=2026-11-25":                   "No gift matches.",
			"offline=yes":                       "No gift matches.",
			"status=received&frequency=once":    "53 gifts, $2,650.00",
			"method=amex":                       "No gift matches.",
			"after=don_none&channel=direct":     "There is nothing after that.",
			"status=%3Cscript%3E&sort=sideways": "&lt;script&gt;",
		} {
			finance.get("/finance/donations?"+query).expect(t, http.StatusOK, "", says)
		}
		finance.get("/finance/donations?min=lots").expect(t, http.StatusUnprocessableEntity, "", "Enter the amount (at least) in dollars")
		finance.get("/finance/donations?to=June").expect(t, http.StatusUnprocessableEntity, "", "Enter the day (to)")
	})
}

func TestAGiftIsFollowedDownToTheEventThatProvesIt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		d := h.gives(1, models.Choices{Frequency: models.Once, Amount: 100_00, FeesCovered: 3_30, TributeName: "Aunt May", Comment: "Dig deep"}, "ruth@example.org", "Ruth Castillo")
		h.clock.Advance(time.Hour)
		refund := models.Fact{
			Key: "re_1:refund", Kind: models.RefundMade, Object: "re_1", Money: money.Money{Minor: 25_00, Currency: "usd"}, At: h.clock.Now(),
			Gift: models.GiftRef{Charge: "ch_1"}, Evidence: "evt_2",
		}
		event := models.Event{ID: "evt_2", Type: "charge.refunded", ObjectID: "ch_1", Created: h.clock.Now(), Raw: []byte(`{"id":"evt_2"}`)}
		for range 2 {
			if _, _, err := h.store.Receive(t.Context(), event, models.Reading{Facts: []models.Fact{refund}}); err != nil {
				t.Fatal(err)
			}
		}
		finance := h.as(h.add("finance@example.org", models.Finance))
		page := finance.get("/finance/donations/" + d.ID)
		page.expect(t, http.StatusOK, "", "<h1>$103.30</h1>")
		at := 0
		for _, says := range []string{
			"Partly refunded", "Ruth Castillo", "Reader chose $100.00, one time, and to cover $3.30 in fees.", "Payment confirmed by Stripe. The tracker rose by $103.30.",
			"evt_ch_1 charge.succeeded", "&#34;email&#34;: &#34;ruth@example.org&#34;", "Receipt 1 for $103.30 was issued.", "waits to be emailed",
			"Refund confirmed by Stripe. The tracker fell by $25.00.", "came again once, booked once", "evt_2 charge.refunded",
			"−$25.00", "$78.30", "ruth@example.org", "Visa ending 4242", "In honor of Aunt May", "Dig deep", "/receipts/",
		} {
			i := strings.Index(page.body[at:], says)
			if i < 0 {
				t.Fatalf("it does not say %q after what comes before:\n%s", says, page.body[at:])
			}
			at += i
		}
		if strings.Count(page.body, "The tracker fell") != 1 {
			t.Error("an event that came twice is told twice")
		}
		finance.get("/finance/donations/don_none").expect(t, http.StatusNotFound, "", "")
	})
}

func TestAReceiptIsSentAgainByWhoMayAndTheLogSaysWho(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		d := h.gives(1, models.Choices{Frequency: models.Once, Amount: 50_00}, "ruth@example.org", "")
		other := h.gives(2, models.Choices{Frequency: models.Once, Amount: 50_00}, "", "")
		finance, viewer := h.as(h.add("finance@example.org", models.Finance)), h.as(h.add("viewer@example.org", models.Viewer))
		for _, m := range storetest.Queued(t, h.store, models.MailReceipt) {
			if err := h.store.MailSent(t.Context(), m.Key); err != nil {
				t.Fatal(err)
			}
		}
		path := "/finance/donations/" + d.ID
		viewer.post(path+"/resend").expect(t, http.StatusForbidden, "", "")
		finance.post(path+"/resend").expect(t, http.StatusSeeOther, path+"?said=resend", "")
		finance.post(path+"/resend").expect(t, http.StatusSeeOther, path+"?said=resend", "") // it is on its way
		if mails := storetest.Queued(t, h.store, models.MailReceipt); len(mails) != 1 || mails[0].To != "ruth@example.org" || mails[0].AskedBy != "finance@example.org" {
			t.Errorf("queued are %+v", mails)
		}
		finance.get(path+"?said=resend").expect(t, http.StatusOK, "", "finance@example.org: Receipt sent again: receipt 1.")
		receipts, err := h.store.ReceiptsOf(t.Context(), other.ID)
		if err != nil {
			t.Fatal(err)
		}
		finance.post(path+"/resend", "receipt", receipts[0].ID).expect(t, http.StatusNotFound, "", "")
		finance.post("/finance/donations/"+other.ID+"/resend").expect(t, http.StatusConflict, "", "Nobody knows where to")
		left, err := h.store.StartDonation(t.Context(), "", 0, models.Choices{Frequency: models.Once, Amount: 50_00, Tribute: models.NoTribute})
		if err != nil {
			t.Fatal(err)
		}
		finance.post("/finance/donations/"+left.ID+"/resend").expect(t, http.StatusConflict, "", "There is no receipt yet")
		log, err := h.store.ListAudit(t.Context(), models.AuditQuery{Act: models.ReceiptResent}, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(log) != 1 || log[0].Who != "finance@example.org" || log[0].Object != d.ID {
			t.Errorf("the log has %+v", log)
		}
	})
}

func TestANoteIsKeptForTheStaffWhoSeeDonors(t *testing.T) {
	h := open(t, "")
	path := "/finance/donations/" + h.gives(1, models.Choices{Frequency: models.Once, Amount: 50_00}, "ruth@example.org", "").ID
	finance, viewer := h.as(h.add("finance@example.org", models.Finance)), h.as(h.add("viewer@example.org", models.Viewer))
	viewer.post(path+"/notes", "note", "x").expect(t, http.StatusForbidden, "", "")
	finance.post(path+"/notes", "note", "She meant <b>$75</b>.").expect(t, http.StatusSeeOther, path+"?said=notes", "")
	finance.get(path).expect(t, http.StatusOK, "", "She meant &lt;b&gt;$75&lt;/b&gt;.")
	if seen := viewer.get(path); strings.Contains(seen.body, "She meant") {
		t.Error("a viewer reads the note")
	}
	finance.post(path+"/notes", "note", strings.Repeat("x", 2001)).expect(t, http.StatusUnprocessableEntity, "", "at most 2,000 characters")
}

func TestHostileAddressesAreShownAsTyped(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	var typed []string
	for _, text := range hostile.Payloads() {
		typed = append(typed, text.Text)
	}
	d, err := h.store.EnterOffline(t.Context(), models.NewOfflineGift{
		Amount: 75_00, Method: models.Check, ReceivedOn: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), DonorAddress: strings.Join(typed, "\n"),
		Zone: time.UTC, EnteredBy: "clerk@example.org",
	})
	if err != nil {
		t.Fatal(err)
	}
	page := h.as(h.add("ada@example.org", models.Finance)).get("/finance/donations/" + d.ID)
	_, rest, _ := strings.Cut(page.body, "<dt>Address</dt><dd>")
	shown, _, _ := strings.Cut(rest, "<")
	if want := strings.ReplaceAll(strings.TrimSpace(strings.Join(typed, "\n")), "\x00", "\uFFFD"); html.UnescapeString(shown) != want {
		t.Errorf("the address is shown as %q, not as %q", html.UnescapeString(shown), want)
	}
}

func TestAViewerLearnsOfNoDonorByAnyAddress(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		viewer := h.as(h.add("viewer@example.org", models.Viewer))
		var gifts []models.Donation
		var emails []string
		for n := range 20 {
			email := fmt.Sprintf("canary%d@nest%d.example", n, n)
			emails = append(emails, email)
			gifts = append(gifts, h.gives(n, models.Choices{
				Frequency: models.Once, Amount: 50_00, Comment: "canary said", TributeName: "Canary Bird", Src: "canary" + email, UTMContent: email,
			}, email, "Canary Bird"))
		}
		check, err := h.store.EnterOffline(t.Context(), models.NewOfflineGift{
			Amount: 75_00, Method: models.Check, ReceivedOn: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), DonorName: "Canary Bird", DonorEmail: emails[0],
			DonorAddress: "1 Canary Lane", Note: "a canary", Zone: time.UTC, EnteredBy: "canary@clerk.example",
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.store.ReverseOffline(t.Context(), check.ID, "canary flew", "canary@clerk.example"); err != nil {
			t.Fatal(err)
		}
		receipts, err := h.store.ReceiptsOf(t.Context(), gifts[3].ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.store.ResendReceipt(t.Context(), receipts[0].ID, "canary@clerk.example"); err != nil {
			t.Fatal(err)
		}
		addresses := []string{
			"/finance", "/finance/audit", "/finance/account", "/finance/donations", "/finance/donations?sort=largest&status=failed", "/finance/donations?q=ch_3",
			"/finance/donations?after=" + gifts[19].ID, "/finance/donations/" + check.ID, "/finance/donations/" + check.ID + "?said=resend",
		}
		for n, d := range gifts {
			addresses = append(addresses, "/finance/donations/"+d.ID, "/finance/donations?q="+url.QueryEscape(emails[n]), "/finance/donations?q="+d.Reference,
				"/finance/donations?channel="+url.QueryEscape("src/canary"+emails[n]))
		}
		for _, address := range addresses {
			page := viewer.get(address)
			status := http.StatusOK
			if strings.Contains(address, "%40") {
				status = http.StatusUnprocessableEntity // is told that addresses are not for them
			}
			page.expect(t, status, "", "")
			shown := page.body
			for _, email := range emails {
				if strings.Contains(shown, email) || strings.Contains(shown, url.QueryEscape(email)) {
					t.Errorf("%s shows %s", address, email)
				}
			}
			for _, word := range []string{"Canary Bird", "canary said", "Canary Lane", "a canary", "canary flew", "evt_ch_1&#34;", "/receipts/", "clerk.example", "<pre"} {
				if strings.Contains(shown, word) {
					t.Errorf("%s shows %q", address, word)
				}
			}
		}
		// Whose e-mail is guessed, right or wrong, is found by no answer.
		wrong := viewer.get("/finance/donations?q=nobody%40example.org")
		wrong.expect(t, http.StatusUnprocessableEntity, "", "Addresses are looked for by finance and admin alone.")
		for _, guess := range []string{emails[7], strings.ToUpper(emails[7]), "canary7@", "@nest7.example"} {
			if got := viewer.get("/finance/donations?q=" + url.QueryEscape(guess)); got.status != wrong.status || got.body != wrong.body {
				t.Errorf("%s is answered %d, unlike what is nobody’s", guess, got.status)
			}
		}
		for _, part := range []string{"Canary", "Canary Bird", "nest7.example"} {
			viewer.get("/finance/donations?q="+url.QueryEscape(part)).expect(t, http.StatusOK, "", "No gift matches.")
		}
	})
}
