package handlers

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// bothWays is the sample campaign with monthly gifts.
func bothWays(t *testing.T) models.Campaign {
	t.Helper()
	c := sampleCampaign(t)
	c.Frequencies = []models.Frequency{models.Once, models.Monthly}
	return c
}

func TestTheAmountIsReadAsPeopleTypeIt(t *testing.T) {
	const (
		pick     = "Choose an amount"
		enter    = "Enter an amount in dollars, like 75 or 75.50"
		smallest = "The smallest gift we can take online is $3"
		largest  = "For gifts over $25,000 please write to us: giving@example.org"
	)
	for _, test := range []struct {
		name, form string
		want       money.Minor
		problem    string
	}{
		{"a link's amount", "amount=40", 4000, ""},
		{"with a dollar sign and commas", "amount=%241,250.50", 125050, ""},
		{"with spaces", "amount=++75+", 7500, ""},
		{"the least", "amount=3", 300, ""},
		{"the most", "amount=25,000.00", 2500000, ""},
		{"a cent below the least", "amount=2.99", 0, smallest},
		{"nothing", "amount=0", 0, smallest},
		{"a cent above the most", "amount=25000.01", 0, largest},
		{"far above the most", "amount=99999999999999999999", 0, enter},
		{"an exponent", "amount=1e3", 0, enter},
		{"three decimals", "amount=12.345", 0, enter},
		{"a negative amount", "amount=-5", 0, enter},
		{"digits that are not ours", "amount=%D9%A5", 0, enter},
		{"a comma where none belongs", "amount=1,00", 0, enter},
		{"points for thousands", "amount=1.000", 0, enter},
		{"a word", "amount=fifty", 0, enter},
		{"a stray byte inside", "amount=5%FF0", 0, enter},
		{"a zero byte inside", "amount=5%000", 0, enter},
		{"nothing at all", "", 0, pick},
		{"only spaces", "amount=+++", 0, pick},
		{"a preset", "once_amount=50", 5000, ""},
		{"a preset with an empty field beside it", "once_amount=50&other_amount=", 5000, ""},
		{"a preset and the same once more", "once_amount=50&other_amount=%2450.00", 5000, ""},
		{"a preset and another amount", "once_amount=50&other_amount=75", 0, "You chose $50 and also typed $75. Pick one."},
		{"a preset and a word", "once_amount=50&other_amount=lots", 0, "You chose $50 and also typed “lots”. Pick one."},
		{"other", "once_amount=other&other_amount=75.50", 7550, ""},
		{"other, nothing typed", "once_amount=other", 0, enter},
		{"typed without a choice", "other_amount=75", 7500, ""},
		{"a choice that is not offered", "once_amount=51", 0, pick},
		{"amount wins over the page's own fields", "amount=40&once_amount=50&other_amount=75", 4000, ""},
		{"an empty amount does not win", "amount=&once_amount=50", 5000, ""},
		{"only the named frequency is read", "frequency=monthly&monthly_amount=15&once_amount=50", 1500, ""},
		{"presets belong to their frequency", "frequency=monthly&monthly_amount=500", 0, pick},
		{"the first of a repeated field counts", "amount=40&amount=50", 4000, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			values, err := url.ParseQuery(test.form)
			if err != nil {
				t.Fatal(err)
			}
			got, problems := readDonateForm(values).choices(bothWays(t))
			if test.problem != "" {
				want := map[string]string{"amount": test.problem}
				if diff := cmp.Diff(want, problems.Fields()); diff != "" {
					t.Error(diff)
				}
				return
			}
			if len(problems) > 0 || got.Amount != test.want {
				t.Errorf("got %v, problems %v; want %v", got.Amount, problems, test.want)
			}
		})
	}
}

func TestTheRestOfTheFormIsChecked(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é", n) }
	for _, test := range []struct {
		name    string
		form    url.Values
		problem string // its field
	}{
		{"a frequency that is offered", url.Values{"frequency": {"monthly"}}, ""},
		{"a frequency that is not", url.Values{"frequency": {"yearly"}}, "frequency"},
		{"a frequency that does not exist", url.Values{"frequency": {"weekly"}}, "frequency"},
		{"a note of 500 characters", url.Values{"comment": {long(500)}}, ""},
		{"a note of 501", url.Values{"comment": {long(501)}}, "comment"},
		{"500 characters with line ends as browsers send them", url.Values{"comment": {long(498) + "\r\n" + "é"}}, ""},
		{"a name of 80 characters", url.Values{"tribute": {"honor"}, "tribute_name": {long(80)}}, ""},
		{"a name of 81", url.Values{"tribute": {"honor"}, "tribute_name": {long(81)}}, "tribute_name"},
		{"a tribute that does not exist", url.Values{"tribute": {"revenge"}}, "tribute"},
		{"a key of 16", url.Values{"form_key": {strings.Repeat("a", 16)}}, ""},
		{"a key of 64", url.Values{"form_key": {strings.Repeat("Z_-9", 16)}}, ""},
		{"a key of 15", url.Values{"form_key": {strings.Repeat("a", 15)}}, "form_key"},
		{"a key of 65", url.Values{"form_key": {strings.Repeat("a", 65)}}, "form_key"},
		{"a key with other characters", url.Values{"form_key": {"aaaaaaaaaaaaaaaa+/=="}}, "form_key"},
		{"a key with a line end", url.Values{"form_key": {"aaaaaaaaaaaaaaaaaaaa\n"}}, "form_key"},
		{"unknown fields", url.Values{"color": {"red"}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.form.Set("amount", "50")
			_, problems := readDonateForm(test.form).choices(bothWays(t))
			if test.problem == "" && len(problems) > 0 {
				t.Errorf("problems %v", problems)
			}
			if test.problem != "" && (len(problems) != 1 || problems[0].Field != test.problem) {
				t.Errorf("problems %v, want one of %s", problems, test.problem)
			}
		})
	}
}

func TestAllProblemsAreToldAtOnceInTheOrderOfTheForm(t *testing.T) {
	f := readDonateForm(url.Values{"frequency": {"weekly"}, "comment": {strings.Repeat("x", 600)}, "form_key": {"short"}})
	_, problems := f.choices(sampleCampaign(t))
	var fields []string
	for _, p := range problems {
		fields = append(fields, p.Field)
	}
	if diff := cmp.Diff([]string{"frequency", "amount", "comment", "form_key"}, fields); diff != "" {
		t.Error(diff)
	}
}

func TestEverythingTheReaderChoseIsKept(t *testing.T) {
	long := strings.Repeat("ü", 300)
	got, problems := readDonateForm(url.Values{
		"frequency": {"once"}, "amount": {"50"}, "cover_fees": {"on"}, "newsletter": {"true"},
		"comment": {" Thank\x00 you\r\nall \xff"}, "tribute": {"memory"}, "tribute_name": {"Ada\nL."},
		"src": {"article-\x1b123"}, "utm_source": {long}, "utm_medium": {"e\xffmail"}, "utm_campaign": {"fall"}, "utm_content": {"to-reader@example.org"},
	}).choices(sampleCampaign(t))
	want := models.Choices{
		Frequency: models.Once, Amount: 5000, FeesCovered: 180, Newsletter: true,
		Comment: "Thank you\nall", Tribute: models.InMemory, TributeName: "AdaL.",
		Src: "article-123", UTMSource: strings.Repeat("ü", 200), UTMMedium: "email", UTMCampaign: "fall", UTMContent: "t…@e…",
	}
	if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
		t.Errorf("%s problems %v", diff, problems)
	}
	for _, no := range []string{"", "0", "false", "yes"} {
		if readDonateForm(url.Values{"cover_fees": {no}}).CoverFees {
			t.Errorf("cover_fees=%q covers fees", no)
		}
	}
}

func TestALinkFillsTheFormInAndIsNeverScolded(t *testing.T) {
	type filled struct{ Frequency, Once, Monthly, Other string }
	for query, want := range map[string]filled{
		"":                             {"once", "50", "15", ""},
		"amount=100":                   {"once", "100", "15", ""},
		"amount=40":                    {"once", "other", "15", "40"},
		"amount=12.50":                 {"once", "other", "15", "12.50"},
		"amount=25&frequency=monthly":  {"monthly", "50", "25", ""},
		"amount=40&frequency=monthly":  {"monthly", "50", "other", "40"},
		"amount=1e3":                   {"once", "50", "15", ""},
		"amount=1":                     {"once", "50", "15", ""},
		"amount=25000.01":              {"once", "50", "15", ""},
		"frequency=weekly":             {"once", "50", "15", ""},
		"amount=40&frequency=biweekly": {"once", "other", "15", "40"},
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		f := prefilled(values, bothWays(t))
		got := filled{f.Frequency, f.Picked["once"], f.Picked["monthly"], f.OtherAmount}
		if got != want {
			t.Errorf("?%s fills in %+v, want %+v", query, got, want)
		}
		if f.FormKey != "" {
			t.Errorf("?%s: the page that everybody shares carries a key", query)
		}
	}
}

func TestAReaderWhoComesBackFindsTheirChoicesAndANewKey(t *testing.T) {
	c := sampleCampaign(t)
	chosen := models.Choices{Frequency: models.Once, Amount: 7550, FeesCovered: 256, Src: "article-1", Tribute: models.NoTribute}
	f := again(chosen, c)
	got, problems := f.choices(c)
	if diff := cmp.Diff(chosen, got); diff != "" || len(problems) > 0 {
		t.Errorf("%s problems %v", diff, problems)
	}
	if other := again(chosen, c); !validKey.MatchString(f.FormKey) || f.FormKey == other.FormKey {
		t.Errorf("keys %q and %q", f.FormKey, other.FormKey)
	}
}

func TestAGoodKeyIsKeptAndABadOneReplaced(t *testing.T) {
	good := strings.Repeat("k", 22)
	if got := (donateForm{FormKey: good}).keyed().FormKey; got != good {
		t.Errorf("a good key became %q", got)
	}
	for _, bad := range []string{"", "short", `"><script>alert(1)</script>`} {
		if got := (donateForm{FormKey: bad}).keyed().FormKey; len(got) != 22 || !validKey.MatchString(got) {
			t.Errorf("%q became %q", bad, got)
		}
	}
}
