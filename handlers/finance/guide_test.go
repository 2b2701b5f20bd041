//go:build !race

package finance_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// TestTheGuideNamesEveryFigureOfTheOverview reads the page of books in which
// everything happened, and holds each name of a number against docs/finance/figures.md.
func TestTheGuideNamesEveryFigureOfTheOverview(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/finance/figures.md")
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]*) \| ([^|]*) \|`).FindAllStringSubmatch(string(guide), -1) {
		for _, cell := range row[1:] {
			for name := range strings.SplitSeq(cell, ", ") {
				explained[strings.TrimSpace(name)] = true
			}
		}
	}
	clock := &storetest.Clock{}
	h := openOn(t, storetest.OpenWith(t, models.Options{URL: storetest.Databases()["SQLite"](t), Slug: "corruption-project", Zone: pacific(t), Now: clock.Now}), clock, "")
	h.fates()
	page := h.as(h.add("treasurer@example.org", models.Finance)).get("/finance").body

	named := map[string]bool{}
	_, waiting, _ := strings.Cut(page, `<h2 id="waiting">`)
	waiting, _, _ = strings.Cut(waiting, "</table>")
	for what, names := range map[string][][]string{
		"the sum":         regexp.MustCompile(`<dt>([^<]+)</dt>`).FindAllStringSubmatch(page, -1),
		"what waits":      regexp.MustCompile(`<th scope="row"[^>]*>(?:<span[^>]*>.*?</span> )?(?:<a [^>]*>)?([^<]+)`).FindAllStringSubmatch(waiting, -1),
		"numbers' heads":  regexp.MustCompile(`<th scope="col" class="num">([^<]+)</th>`).FindAllStringSubmatch(page, -1),
		"kinds of tables": regexp.MustCompile(`<th scope="col">(Channel|Type|Paid with)</th>`).FindAllStringSubmatch(page, -1),
	} {
		if len(names) < 3 {
			t.Errorf("only %d names are found of %s", len(names), what)
		}
		for _, name := range names {
			named[name[1]] = true
		}
	}
	for name := range named {
		switch name {
		case "How many", "Amount", "Payout", "Disputes": // of whatever stands in the row; the last is the sum's own, short
		default:
			if !explained[name] {
				t.Errorf("the overview has %q, and the guide does not say what it is", name)
			}
		}
	}
	for _, text := range []string{"In Stripe now", "less paid out", "on its way to the bank", "Not compared with Stripe yet"} {
		if !strings.Contains(page, text) {
			t.Errorf("the overview no longer says %q, of which the guide tells", text)
		}
	}
}
