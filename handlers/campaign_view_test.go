package handlers

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

func TestTheCampaignPageReadsFromTopToBottom(t *testing.T) {
	c := sampleCampaign(t)
	c.Draft = true
	d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: prefilled(url.Values{}, c)}), nil)
	d.in("html", hasAttr("lang", "en"))
	d.in("title", hasText("Corruption is a system. Help us cover it like one. — Corruption Project — Mother Jones"))
	d.in("a.skip", hasAttr("href", "#main"))
	d.in("header a.wordmark", hasText("Mother Jones"), hasAttr("href", "https://news.example.org"))
	d.in("main h1", hasText(c.Headline))
	d.in("main .kicker", hasText("The Corruption Project"))
	d.in(".letter.opening .draft", hasText("Draft"))
	d.in(".letter.opening", hasText("Dear reader,"))
	d.in(".letter.rest .signer", hasText("The Editor-in-Chief"))
	d.in(".initials", hasText("EC"), hasAttr("aria-hidden", "true"))
	d.in(".pays", hasText("Reporters and an editor"))
	d.in("details #how-we-count", hasText("A gift counts once its payment is confirmed."))
	d.in(".asides", hasText("made out to Example News Foundation"), hasText("If we fall short"), hasText("within 30 days"))
	d.in("footer", hasText("giving@example.org"), hasText("EIN 00-0000000"), hasText("123 Example Street"))
	if n := len(d.all("h1")); n != 1 {
		t.Errorf("%d h1 on the page", n)
	}
	inOrder(t, string(d.raw), `id="ticker"`, `class="button givenow"`, "Dear reader", `id="give"`, "It is no column", "Editor-in-Chief", "What your money pays for", "<footer")
}

func TestTheFormNeedsNoTyping(t *testing.T) {
	c := sampleCampaign(t)
	d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: prefilled(url.Values{}, c)}), nil)
	d.none("[name=frequency][type=radio]")
	d.in("[name=frequency][type=hidden]", hasAttr("value", "once"))
	d.in("fieldset legend", hasText("How much?"))
	if n := len(d.all("[name=once_amount]")); n != 6 {
		t.Errorf("%d amounts to choose from, want 5 and Other", n)
	}
	d.in("[name=once_amount][value=50]", hasAttr("checked", ""))
	d.in("[name=once_amount][value=other]", lacksAttr("checked"))
	d.in("label[for=other_amount]", hasText("Other amount in US dollars"))
	d.in("#other_amount", hasAttr("inputmode", "decimal"), hasAttr("autocomplete", "off"), hasAttr("value", ""))
	d.in("#cover_fees", hasAttr("value", "1"), lacksAttr("checked"))
	d.in("label[for=cover_fees]", hasText("Add about 2.9% + 30¢ ($1.80 on $50) so the full amount reaches Mother Jones"))
	d.in("[name=form_key]", hasAttr("value", ""))
	d.in("form button", hasText("Continue to payment"))
	d.in("form .next", hasText("pay on Stripe’s secure page with card, Apple Pay or Google Pay."))
	d.in("form .tax", hasText("EIN 00-0000000. No goods or services are given in return."))
	d.in("details.fold", lacksAttr("open"))
	d.in("details.fold summary", hasText("Add a note, or give in someone’s name"))
	d.in("details.fold [name=comment]")
	d.in("details.fold [name=tribute][value=none]", hasAttr("checked", ""))
	d.in("form [name=newsletter]", hasAttr("value", "1"), lacksAttr("checked"))
	d.in("form label[for=newsletter]", hasText("Email me the weekly newsletter (optional)"))
	d.none(".summary")
	d.none(".notice")
	d.none("[name=robots]")
}

func TestTheFeeIsReckonedInThePageFromTheCampaignsOwnRate(t *testing.T) {
	c := sampleCampaign(t)
	c.Fee.BasisPoints, c.Fee.Fixed = 220, 30
	d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{}), nil)
	d.in("form",
		hasAttr("data-basis-points", strconv.FormatInt(c.Fee.BasisPoints, 10)),
		hasAttr("data-fixed-cents", strconv.FormatInt(int64(c.Fee.Fixed), 10)))
	d.in("label[for=cover_fees]", hasText("2.2% + 30¢"),
		hasAttr("data-exact", "Add {fee} so the full {gift} reaches Mother"+nbsp+"Jones"))
}

func TestAChoiceOfFrequencyIsDrawnOnlyWhereThereIsOne(t *testing.T) {
	c := bothWays(t)
	d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: prefilled(url.Values{"frequency": {"monthly"}}, c)}), nil)
	d.in("#frequency-monthly", hasAttr("checked", ""))
	d.in("#frequency-once", lacksAttr("checked"))
	d.in("fieldset[data-for=monthly] legend", hasText("How much a month?"))
	d.in("[name=monthly_amount][value=15]", hasAttr("checked", ""))
	d.in("[name=once_amount][value=50]", hasAttr("checked", ""))
	d.none("[name=frequency][type=hidden]")
}

func TestAMonthlyGiftIsAgreedToInFullBesideTheButton(t *testing.T) {
	c := bothWays(t)
	form := campaignState{Form: prefilled(url.Values{"frequency": {"monthly"}}, c)}
	d := parse(t, mustCampaign(t, c, onTheWay(c), form), nil)
	d.in(".terms[data-for=monthly]", hasText("Giving monthly, you’ll be charged today and on the 18th of each month until you cancel. You can change or cancel it online at any time."))
	d.in(".terms strong", hasAttr("data-exact", "{amount} today and on the 18th of each month until you cancel"))
	inOrder(t, string(d.raw), `class="terms set"`, `type="submit"`)

	c.Frequencies = append(c.Frequencies, models.Yearly)
	c.Presets[models.Yearly] = models.Presets{Amounts: []money.Minor{6000}}
	d = parse(t, mustCampaign(t, c, onTheWay(c), form), nil)
	d.in(".terms[data-for=yearly]", hasText("Giving yearly, you’ll be charged today and on June 18 each year until you cancel."))

	c.Frequencies = []models.Frequency{models.Once}
	parse(t, mustCampaign(t, c, onTheWay(c), form), nil).none(".terms")
}

func TestTheNumberIsExplainedAsThisCampaignCounts(t *testing.T) {
	c := bothWays(t)
	c.BankDebits = true
	d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{}), nil)
	inOrder(t, textOf(d.all("#how-we-count")[0]),
		"A gift counts once its payment is confirmed.", "What is refunded, or taken back by the donor’s bank, comes off again.",
		"A bank payment counts when it clears, which takes up to four business days.",
		"A repeated gift counts payment by payment, each when it is made.",
		"What is given in other ways counts once we have recorded it.",
		"Amounts are what donors paid, before card fees.", "Seed funding is no part of this number.")

	d = parse(t, mustCampaign(t, sampleCampaign(t), onTheWay(c), campaignState{}), nil)
	for _, word := range []string{"bank payment", "repeated"} {
		if strings.Contains(textOf(d.all("#how-we-count")[0]), word) {
			t.Errorf("a campaign without it speaks of a %s", word)
		}
	}
}

func TestAReaderSeesWhatIsWrongAndLosesNothing(t *testing.T) {
	c := sampleCampaign(t)
	f := readDonateForm(url.Values{
		"once_amount": {"50"}, "other_amount": {"75"}, "cover_fees": {"1"}, "src": {"article-7"}, "form_key": {"bad"},
	})
	_, problems := f.choices(c)
	const said = "You chose $50 and also typed $75. Pick one."
	d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: f.keyed(), Problems: problems}), nil)
	if !strings.HasPrefix(textOf(d.all("title")[0]), "Error: ") {
		t.Error("the title does not begin with Error:")
	}
	d.in(".summary", hasText("There is a problem"), hasAttr("tabindex", "-1"), hasAttr("autofocus", ""))
	d.in(".summary a", hasText(said), hasAttr("href", "#other_amount"))
	d.in("fieldset", hasAttr("aria-describedby", "amount-error"))
	d.in("fieldset #amount-error", hasText(said))
	d.in("#other_amount", hasAttr("value", "75"), hasAttr("aria-invalid", "true"), hasAttr("aria-describedby", "amount-error"))
	d.in("[name=once_amount][value=50]", hasAttr("checked", ""))
	d.in("#cover_fees", hasAttr("checked", ""))
	d.in("[name=src]", hasAttr("value", "article-7"))
	d.in("[name=robots]", hasAttr("content", "noindex"))
	if key, _ := attr(d.all("[name=form_key]")[0], "value"); !validKey.MatchString(key) {
		t.Errorf("the page carries the key %q", key)
	}
	inOrder(t, string(d.raw), `class="summary"`, `id="give"`, "<form")
}

func TestANoteOrADedicationIsKeptInSightUntilItIsSent(t *testing.T) {
	c := sampleCampaign(t)
	draw := func(fields url.Values) doc {
		t.Helper()
		f := readDonateForm(fields)
		_, problems := f.choices(c)
		return parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: f.keyed(), Problems: problems}), nil)
	}
	for _, fields := range []url.Values{{"comment": {"Thank you."}}, {"tribute": {"memory"}}, {"tribute_name": {"A. Reader"}}} {
		draw(fields).in("details.fold", hasAttr("open", ""))
	}
	draw(url.Values{"tribute": {"none"}}).in("details.fold", lacksAttr("open"))

	long, name := strings.Repeat("é", 501), strings.Repeat("é", 81)
	d := draw(url.Values{"amount": {"50"}, "comment": {long}, "tribute": {"honor"}, "tribute_name": {name}})
	d.in("#comment", hasText(long), hasAttr("aria-invalid", "true"), hasAttr("aria-describedby", "comment-hint comment-error"))
	d.in("#comment-error", hasText("Shorten your note to 500 characters; it has 501"))
	d.in("#tribute_name", hasAttr("value", name), hasAttr("aria-invalid", "true"), hasAttr("aria-describedby", "tribute_name-error"))
	d.in("#tribute_name-error", hasText("Shorten the name to 80 characters; it has 81"))
	d.in("[name=tribute][value=honor]", hasAttr("checked", ""))
	var links []string
	for _, a := range d.all(".summary a") {
		href, _ := attr(a, "href")
		links = append(links, href)
	}
	if strings.Join(links, " ") != "#comment #tribute_name" {
		t.Errorf("the summary leads to %v", links)
	}
}

func TestWhoIsPublishedIsSaidBeforeGiving(t *testing.T) {
	c := sampleCampaign(t)
	c.PublishDonorsFrom = 5000_00
	parse(t, mustCampaign(t, c, onTheWay(c), campaignState{}), nil).
		in("form .tax", hasText("We publish the names of donors who give $5,000 or more."))
	c.PublishDonorsFrom = 0
	if d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{}), nil); strings.Contains(textOf(d.root), "publish the names") {
		t.Error("a campaign that publishes nobody says that it does")
	}
}

func TestThatStripesPageAsksForAnAddressIsSaidBeforeGiving(t *testing.T) {
	c := sampleCampaign(t)
	for _, c.CollectAddress = range []bool{true, false} {
		d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{}), nil)
		if said := strings.Contains(textOf(d.root), "asks for your postal address, which we keep with your gift"); said != c.CollectAddress {
			t.Errorf("collecting %t, and said %t", c.CollectAddress, said)
		}
	}
}

func TestWithoutAScriptTheCentsAreThoseOfTheAmountChosenBeforehand(t *testing.T) {
	c := bothWays(t)
	for query, said := range map[string]string{
		"":                             "($1.80 on $50)",
		"amount=40":                    "($1.50 on $40)",
		"amount=1250.50":               "($37.66 on $1,250.50)",
		"frequency=monthly":            "($0.76 on $15)",
		"amount=40&frequency=nonsense": "($1.50 on $40)",
		"amount=1e3&src=%00":           "($1.80 on $50)",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: prefilled(values, c)}), nil).
			in("label[for=cover_fees]", hasText("Add about 2.9% + 30¢ "+said+" so the full amount reaches Mother Jones"))
	}
	presets := c.Presets[models.Once]
	presets.Default = 0
	c.Presets[models.Once] = presets
	parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: prefilled(nil, c)}), nil).
		in("label[for=cover_fees]", hasText("Add about 2.9% + 30¢ so the full amount"))
}

func TestEveryLinkOfTheSummaryLeadsSomewhere(t *testing.T) {
	c := bothWays(t)
	for _, form := range []url.Values{
		{}, {"frequency": {"weekly"}}, {"amount": {"1"}}, {"frequency": {"monthly"}}, {"once_amount": {"other"}, "comment": {strings.Repeat("x", 501)}},
	} {
		f := readDonateForm(form)
		_, problems := f.choices(c)
		d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: f.keyed(), Problems: problems}), nil)
		if len(d.all(".summary li")) != len(problems) || len(problems) == 0 {
			t.Errorf("%v: %d problems, %d told", form, len(problems), len(d.all(".summary li")))
		}
		for _, a := range d.all(".summary a") {
			href, _ := attr(a, "href")
			d.in(href)
		}
	}
}

func TestNoticesSayThatNothingWasCharged(t *testing.T) {
	c := sampleCampaign(t)
	for n, said := range map[notice]string{
		cancelledNotice:   "You left before paying. You have not been charged. Your choices are still here.",
		unreachableNotice: "We couldn’t reach our payment provider. You have not been charged. Try again in a minute, or mail a check to 123 Example Street",
		limitedNotice:     "Too many tries. You have not been charged.",
		conflictNotice:    "You have not been charged for these.",
	} {
		f := again(models.Choices{Frequency: models.Once, Amount: 7550}, c)
		d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: f, Notice: n}), nil)
		d.in(".notice", hasAttr("role", "status"), hasText(said))
		d.in("#other_amount", hasAttr("value", "75.50"))
		d.in("[name=once_amount][value=other]", hasAttr("checked", ""))
		d.in("[name=form_key]", hasAttr("value", f.FormKey))
	}
}

func TestWhatTheNewsroomHasNotWrittenIsNotSaid(t *testing.T) {
	c := sampleCampaign(t)
	c.Organisation = models.Organisation{Name: "Mother Jones"}
	c.Newsletter = models.Newsletter{}
	c.PaysFor, c.OverGoal, c.UnderGoal, c.RefundPolicy, c.PaymentMethods = nil, "", "", "", nil
	d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: prefilled(url.Values{}, c)}), nil)
	page := strings.ToLower(textOf(d.root))
	for _, word := range []string{"ein ", "privacy", "questions?", "check", "newsletter", "receipt", "e-mail", "email", "month"} {
		if strings.Contains(page, word) {
			t.Errorf("the page speaks of %q", word)
		}
	}
	d.in("form .next", hasText("pay on Stripe’s secure page. We never see"))
	d.in("header a.wordmark", hasAttr("href", "/"))
}

func TestTestModeIsSaidOnEveryPage(t *testing.T) {
	c := sampleCampaign(t)
	v := sampleViews(t, c)
	v.site.TestMode = true
	for name, draw := range everyPage(v, c) {
		page, err := draw()
		d := parse(t, page, err)
		if d.t = t; len(d.all(".testmode")) != 1 || textOf(d.all(".testmode")[0]) != "Test mode — no real money" {
			t.Errorf("%s does not say so", name)
		}
	}
}

func inOrder(t *testing.T, page string, marks ...string) {
	t.Helper()
	for _, m := range marks {
		_, rest, found := strings.Cut(page, m)
		if !found {
			t.Errorf("%q is not where it should be", m)
			return
		}
		page = rest
	}
}
