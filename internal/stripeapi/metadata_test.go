package stripeapi_test

import (
	"testing"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

func TestMetadataThatSomebodyElseWroteIsNoChoiceOfADonors(t *testing.T) {
	got := stripeapi.ReadMetadata(map[string]string{
		"appeal_campaign": "spring-drive", "appeal_token": "AAAAAAAAAAAAAAAAAAAAAA", "appeal_frequency": "weekly",
		"appeal_tribute": "zzz", "appeal_fees": "many", "appeal_src": "a\x00b\x1b[31m", "appeal_comment": "two\nlines\x07",
		"appeal_benefit": "A castle", "appeal_benefit_value": "priceless",
	}).Choices
	want := models.Choices{Frequency: models.Once, Tribute: models.NoTribute, Src: "ab[31m", Comment: "two\nlines"}
	if got != want {
		t.Errorf("read as %+v, and not %+v", got, want)
	}
}
