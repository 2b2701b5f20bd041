package finance_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// paid books a gift of so much that came on some way, at a moment.
func (h *house) paid(c models.Choices, at time.Time) {
	h.t.Helper()
	c.Frequency, c.Tribute = models.Once, models.NoTribute
	d, err := h.store.StartDonation(h.t.Context(), "", 0, c)
	if err != nil {
		h.t.Fatal(err)
	}
	agreed := money.Money{Minor: d.AmountCharged, Currency: "usd"}
	_, err = h.store.Learn(h.t.Context(), models.Object{ID: "ch_" + d.ID, Raw: []byte("{}"), Reading: models.Reading{Facts: []models.Fact{{
		Key: "ch_" + d.ID + ":charge", Kind: models.Charged, Object: "ch_" + d.ID, Money: agreed, Agreed: &agreed, At: at, Method: "visa",
		Gift: models.GiftRef{Campaign: "corruption-project", Token: d.Token, Charge: "ch_" + d.ID}, Evidence: "of_ch",
	}}}})
	if err != nil {
		h.t.Fatal(err)
	}
}

// firstFigure is the gross of the page's first row.
func (a answer) firstFigure(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`<dt>Gross</dt><dd><a href="[^"]*">([^<]*)</a></dd>`).FindStringSubmatch(a.body)
	if found == nil {
		t.Fatalf("no gross on the page:\n%s", a.body)
	}
	return found[1]
}

func TestEachRowOfTheOverviewLeadsToThoseGiftsAlone(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			h := openOn(t, storetest.Open(t, address(t), clock), clock, "")
			h.paid(models.Choices{Amount: 10_00, Src: "article-7"}, storetest.Start)
			h.paid(models.Choices{Amount: 25_00, UTMSource: "a&b", UTMMedium: "<i>"}, storetest.Start.AddDate(0, 0, -3))
			h.paid(models.Choices{Amount: 70_00}, storetest.Start.AddDate(0, 0, -40))
			staff := h.as(h.add("viewer@example.org", models.Viewer))

			page := staff.get("/finance")
			if got := page.firstFigure(t); page.status != http.StatusOK || got != "$105.00" {
				t.Fatalf("%d, gross %s", page.status, got)
			}
			want := map[string]string{"article-7": "$10.00", "a&amp;b / &lt;i&gt;": "$25.00", "Direct": "$70.00", "One time": "$105.00", "Visa": "$105.00", "7 days": "$35.00", "Today": "$10.00", "30 days": "$35.00", "Nov 21": "$25.00"}
			for _, link := range regexp.MustCompile(`<a href="(/finance\?[^"]*)"[^>]*>([^<]*)</a>`).FindAllStringSubmatch(page.body, -1) {
				gross, listed := want[link[2]]
				if !listed {
					continue
				}
				there := staff.get(strings.ReplaceAll(link[1], "&amp;", "&"))
				if got := there.firstFigure(t); got != gross {
					t.Errorf("%s leads to %s, where gross is %s, not %s", link[2], link[1], got, gross)
				}
				delete(want, link[2])
			}
			if len(want) > 0 {
				t.Errorf("no links for %v", want)
			}
		})
	}
}

func TestADateThatIsNoneIsSaidAndTheWholeCampaignIsShown(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	h.paid(models.Choices{Amount: 10_00}, storetest.Start)
	staff := h.as(h.add("viewer@example.org", models.Viewer))
	for query, says := range map[string]string{
		"from=soon":                     "The first day isn’t a date",
		"to=2026-02-30":                 "The last day isn’t a date",
		"from=2026-11-02&to=2026-11-01": "The last day is before the first.",
	} {
		page := staff.get("/finance?" + query)
		page.expect(t, http.StatusUnprocessableEntity, "", says)
		if got := page.firstFigure(t); got != "$10.00" {
			t.Errorf("%s: gross %s", query, got)
		}
	}
	staff.get("/finance?from=2020-01-01&to=2020-02-01").expect(t, http.StatusOK, "", "No gifts in this period.")
}
