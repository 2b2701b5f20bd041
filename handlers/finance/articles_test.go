package finance_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestTheArticlesAreShownToViewersWithoutAddressesAndWithoutFiles(t *testing.T) {
	t.Parallel()
	h := open(t, "")
	finance, viewer := h.as(h.add("finance@example.org", models.Finance)), h.as(h.add("viewer@example.org", models.Viewer))
	viewer.get("/finance/articles").says(t, "No gifts in this period.")

	h.paid(models.Choices{Src: "county-contracts", Amount: 40_00}, storetest.Start)
	h.paid(models.Choices{Src: "county-contracts", Amount: 10_00}, storetest.Start)
	h.paid(models.Choices{Src: "reader@example.org", Amount: 25_00}, storetest.Start)
	finance.get("/finance/articles").says(t, "county-contracts", "$50.00", "reader@example.org", "$75.00", "/finance/export/articles.csv", `href="/finance?article=src%2Fcounty-contracts"`)
	page := viewer.get("/finance/articles")
	page.says(t, "county-contracts", "$50.00", "$25.00", "$75.00")
	for _, hidden := range []string{"reader@example.org", "reader%40example.org", "/finance/export"} {
		if strings.Contains(page.body, hidden) {
			t.Errorf("a viewer is shown %s", hidden)
		}
	}
	finance.get("/finance?article=src%2Fcounty-contracts").says(t, "Only county-contracts", "$50.00")
	finance.get("/finance/donations?article=src%2Fcounty-contracts").says(t, "Article: county-contracts", "2 gifts, $50.00")
	viewer.get("/finance/articles?from=2020-01-01&to=2020-01-02").says(t, "Jan 1 – Jan 2, 2020", "No gifts in this period.")
	viewer.get("/finance/articles?from=soon").expect(t, http.StatusUnprocessableEntity, "", "This is the whole campaign.")
}
