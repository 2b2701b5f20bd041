package handlers

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/models"
)

// withMagazine is the sample campaign where gifts of $50 bring something.
func withMagazine(t *testing.T) models.Campaign {
	t.Helper()
	c := sampleCampaign(t)
	c.Receipts.Benefit = models.Benefit{Description: "A year of the magazine, in print", Value: 36_00, From: 50_00}
	return c
}

func TestTheFormSaysWhatAGiftBringsAndLetsItBeDeclined(t *testing.T) {
	c := withMagazine(t)
	page, err := sampleViews(t, c).campaign(onTheWay(c), june18(c), campaignState{Form: prefilled(nil, c)})
	d := parse(t, page, err)
	d.in("#benefit", hasText("With a gift of $50 or more you get: A year of the magazine, in print. By our good-faith estimate it is worth $36. Only what you give above that is tax-deductible."))
	d.in("#no_benefit", hasAttr("value", "1"), hasAttr("aria-describedby", "benefit"), lacksAttr("checked"))
	d.in(".tax", hasText("Nothing else is given in return."))

	c.Organisation.NotDeductible = true
	page, err = sampleViews(t, c).campaign(onTheWay(c), june18(c), campaignState{Form: prefilled(nil, c)})
	parse(t, page, err).in("#benefit", hasText("it is worth $36."))

	page, err = sampleViews(t, sampleCampaign(t)).campaign(onTheWay(c), june18(c), campaignState{Form: prefilled(nil, c)})
	without := parse(t, page, err)
	without.none("#benefit")
	without.none("#no_benefit")
	without.in(".tax", hasText("No goods or services are given in return."))
}

func TestAGiftBringsWhatItIsLargeEnoughForUnlessThatIsDeclined(t *testing.T) {
	c := withMagazine(t)
	for _, test := range []struct {
		amount, declined string
		brings           bool
	}{{"50", "", true}, {"49.99", "", false}, {"50", "1", false}, {"500", "0", true}} {
		form := readDonateForm(url.Values{"amount": {test.amount}, "no_benefit": {test.declined}})
		got, problems := form.choices(c)
		if len(problems) > 0 || (got.Benefit != "") != test.brings || (got.BenefitValue == 36_00) != test.brings {
			t.Errorf("%+v: promises %q, worth %s (%v)", test, got.Benefit, got.BenefitValue, problems)
		}
	}
}

func TestWhoDeclinedFindsItDeclinedWheneverTheFormComesBack(t *testing.T) {
	c := withMagazine(t)
	v := sampleViews(t, c)
	for _, declined := range []string{"", "1"} {
		form := readDonateForm(url.Values{"amount": {"75"}, "no_benefit": {declined}})
		chosen, _ := form.choices(c)
		back := again(chosen, c)
		same, problems := back.choices(c)
		if diff := cmp.Diff(chosen, same); diff != "" || len(problems) > 0 {
			t.Errorf("coming back: %s %v", diff, problems)
		}
		for what, f := range map[string]donateForm{"to be mended": form, "cancelled": back} {
			page, err := v.campaign(onTheWay(c), june18(c), campaignState{Form: f})
			_, checked := attr(parse(t, page, err).all("#no_benefit")[0], "checked")
			if checked != (declined == "1") {
				t.Errorf("declined %q, %s: checked %v", declined, what, checked)
			}
		}
	}
}

func TestWhatStatesWantSaidStandsOnTheCampaignsPage(t *testing.T) {
	c := sampleCampaign(t)
	c.Receipts.Disclosures = []string{"FLORIDA: A COPY OF THE OFFICIAL REGISTRATION."}
	page, err := sampleViews(t, c).campaign(onTheWay(c), june18(c), campaignState{})
	parse(t, page, err).in(".asides", hasText("State disclosures"), hasText("FLORIDA: A COPY OF THE OFFICIAL REGISTRATION."))
}
