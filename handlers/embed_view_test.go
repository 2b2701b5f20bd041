package handlers

import (
	"bytes"
	"compress/gzip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/snippet"
	"github.com/corruptionproject/appeal/models"
)

func framedAppeal(t *testing.T, c models.Campaign, query string, p models.Progress, now time.Time) doc {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	page, err := sampleViews(t, c).embed(readFrame(values), p, now, time.Time{})
	return parse(t, page, err)
}

func TestAFrameSaysWhereTheCampaignStands(t *testing.T) {
	base, accept, hide, stretch := campaignsThatDiffer(t)
	day := june18(base)
	for _, test := range []struct {
		name     string
		c        models.Campaign
		now      time.Time
		raised   money.Minor
		gifts    int64
		tracker  string // in the two larger frames
		line     string // in the smallest
		bar, ask bool
	}{
		{"before it opens", base, base.Opens.Add(-time.Hour), 0, 0, "Opens November 1. Goal: $500,000 by June 30, 2027.", "The Corruption Project opens November 1.", false, false},
		{"before the first gift", base, day, 0, 0, "Goal: $500,000 Be one of the first readers to give. 13 days left", "Be one of the first readers to give to the Corruption Project.", false, true},
		{"below the newsroom's percentage", hide, day, 99_999_00, 1500, "1,500 readers have given so far Goal: $500,000 by June 30. 13 days left", "1,500 readers have given to the Corruption Project so far", false, true},
		{"on the way", base, day, 312_480_99, 4106, "$312,480 raised of $500,000 4,106 readers · 13 days left", "$312,480 of $500,000 for the Corruption Project", true, true},
		{"from 80 %", base, day, 458_800_50, 6000, "$41,200 to go $458,800 of $500,000 · 13 days left", "$41,200 to go for the Corruption Project", true, true},
		{"the goal is met", base, day, 523_910_00, 6000, "Goal met: $523,910 raised Gifts above the goal pay for more of the same reporting. 6,000 readers · 13 days left", "Goal met: $523,910 for the Corruption Project", true, true},
		{"the goal is met, and there is another", stretch, day, 523_910_00, 6000, "Gifts now go further: a second year. Next mark: $600,000.", "Goal met: $523,910", true, true},
		{"the last day", base, base.Deadline.Add(-time.Hour), 312_480_00, 4106, "Last day · Ends tonight at 11:59 p.m. PT", "$312,480 of $500,000", true, true},
		{"ended", base, base.Deadline.Add(time.Second), 471_300_00, 6204, "This campaign ended June 30. Readers gave $471,300. Thank you.", "This campaign ended June 30. Readers gave $471,300. Thank you.", true, false},
		{"ended with nothing", base, base.Deadline.Add(time.Second), 0, 0, "This campaign ended June 30. Thank you for reading.", "This campaign ended June 30. Thank you for reading.", true, false},
		{"after the deadline, still taking gifts", accept, base.Deadline.Add(time.Hour), 312_480_00, 4106, "4,106 readers · The campaign closed June 30", "$312,480 of $500,000", true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := models.Progress{Raised: test.raised, Gifts: test.gifts, Donors: test.gifts}
			for _, variant := range []string{snippet.Letter, snippet.Standard, snippet.Ticker} {
				d := framedAppeal(t, test.c, "v="+variant, p, test.now)
				if variant == snippet.Ticker {
					d.in("h2", hasText(test.line))
				} else {
					d.in(".tracker", hasText(test.tracker))
				}
				if n := len(d.all("h2")); n != 1 || len(d.all("h1")) > 0 {
					t.Errorf("%s: %d h2 and %d h1", variant, n, len(d.all("h1")))
				}
				if bars := len(d.all(".bar")); (bars == 1) != test.bar {
					t.Errorf("%s: %d bars", variant, bars)
				}
				if asks := len(d.all(".button")); (asks == 1) != test.ask {
					t.Errorf("%s: %d buttons", variant, asks)
				}
				for _, word := range []string{"$0", "−"} {
					if strings.Contains(textOf(d.root), word) {
						t.Errorf("%s says %s: %s", variant, word, textOf(d.root))
					}
				}
				for _, never := range []string{"[autofocus]", "[aria-live]", "[role=status]"} {
					d.none(never)
				}
			}
		})
	}
}

func TestAFrameAsksForOneOfThreeAmountsInTheTopWindow(t *testing.T) {
	c := bothWays(t)
	d := framedAppeal(t, c, "src=article+7", onTheWay(c), june18(c))
	d.in("form", hasAttr("action", "https://give.example.org/#give"), hasAttr("method", "get"), hasAttr("target", "_top"))
	d.in("form [name=frequency]", hasAttr("value", "once"))
	d.in("form [name=src]", hasAttr("value", "article 7"))
	d.in("form button", hasText("Give now"), hasAttr("data-give", "Give {amount}"))
	d.in("form a[target=_blank]", hasText("Open in a new tab"), hasAttr("rel", "noopener"), hasAttr("href", "https://give.example.org/?src=article+7#give"))
	d.in("form .meta", hasText("Tax-deductible. You choose how to pay next."))
	offered := func(d doc) (values []string) {
		for _, n := range d.all("[name=amount]") {
			value, _ := attr(n, "value")
			if _, checked := attr(n, "checked"); checked {
				value += "!"
			}
			values = append(values, value)
		}
		return values
	}
	for _, test := range []struct {
		preset money.Minor
		want   []string
	}{
		{2500, []string{"25!", "50", "100", "other"}},
		{5000, []string{"25", "50!", "100", "other"}},
		{10000, []string{"50", "100!", "250", "other"}},
		{50000, []string{"100", "250", "500!", "other"}},
		{0, []string{"25", "50", "100", "other"}},
	} {
		c.Presets[models.Once] = models.Presets{Amounts: c.Presets[models.Once].Amounts, Default: test.preset}
		d := framedAppeal(t, c, "", onTheWay(c), june18(c))
		if diff := cmp.Diff(test.want, offered(d)); diff != "" {
			t.Errorf("%s chosen: %s", test.preset, diff)
		}
		d.none("[name=src]")
	}
	c.Frequencies = []models.Frequency{models.Monthly}
	d = framedAppeal(t, c, "", onTheWay(c), june18(c))
	d.in("[name=frequency]", hasAttr("value", "monthly"))
	d.in("button", hasAttr("data-give", "Give {amount} a month"))
	d.in("legend", hasText("How much a month?"))
}

func TestOtherLeadsToTheFieldToTypeIn(t *testing.T) {
	c := bothWays(t)
	d := parse(t, mustCampaign(t, c, onTheWay(c), campaignState{Form: prefilled(url.Values{"amount": {"other"}, "frequency": {"monthly"}}, c)}), nil)
	d.in("#frequency-monthly", hasAttr("checked", ""))
	d.in("[name=monthly_amount][value=other]", hasAttr("checked", ""))
	d.in("#other_amount", hasAttr("value", ""), lacksAttr("aria-invalid"))
}

func TestAnUnknownFrameIsTheUsualOne(t *testing.T) {
	for query, want := range map[string]snippet.Frame{
		"":                                {Variant: snippet.Standard, Theme: "light", Src: ""},
		"v=letter&theme=dark&src=a":       {Variant: snippet.Letter, Theme: "dark", Src: "a"},
		"v=ticker&theme=auto":             {Variant: snippet.Ticker, Theme: "auto", Src: ""},
		"v=huge&theme=pink":               {Variant: snippet.Standard, Theme: "light", Src: ""},
		"v=%00&theme=&src=%20x%0d%0a":     {Variant: snippet.Standard, Theme: "light", Src: "x"},
		"src=" + strings.Repeat("ü", 300): {Variant: snippet.Standard, Theme: "light", Src: strings.Repeat("ü", 200)},
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := readFrame(values); got != want {
			t.Errorf("%q is %+v, want %+v", query, got, want)
		}
	}
}

func TestTheFramedLetterIsAsLongAsThereIsRoomFor(t *testing.T) {
	sentence := func(n int) string { return strings.Repeat("word ", n-1) + "end." }
	for name, test := range map[string]struct {
		letter string
		want   []string
	}{
		"short":                     {"<p>Dear <em>reader</em>,</p>\n<p>We   ask&nbsp;&amp; hope.</p>", []string{"Dear reader,", "We ask & hope."}},
		"a list is no letter":       {"<p>One.</p><ul><li><p>Two.</p></li></ul><p>Three.</p>", []string{"One.", "Three."}},
		"whole paragraphs":          {"<p>" + sentence(60) + "</p><p>" + sentence(31) + "</p>", []string{sentence(60)}},
		"whole sentences":           {"<p>" + sentence(50) + "</p><p>" + sentence(20) + " " + sentence(21) + "</p><p>No more.</p>", []string{sentence(50), sentence(20)}},
		"not after an abbreviation": {"<p>" + sentence(80) + " Ask the U.S. or Mr. " + sentence(20) + "</p>", []string{sentence(80)}},
		"nothing":                   {"", nil},
	} {
		got, err := excerpt(test.letter, mostWords)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	c := sampleCampaign(t)
	d := framedAppeal(t, c, "v=letter", onTheWay(c), june18(c))
	d.in(".signer", hasText("The Editor-in-Chief"), hasText("Mother Jones"))
	d.in(".meta", hasText("Pay with card, Apple Pay or Google Pay."))
	words := 0
	for _, p := range d.all(".words") {
		words += len(strings.Fields(textOf(p)))
	}
	if words == 0 || words > mostWords {
		t.Errorf("%d words of the letter", words)
	}
	d.none(".draft")
	framedAppeal(t, c, "v=letter", onTheWay(c), c.Deadline.Add(time.Hour)).none(".signer")
	c.Draft = true
	framedAppeal(t, c, "v=letter", onTheWay(c), june18(c)).in(".draft", hasText("These words are not final."))
}

func TestAFrameSaysWhenItIsATestAndWhenItsNumberIsOld(t *testing.T) {
	c := sampleCampaign(t)
	v := sampleViews(t, c)
	v.site.TestMode = true
	for _, variant := range []string{snippet.Letter, snippet.Standard, snippet.Ticker} {
		page, err := v.embed(snippet.Frame{Variant: variant, Theme: snippet.Light}, onTheWay(c), june18(c), june18(c).Add(-time.Hour))
		d := parse(t, page, err)
		d.in(".testmode", hasText("Test mode — no real money"))
		d.in(".meta", hasText("As of 1:14 p.m. PT"))
		if strings.Contains(textOf(d.root), "ax-deductible") {
			t.Errorf("%s calls a test gift deductible", variant)
		}
		page, err = v.embedDown(snippet.Frame{Variant: variant, Theme: snippet.Light, Src: "a"})
		d = parse(t, page, err)
		d.in("h2", hasText("Support the Corruption Project"))
		d.in(".words a", hasAttr("href", "https://give.example.org/?src=a#give"), hasAttr("rel", "noopener"))
		d.none("script") // no hello: the article's own link is better
	}
}

// What a reader of an article loads for the appeal inside it.
func TestAFrameKeepsWithinItsBudget(t *testing.T) {
	c := sampleCampaign(t)
	asks := regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`)
	style, script := regexp.MustCompile(`(?s)<style>.*</style>`), regexp.MustCompile(`(?s)<script>.*</script>`)
	for _, variant := range []string{snippet.Letter, snippet.Standard, snippet.Ticker} {
		d := framedAppeal(t, c, "v="+variant, onTheWay(c), june18(c))
		whole, bare := packedSize(t, d.raw), packedSize(t, script.ReplaceAll(style.ReplaceAll(d.raw, nil), nil))
		files := map[string]bool{}
		for _, m := range asks.FindAllSubmatch(d.raw, -1) {
			files[string(m[1])] = true
		}
		fonts := 0
		for _, name := range []string{"appeal-serif-400.woff2", "appeal-serif-600.woff2"} {
			about, err := os.Stat(filepath.Join("..", "web", "static", "fonts", name))
			if err != nil {
				t.Fatal(err)
			}
			fonts += int(about.Size())
		}
		t.Logf("%s: %d bytes packed, %d of them words; %d of fonts; %d requests", variant, whole, bare, fonts, 1+len(files))
		if bare > 6<<10 || whole+fonts > 30<<10 || 1+len(files) > 3 {
			t.Errorf("%s is over its budget", variant)
		}
	}
}

func packedSize(t *testing.T, body []byte) int {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Len()
}

func TestTheScriptReservesWhatTheServerSays(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("..", "web", "static", "js", "embed.js"))
	if err != nil {
		t.Fatal(err)
	}
	for variant, size := range snippet.Sizes {
		want := variant + ": [" + strconv.Itoa(size.Narrow) + ", " + strconv.Itoa(size.Wide) + "]"
		if !strings.Contains(string(script), want) {
			t.Errorf("embed.js does not reserve %s", want)
		}
	}
}

func TestWhatAnAddressCarriesIntoAFrameStaysText(t *testing.T) {
	c := sampleCampaign(t)
	for _, evil := range []string{`"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`, `javascript:alert(1)`, "\x00<b>", `{{.Ask}}`} {
		for _, variant := range []string{snippet.Letter, snippet.Ticker} {
			d := framedAppeal(t, c, url.Values{"v": {variant}, "src": {evil}}.Encode(), onTheWay(c), june18(c))
			checkHarmless(t, d, evil)
		}
	}
}
