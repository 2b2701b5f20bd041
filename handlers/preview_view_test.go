package handlers

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/corruptionproject/appeal/models"
)

func TestTheHeadTellsNetworksWhatToShow(t *testing.T) {
	c := sampleCampaign(t)
	d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: prefilled(url.Values{}, c)}), nil)
	for property, want := range map[string]string{
		"og:type": "website", "og:site_name": "Mother Jones", "og:image:width": "1200", "og:image:height": "630",
		"og:image":     "https://give.example.org/share.png?v=2027-06-18-way",
		"og:image:alt": "Corruption Project: $312,480 raised of $500,000 as of June 18",
	} {
		d.in("head [property="+property+"]", hasAttr("content", want))
	}
	d.in("head [name=twitter:card]", hasAttr("content", "summary_large_image"))

	_, problems := donateForm{}.choices(c)
	mending := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: donateForm{}.keyed(), Problems: problems}), nil)
	mending.none("[property=og:image]")
	mending.none("[type=application/ld+json]")
}

// about reads what search engines are told.
func about(t *testing.T, page []byte) map[string]any {
	t.Helper()
	d := parse(t, page, nil)
	scripts := d.all("script[type=application/ld+json]")
	if len(scripts) != 1 || scripts[0].FirstChild == nil {
		t.Fatalf("%d of them", len(scripts))
	}
	var said map[string]any
	if err := json.Unmarshal([]byte(scripts[0].FirstChild.Data), &said); err != nil {
		t.Fatalf("%v in %s", err, scripts[0].FirstChild.Data)
	}
	return said
}

func TestSearchEnginesAreToldWhatTheFolderSays(t *testing.T) {
	c := sampleCampaign(t)
	said := about(t, mustCampaign(t, c, onTheWay(c), campaignState{}))
	if said["@context"] != "https://schema.org" || said["@type"] != "WebPage" || said["url"] != "https://give.example.org/" || said["name"] != c.Headline || said["description"] != c.Standfirst {
		t.Errorf("of the page: %v", said)
	}
	org, _ := said["publisher"].(map[string]any)
	if org["@type"] != "NGO" || org["name"] != "Mother Jones" || org["legalName"] != "Example News Foundation" || org["taxID"] != "00-0000000" {
		t.Errorf("of the newsroom: %v", org)
	}
	giving, _ := said["potentialAction"].(map[string]any)
	price, _ := giving["priceSpecification"].(map[string]any)
	if giving["@type"] != "DonateAction" || giving["target"] != "https://give.example.org/#give" || price["minPrice"] != "3.00" || price["maxPrice"] != "25000.00" || price["priceCurrency"] != "USD" {
		t.Errorf("of giving: %v", giving)
	}

	c.Organisation = models.Organisation{Name: "Mother Jones"}
	org, _ = about(t, mustCampaign(t, c, onTheWay(c), campaignState{}))["publisher"].(map[string]any)
	if len(org) != 3 {
		t.Errorf("of a newsroom that has written its name alone: %v", org)
	}

	closed, err := sampleViews(t, c).campaign(onTheWay(c), c.Deadline.AddDate(0, 0, 1), campaignState{})
	if err != nil {
		t.Fatal(err)
	}
	if _, still := about(t, closed)["potentialAction"]; still {
		t.Error("an ended campaign still asks for gifts")
	}
}

func TestWordsThatLookLikeMarkupStayWordsInTheHead(t *testing.T) {
	c := sampleCampaign(t)
	const evil = `</script><script>alert(1)</script> "&' <!-- ]]>` + "\u2028"
	c.Headline, c.Standfirst, c.Organisation.Name, c.Title = evil, evil, evil, evil
	page := mustCampaign(t, c, onTheWay(c), campaignState{})
	if said := about(t, page); said["name"] != evil {
		t.Errorf("the headline is read as %q", said["name"])
	}
	checkHarmless(t, parse(t, page, nil), evil)
}

func TestTheImageIsDescribedByWhatItShows(t *testing.T) {
	inEveryState(t, func(t *testing.T, _ string, at moment) {
		v := sampleViews(t, at.c)
		page, err := v.campaign(at.progress(), at.now, campaignState{StaleSince: at.stale})
		parse(t, page, err).in("[property=og:image:alt]", hasAttr("content", v.tracker(at.progress(), at.now, at.stale).Title))
	})
}
