package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// booksOf keeps gifts of donors whose names are kanari1 and so on, with an event
// of each, and tells the reference of the first.
func booksOf(t *testing.T, address string, donors int) (e env, reference string) {
	t.Helper()
	reference = "CP-0RG4N1ZE"
	s := storetest.Open(t, address, &storetest.Clock{})
	for i := range donors {
		name := fmt.Sprintf("kanari%d", i+1)
		agreed := money.Money{Minor: 50_00, Currency: "usd"}
		ref := models.GiftRef{
			Campaign: "corruption-project", Token: fmt.Sprintf("AAAAAAAAAAAAAAAAAAAA%dA", i), Charge: "ch_" + name,
			Choices: models.Choices{Frequency: models.Once, Tribute: models.InHonor, TributeName: name, Comment: name},
		}
		if i == 0 {
			ref.Reference = reference
		}
		_, err := s.Learn(t.Context(), models.Object{
			ID: ref.Charge, Raw: fmt.Appendf(nil, `{"id":%q,"billing_details":{"email":"%s@example.org","name":%q}}`, ref.Charge, name, name),
			Reading: models.Reading{Facts: []models.Fact{{
				Key: ref.Charge + ":charge", Kind: models.Charged, Object: ref.Charge, Money: agreed, Agreed: &agreed, At: storetest.Start, Gift: ref,
				Email: name + "@example.org", Name: name, EmailRank: models.SessionEmail, Last4: "7753",
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return env{"DATABASE_URL": address}, reference
}

// forgotten holds books to naming nobody, but for their Stripe ids.
func forgotten(t *testing.T, address string) {
	t.Helper()
	for line := range strings.Lines(storetest.Everything(t, address)) {
		without := strings.ReplaceAll(line, "ch_kanari", "")
		if at := strings.Index(without, "kanari"); at >= 0 {
			t.Errorf("%q", without[max(0, at-100):min(len(without), at+40)])
		}
	}
}

func TestEveryCommandOfTheErasureGuideRunsAsItStands(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/erasure.md")
	if err != nil {
		t.Fatal(err)
	}
	address := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	e, _ := booksOf(t, address, 1)
	var said []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(guide), -1) {
		for line := range strings.SplitSeq(strings.TrimSpace(block[1]), "\n") {
			args := strings.Fields(line)
			if args[0] != "appeal" {
				t.Fatalf("%q is no command of ours", line)
			}
			status, out, errs := appeal(t, e, args[1:]...)
			if said = append(said, out); status != done {
				t.Errorf("%s: status %d, %s%s", line, status, out, errs)
			}
		}
	}
	if len(said) != 4 || !strings.HasSuffix(said[0], "Nothing was erased. With --yes, they are; it can't be taken back.\n") ||
		!strings.Contains(said[1], "by command line: donor donor_") || !strings.HasSuffix(said[1], "within seconds, if it runs.\n") {
		t.Errorf("the guide's commands say %q", said)
	}
	forgotten(t, address)
}

func TestErasingSaysWhomItCantFindAndWhatItWouldDo(t *testing.T) {
	t.Parallel()
	e, reference := booksOf(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), 2)
	for _, c := range []struct {
		who    string
		status int
		says   string
	}{
		{"nobody@example.org", failed, "nothing is known of them"},
		{"CP-00000000", failed, "nothing is known of them"},
		{" ", misused, "say whom to erase"},
		{"--yes", misused, "expected"},
		{reference, done, ": 1 gift, $50.00 in all.\n"},
		{"KANARI2@example.org", done, "Stays: amounts, days"},
		{"kanari2@example.org --yes", done, "Erased on "},
		{"kanari2@example.org", done, "Erased on "}, // it says how far that has come
	} {
		args := []string{"erase", c.who}
		if who, yes := strings.CutSuffix(c.who, " --yes"); yes {
			args = []string{"erase", who, "--yes"}
		}
		status, out, errs := appeal(t, e, args...)
		if status != c.status || !strings.Contains(out+errs, c.says) {
			t.Errorf("erase %q: status %d, %s%s; want %d, %q", c.who, status, out, errs, c.status, c.says)
		}
		if strings.Contains(strings.ToLower(out+errs), "kanari") {
			t.Errorf("erase %q names them: %s%s", c.who, out, errs)
		}
	}
}
