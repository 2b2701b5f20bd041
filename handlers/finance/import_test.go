package finance_test

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/corruptionproject/appeal/models"
)

const imports = "/finance/offline/import"

// upload sends the form of an import as a browser does, with a file if there is
// one.
func (b *browser) upload(file string, fields ...string) answer {
	b.t.Helper()
	var sent bytes.Buffer
	form := multipart.NewWriter(&sent)
	for i := 0; i < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			b.t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", map[bool]string{true: "checks.csv"}[file != ""])
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := part.Write([]byte(file)); err != nil {
		b.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.do("POST", imports, sent.String(), "Content-Type", form.FormDataContentType())
}

var carriedText, carriedKey = regexp.MustCompile(`name="text" value="([^"]*)"`), regexp.MustCompile(`name="form_key" value="([^"]*)"`)

// carried is what the form of a review sends on: its key, and the text as a
// browser sends it.
func (a answer) carried(t *testing.T) (key, text string) {
	t.Helper()
	k, x := carriedKey.FindStringSubmatch(a.body), carriedText.FindStringSubmatch(a.body)
	if a.status != 200 || k == nil || x == nil {
		t.Fatalf("answered %d, and no review:\n%s", a.status, a.body)
	}
	return html.UnescapeString(k[1]), strings.ReplaceAll(html.UnescapeString(x[1]), "\n", "\r\n")
}

const twoChecks = "amount,received_on,dated_on,donor_name,donor_email,donor_address,reference,note\n" +
	"\"1,250.50\",2026-11-20,2026-11-09,A Reader,reader@example.org,\"1 Main Street\nOakland\",1042,met at the <event>\n" +
	"75,11/23/2026,,B Reader,,,77,\n"

func TestAFileOfChecksIsReviewedThenSavedOnce(t *testing.T) {
	t.Parallel()
	clerkOnBoth(t, func(t *testing.T, h *house, clerk *browser) {
		clerk.get(offline).says(t, `href="/finance/offline/import"`)
		clerk.get(imports).says(t, "Import offline gifts", `type="file"`)
		review := clerk.upload("\uFEFF" + strings.ReplaceAll(twoChecks, "\n", "\r\n"))
		review.says(t, "Save 2 gifts?", "Nothing is saved yet.", "$1,325.50", "Fri, Nov 20, 2026 to Mon, Nov 23, 2026", "Postmark Mon, Nov 9, 2026", "1 by email, 1 to print")
		if got := raised(t, h); got != "$0.00" {
			t.Fatalf("the review saved %s", got)
		}
		key, text := review.carried(t)
		clerk.upload("", "form_key", key, "text", text, "step", "edit").says(t, "1 Main Street\nOakland")
		var wait sync.WaitGroup
		led := make([]string, 4)
		for i := range led {
			wait.Go(func() {
				b := h.browser()
				for name, value := range clerk.cookies {
					b.cookies[name] = value
				}
				led[i] = b.upload("", "form_key", key, "text", text, "step", "save").header.Get("Location")
			})
		}
		wait.Wait()
		for _, to := range led {
			if to != imports+"?done="+key {
				t.Fatalf("saved at once, they lead to %q", led)
			}
		}
		clerk.get(led[0]).says(t, "Saved: ", "2 gifts, $1,325.50", `href="/finance/donations?import=`+key+`"`)
		clerk.get("/finance/donations?import="+key).says(t, "2 gifts, $1,325.50", "One import", "A Reader", "B Reader")
		if got := raised(t, h); got != "$1,325.50" {
			t.Errorf("raised is %s", got)
		}
		each, whole := did(t, h, models.OfflineEntered), did(t, h, models.OfflineImported)
		if len(each) != 2 || len(whole) != 1 || whole[0].Who != "clerk@example.org" || whole[0].Object != key || whole[0].After != "2 gifts, $1,325.50" {
			t.Errorf("the log says %+v and %+v", each, whole)
		}
		for _, e := range each {
			kept, err := h.store.FindOffline(t.Context(), e.Object)
			if err != nil || kept.Method != models.Check || kept.EnteredBy != "clerk@example.org" || kept.DonorName == "A Reader" &&
				(kept.DonorAddress != "1 Main Street\nOakland" || kept.Note != "met at the <event>" || kept.DatedOn == nil) {
				t.Errorf("kept is %+v, %v", kept, err)
			}
			if issued, err := h.store.IssueReceipts(t.Context(), 10); err != nil {
				t.Errorf("%d receipts, %v", issued, err)
			}
			if receipts, err := h.store.ReceiptsOf(t.Context(), e.Object); err != nil || len(receipts) != 1 {
				t.Errorf("its receipts are %+v, %v", receipts, err)
			}
		}
		other := strings.Replace(text, "75,", "76,", 1)
		clerk.upload("", "form_key", key, "text", other, "step", "save").expect(t, 409, "", "This form has saved other gifts already.")
		clerk.upload("", "form_key", key, "text", text+"5,2026-11-23\r\n", "step", "save").expect(t, 409, "", "This form has saved other gifts already.")
		if got := raised(t, h); got != "$1,325.50" {
			t.Errorf("raised is %s", got)
		}
		again := clerk.upload(twoChecks)
		again.says(t, "Every line may be here already.", `href="/finance/donations/`+each[0].Object+`"`)
	})
}

func TestAFileWithOneBadLineSavesNothing(t *testing.T) {
	t.Parallel()
	clerkOnBoth(t, func(t *testing.T, h *house, clerk *browser) {
		bad := "Amount;Received on;dated_on;method;donor_name;donor_email;reference;\r\n" +
			"10;2026-11-20;;;;;;\r\n" +
			";;;;;;;\r\n" +
			"=1+1;2026-11-20;;;;;;\r\n" +
			"10;2026-11-25;;;;;;\r\n" +
			"10;2026-11-20;2026-11-21;;;;;\r\n" +
			"10;2026-11-20;;barter;\"C; and D\";not an address;;\r\n" +
			"10;2026-11-20;;STOCK;;;;\r\n" +
			"10;2026-11-20;;;;;;;too far\r\n" +
			"12.50;2026-11-20;;cash;'=HYPERLINK(1);;'-7;\r\n"
		for _, step := range []string{"review", "save", ""} {
			got := clerk.upload(bad, "step", step)
			if got.status != 422 {
				t.Fatalf("%q answered %d", step, got.status)
			}
			got.says(t, `Correct <a href="#wrong">6 lines</a>`, "The lines that are good", "<dd>$22.50</dd>", "C; and D")
			for _, p := range []struct {
				line               int
				field, typed, says string
			}{
				{4, "amount", "=1&#43;1", "Enter the amount in dollars"},
				{5, "received_on", "2026-11-25", "That day has not begun."},
				{6, "dated_on", "2026-11-21", "That is later than the day received."},
				{7, "method", "barter", "Write one of check, wire,"},
				{7, "donor_email", "not an address", "Enter an e-mail address"},
				{8, "reference", "nothing", "Say what was given"},
				{9, "the line", "too far", "No column has this cell. Put a text with a semicolon"},
			} {
				row := fmt.Sprintf(`<th scope="row" class="num">%d</th><td>(<code>|<span class="nothing">)%s(</code>|</span>)</td><td>(<span class="nothing">)?%s(</span>)?</td><td>%s`,
					p.line, p.field, regexp.QuoteMeta(p.typed), regexp.QuoteMeta(p.says))
				if !regexp.MustCompile(row).MatchString(got.body) {
					t.Errorf("line %d: %s is not named:\n%s", p.line, p.field, got.body)
				}
			}
			for _, fine := range []int{2, 3, 10} {
				if strings.Contains(got.body, fmt.Sprintf(`<th scope="row" class="num">%d</th><td><code>`, fine)) {
					t.Errorf("line %d is said to be wrong", fine)
				}
			}
		}
		if got := raised(t, h); got != "$0.00" || len(did(t, h, models.OfflineEntered)) != 0 {
			t.Errorf("raised is %s", got)
		}
	})
}

func TestATextThatIsNoTableIsRefusedWithAWayOut(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	clerk := h.as(h.add("clerk@example.org", models.Finance))
	head := "amount,received_on\n"
	for name, c := range map[string]struct{ text, says string }{
		"nothing":               {"", "Choose a file, or paste its lines."},
		"blank lines":           {"\n , \n", "Choose a file, or paste its lines."},
		"a header alone":        {head, "There is no gift under the header."},
		"no header":             {"10,2026-11-20\n", "The first line must name this column."},
		"a column too many":     {"amount,received_on,amuont\n", "There is no such field."},
		"no end of columns":     {strings.Repeat("a,", 100) + "a\n", "That is more than 100 columns."},
		"a column twice":        {"amount,received_on,amount\n", "Two columns have this name."},
		"another encoding":      {head + "10,2026-11-20,Ren\xe9\n", "That is no text in UTF-8."},
		"no text at all":        {"PK\x03\x04\x00\x00", "That is no text in UTF-8."},
		"an open quotation":     {head + "10,2026-11-20\n\"10,2026-11-20\n10,2026-11-20\n", "A quotation mark is missing"},
		"a quotation in a cell": {head + "1\"0,2026-11-20\n", "A quotation mark is missing"},
		"too many gifts":        {head + strings.Repeat("10,2026-11-20\n", 5001), "That is more than 5,000 gifts."},
		"too much text":         {head + strings.Repeat("#", 2<<20), "That is more than 2 MB."},
	} {
		got := clerk.upload(c.text, "step", "save")
		if got.status != 422 || !strings.Contains(got.body, c.says) || strings.Contains(got.body, "step\" value=\"save\"") {
			t.Errorf("%s answered %d:\n%.2000s", name, got.status, got.body)
		}
	}
	clerk.upload(strings.Repeat("#", 5<<20)).expect(t, 413, "", "That is more than 2 MB.")
	clerk.do("POST", imports, "{}", "Content-Type", "application/json").expect(t, 415, "", "We couldn’t read that")
	clerk.do("POST", imports, "--x", "Content-Type", "multipart/form-data; boundary=x").expect(t, 415, "", "We couldn’t read that")
	if got := raised(t, h); got != "$0.00" {
		t.Errorf("raised is %s", got)
	}
}

func TestATableIsReadAsSpreadsheetsWriteIt(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	clerk := h.as(h.add("clerk@example.org", models.Finance))
	for name, text := range map[string]string{
		"pasted cells":      "received_on\tamount\tdonor_name\treference\n11/20/2026\t$1,000.00\t'=2+3\t'-42\n",
		"semicolons":        "received_on;amount;donor_name;reference\r\n2026-11-20;1000;'=2+3;'-42\r\n",
		"old ends of lines": "received_on,amount,donor_name,reference\r'2026-11-20,'1000,'=2+3,'-42\r",
		"quotation marks":   "\"received_on\",\"AMOUNT\",\"Donor name\",\"reference\"\n\"2026-11-20\",\"1,000\",\"=2+3\",\"-42\"\n",
	} {
		key, carried := clerk.do("POST", imports, url.Values{"text": {text}}.Encode()).carried(t)
		clerk.upload("", "form_key", key, "text", carried, "step", "save").expect(t, 303, imports+"?done="+key, "")
		entered := did(t, h, models.OfflineEntered)
		kept, err := h.store.FindOffline(t.Context(), entered[0].Object)
		if err != nil || kept.DonorName != "=2+3" || kept.Reference != "-42" || entered[0].After != "$1,000.00, check, received 2026-11-20" {
			t.Errorf("%s: kept is %+v, %v; the log says %q", name, kept, err, entered[0].After)
		}
	}
	inFile := "amount,received_on,donor_name\n5,2026-11-20,E\n5,2026-11-13,e\n5,2026-11-05,E\n"
	clerk.upload(inFile).says(t, "1 line has", `<span class="same">line 2</span>`)
	clerk.get(imports+"/template.csv").expect(t, 200, "", "amount,received_on,dated_on,method,donor_name,donor_email,donor_address,reference,note\r\n")
}
