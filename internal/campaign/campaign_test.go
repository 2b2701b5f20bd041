package campaign_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

var update = flag.Bool("update", false, "rewrite the golden lists of mistakes")

// TestRefused holds each folder in testdata/refused against its list of
// mistakes.
func TestRefused(t *testing.T) {
	stories, err := filepath.Glob("testdata/refused/*.txtar")
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, path := range stories {
		story, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSpace(string(story.Comment)), func(t *testing.T) {
			_, err := campaign.Load(unpack(t, story))
			var mistakes campaign.Mistakes
			if !errors.As(err, &mistakes) {
				t.Fatalf("want Mistakes, got %v", err)
			}
			golden := &story.Files[len(story.Files)-1]
			got := mistakes.Error() + "\n"
			if *update {
				golden.Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(story), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(golden.Data), got); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
		})
	}
}

// unpack lays a story's files out in a folder, its golden list excepted.
func unpack(t *testing.T, story *txtar.Archive) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range story.Files[:len(story.Files)-1] {
		if err := os.WriteFile(filepath.Join(dir, file.Name), file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBuiltIn(t *testing.T) {
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("asks readers for $500,000 until the end of June, Pacific time", func(t *testing.T) {
		if c.Slug != "corruption-project" || c.Goal != 500_000_00 || c.Currency != "usd" || !c.Draft {
			t.Errorf("got %q, %s %s, draft %t", c.Slug, c.Goal, c.Currency, c.Draft)
		}
		if got := c.Deadline.UTC().Format(time.RFC3339); got != "2027-07-01T06:59:59Z" {
			t.Errorf("deadline %s", got)
		}
		if got := c.Opens.UTC().Format(time.RFC3339); got != "2026-11-01T07:00:00Z" {
			t.Errorf("opens %s", got)
		}
	})
	t.Run("its books start 30 days before it opens", func(t *testing.T) {
		if got := c.BooksStart.Format(time.DateOnly); got != "2026-10-02" {
			t.Errorf("books start %s", got)
		}
	})
	t.Run("offers one-time gifts of $25 to $500, $50 chosen", func(t *testing.T) {
		want := models.Presets{Amounts: []money.Minor{25_00, 50_00, 100_00, 250_00, 500_00}, Default: 50_00}
		if diff := cmp.Diff(want, c.Presets[models.Once]); diff != "" {
			t.Error(diff)
		}
		if c.Least != 3_00 || c.Most != 25_000_00 {
			t.Errorf("limits %s to %s", c.Least, c.Most)
		}
		if total, _ := c.Charge(50_00, true); total != 51_80 {
			t.Errorf("$50 with its fees covered is %s", total)
		}
	})
	t.Run("offers monthly gifts of $5 to $50 as well, $15 chosen", func(t *testing.T) {
		want := models.Presets{Amounts: []money.Minor{5_00, 10_00, 15_00, 25_00, 50_00}, Default: 15_00}
		if diff := cmp.Diff(want, c.Presets[models.Monthly]); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]models.Frequency{models.Once, models.Monthly}, c.Frequencies); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("fits a phone: headline, standfirst and what stands before the form", func(t *testing.T) {
		if len(c.Headline) > 48 || words(c.Standfirst) > 30 || words(c.Letter.Opening) > 120 {
			t.Errorf("%d characters, %d words, %d words", len(c.Headline), words(c.Standfirst), words(c.Letter.Opening))
		}
		if n := words(c.Letter.Opening) + words(c.Letter.Rest); n < 220 || n > 300 {
			t.Errorf("the letter has %d words", n)
		}
	})
	t.Run("offers its newsletter, and says how often it comes", func(t *testing.T) {
		if !c.Newsletter.Offered() || c.Newsletter.Promise == "" {
			t.Errorf("got %+v", c.Newsletter)
		}
	})
	t.Run("has a code for every account", func(t *testing.T) {
		for _, account := range models.Accounts() {
			if c.Accounts[account] == "" {
				t.Errorf("%s has none", account)
			}
		}
	})
	t.Run("promises nothing that is not built", func(t *testing.T) {
		all := strings.ToLower(c.Headline + c.Standfirst + c.Letter.Opening + c.Letter.Rest + strings.Join(c.PaysFor, " "))
		for _, word := range []string{"mail", "receipt", "newsletter", "month"} {
			if strings.Contains(all, word) {
				t.Errorf("%q stands in it", word)
			}
		}
	})
}

func words(s string) int { return len(strings.Fields(s)) }

func TestASecondNewsroom(t *testing.T) {
	c, err := campaign.Load("testdata/rivertown")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("writes amounts its own way", func(t *testing.T) {
		want := map[models.Frequency]models.Presets{
			models.Once:    {Amounts: []money.Minor{10_00, 20_50, 1_000_00}},
			models.Monthly: {Amounts: []money.Minor{3_00}},
			models.Yearly:  {Amounts: []money.Minor{36_00, 120_00}, Default: 120_00},
		}
		if diff := cmp.Diff(want, c.Presets); diff != "" {
			t.Error(diff)
		}
		if c.Goal != 18_500_50 || c.Stretch.Goal != 25_000_00 || c.PublishDonorsFrom != 1_000_00 || !c.CollectAddress {
			t.Errorf("goal %s, stretch %s, published from %s, addresses %t", c.Goal, c.Stretch.Goal, c.PublishDonorsFrom, c.CollectAddress)
		}
	})
	t.Run("a date alone opens with the day and ends with it, across a change of clocks", func(t *testing.T) {
		if got := c.Opens.UTC().Format(time.RFC3339); got != "2027-01-15T05:00:00Z" {
			t.Errorf("opens %s", got)
		}
		if got := c.Deadline.UTC().Format(time.RFC3339); got != "2027-03-15T03:59:59Z" {
			t.Errorf("deadline %s", got)
		}
	})
	t.Run("keeps the order of its form, its address' lines and its codes' zeros", func(t *testing.T) {
		if diff := cmp.Diff([]models.Frequency{models.Monthly, models.Once, models.Yearly}, c.Frequencies); diff != "" {
			t.Error(diff)
		}
		if c.Organisation.Address != "P.O. Box 12\nRivertown, NY 10999" || c.Accounts[models.StripeBalance] != "0100" {
			t.Errorf("address %q, code %q", c.Organisation.Address, c.Accounts[models.StripeBalance])
		}
	})
	t.Run("gives what it left out the usual value", func(t *testing.T) {
		if c.Fee != (money.FeeRate{BasisPoints: 220, Fixed: 30}) || c.Currency != "usd" || c.Draft || c.Restricted {
			t.Errorf("fee %v, currency %s, draft %t, restricted %t", c.Fee, c.Currency, c.Draft, c.Restricted)
		}
	})
	t.Run("offers no newsletter where it names none", func(t *testing.T) {
		if c.Newsletter.Offered() {
			t.Errorf("got %+v", c.Newsletter)
		}
	})
	t.Run("is told of its weeks, and nobody of large gifts", func(t *testing.T) {
		if diff := cmp.Diff(models.Notices{Weekly: []string{"desk@rivertown-ledger.org"}}, c.Notices); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("names its ways to pay as readers do, and who may frame it", func(t *testing.T) {
		if diff := cmp.Diff([]string{"card", "Google Pay", "US bank account"}, c.PaymentMethods); diff != "" || !c.BankDebits {
			t.Error("bank debits:", c.BankDebits, diff)
		}
		if diff := cmp.Diff([]string{"self", "https://rivertown-ledger.org", "http://localhost:3000"}, c.EmbedOrigins); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("gets its letter as HTML in two parts, quotes set as print sets them", func(t *testing.T) {
		want := models.Letter{
			Opening: "<p>Nobody “covers” the school board – it’s <strong>four hours</strong> long. We’d like to.</p>",
			Rest:    `<p>Read <a href="https://rivertown-ledger.org/minutes">the minutes</a>.</p>`,
		}
		if diff := cmp.Diff(want, c.Letter); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("says things its own way, a goal and a deadline written down once", func(t *testing.T) {
		if want := "With $18,500.50 by March\u00a014, 2027 the Rivertown Ledger sends somebody to all of them."; c.Standfirst != want {
			t.Errorf("the standfirst is %q", c.Standfirst)
		}
		w := c.Words
		if w.Readers != "neighbors" || w.Ended != "the School Board & Café Desk has its $18,500.50." || w.Thanks != "With your {amount}, somebody is in the room." {
			t.Errorf("words %+v", w)
		}
		if diff := cmp.Diff([]string{
			"By wire or in stock: the bank's details come from desk@rivertown-ledger.org.", "By check, to P.O. Box 12\nRivertown, NY 10999.",
		}, w.OtherWays); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("is no charity, and says so", func(t *testing.T) {
		o := c.Organisation
		if o.Legal != "Rivertown Ledger is published by Rivertown Ledger, PBC, a public benefit corporation." || !o.NotDeductible {
			t.Errorf("%q, not deductible %t", o.Legal, o.NotDeductible)
		}
	})
	t.Run("is green on light paper, and a brighter green on dark", func(t *testing.T) {
		if l := c.Look; l.Light.Button != "#1f5c3a" || l.Light.OnButton != "#ffffff" || l.Dark.Bar != "#48c27e" {
			t.Errorf("light %+v, dark %+v", l.Light, l.Dark)
		}
		said, err := campaign.Contrast(c)
		if want := "accent #1f5c3a, #48c27e on a dark page; words on the button 7.9 and 5.2 to 1, of 4.5 needed; the bar 5.8 and 5.4, of 3.0"; err != nil || said != want {
			t.Errorf("%q, %v", said, err)
		}
	})
	t.Run("brings its pictures, measured", func(t *testing.T) {
		var got []string
		for _, p := range c.Look.Pictures() {
			got = append(got, fmt.Sprintf("%s %s %d×%d", p.Name, p.Kind, p.Width, p.Height))
		}
		if diff := cmp.Diff([]string{
			"signer.png image/png 128×128", "logo.svg image/svg+xml 180×28", "logo-dark.svg image/svg+xml 180×28",
			"icon.svg image/svg+xml 24×24", "lead.png image/png 800×400",
		}, got); diff != "" {
			t.Error(diff)
		}
		if l := c.Look.Lead; l.Credit != "Drawing: Rivertown Ledger" || !strings.Contains(l.Alt, "town hall") {
			t.Errorf("%q, %q", l.Alt, l.Credit)
		}
	})
	t.Run("may take real money", func(t *testing.T) {
		if err := campaign.Live(c); err != nil {
			t.Error(err)
		}
	})
}

func TestAFolderWrittenOnWindowsReadsTheSame(t *testing.T) {
	want, err := campaign.Load("testdata/rivertown")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/rivertown")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"campaign.yaml", "letter.md"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		text = append([]byte("\ufeff"), bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))...)
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := campaign.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
		t.Error(diff)
	}
}

func TestTheExamplesOfReceiptsAndNoticesInTheBuiltInFolderAreGood(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("corruption-project")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "campaign.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	settings := strings.NewReplacer("# receipts:                 beside what all receipts say", "receipts:", "#   disclosures:", "  disclosures:", "#   benefit:", "  benefit:",
		"# notices:                  who is told of large gifts", "notices:", "#   to:", "  to:", "#   from:", "  from:", "#   morning:", "  morning:", "#   weekly:", "  weekly:").Replace(string(text))
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := campaign.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := models.ReceiptSettings{
		Disclosures: []string{"FLORIDA: A COPY OF THE OFFICIAL REGISTRATION ..."},
		Benefit:     models.Benefit{Description: "A year of the magazine, in print", Value: 36_00, From: 50_00},
	}
	if diff := cmp.Diff(want, c.Receipts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(models.Notices{To: []string{"editors@newsroom.org"}, From: 5_000_00, Morning: []string{"finance@newsroom.org"}, Weekly: []string{"editors@newsroom.org"}}, c.Notices); diff != "" {
		t.Error(diff)
	}
	if b := c.Receipts.Benefit; b.ComesWith(49_99) || !b.ComesWith(50_00) || (models.Benefit{}).ComesWith(50_00) {
		t.Error("the benefit does not begin at its least gift")
	}
}

// FuzzLoad shows that no text of a campaign file stops the program: it is
// loaded, or refused with Mistakes.
func FuzzLoad(f *testing.F) {
	for _, path := range []string{"corruption-project/campaign.yaml", "testdata/rivertown/campaign.yaml"} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte("A letter.\n\n<!-- form -->\n\n*More* [of it](https://newsroom.org)."))
	}
	f.Add([]byte("slug: &a [*a]\n<<: *a\n? [x]\n: y"), []byte("<!-- form -->\n<b>\n> # x\n\n![](y)<z@a.b>"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, settings, letter []byte) {
		for name, text := range map[string][]byte{"campaign.yaml": settings, "letter.md": letter} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := campaign.Load(dir)
		var mistakes campaign.Mistakes
		if err != nil && !errors.As(err, &mistakes) {
			t.Fatal(err)
		}
		if err == nil && (c.Goal <= 0 || c.Slug == "" || c.Letter.Opening == "" || !c.Opens.Before(c.Deadline)) {
			t.Errorf("loaded %+v", c)
		}
	})
}

func TestLive(t *testing.T) {
	t.Run("the built-in campaign may not take real money, for every reason at once", func(t *testing.T) {
		c, err := campaign.BuiltIn()
		if err != nil {
			t.Fatal(err)
		}
		refusedFor(t, c, "draft", "organisation.legal_name", "organisation.address", "organisation.ein",
			"organisation.help", "organisation.privacy_url")
	})
	t.Run("what was never filled in is refused like a sample", func(t *testing.T) {
		c, err := campaign.Load("testdata/rivertown")
		if err != nil {
			t.Fatal(err)
		}
		c.Organisation.LegalName, c.Organisation.Address, c.Organisation.EIN = "", " ", "00-1234567"
		refusedFor(t, c, "organisation.legal_name", "organisation.address", "organisation.ein")
	})
}

func refusedFor(t *testing.T, c models.Campaign, want ...string) {
	t.Helper()
	err := campaign.Live(c)
	var mistakes campaign.Mistakes
	if !errors.As(err, &mistakes) {
		t.Fatalf("want Mistakes, got %v", err)
	}
	var got []string
	for _, m := range mistakes {
		got = append(got, m.Key)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused for (-want +got):\n%s", diff)
	}
}

func TestAFolderThatIsNotThereIsNoMistakeInAFile(t *testing.T) {
	_, err := campaign.Load(filepath.Join(t.TempDir(), "nowhere"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
