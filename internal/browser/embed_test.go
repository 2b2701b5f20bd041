package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestTheAppealInAnArticleLeadsToThePageFilledIn(t *testing.T) {
	p := openPaper(t)
	d := runDemoFor(p)
	for name, snippet := range map[string]string{
		"by script":              byScript(d.site, `data-variant="standard" data-theme="light"`),
		"by frame":               byFrame(d.site, `loading="lazy"`),
		"by frame, in a sandbox": byFrame(d.site, `sandbox="allow-forms allow-scripts allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox"`),
	} {
		t.Run(name, func(t *testing.T) {
			reader := d.tab(look{})
			reader.TB = t
			reader.reads(p, article{appeal: snippet})
			if name == "by script" {
				reader.awaitAppeal()
			}
			if strings.Contains(snippet, "sandbox") {
				reader.giveInSandbox()
			} else {
				reader.clickInFrame("label[for=amount-3]")
				if said := inFrame[string](reader, "document.querySelector('button').textContent"); said != "Give $100" {
					t.Errorf("the button says %q", said)
				}
				reader.clickInFrame("button")
			}
			reader.awaitPage("/?amount=100&frequency=once&src=article-123#give")
			if !ask[bool](reader, `window === top && document.querySelector('[name=once_amount][value="100"]').checked &&
				document.querySelector("[name=src]").value === "article-123"`) {
				t.Error("the form is not filled in")
			}
			reader.submit()
			reader.pay("succeeds")
			reader.awaitConfirmed("$100")
		})
	}
	if got := d.totals(); got.Gifts != 3 || got.Raised != 30000 {
		t.Errorf("the books say %+v", got)
	}
}

func TestTheAppealInAnArticleWithoutScripts(t *testing.T) {
	p := openPaper(t)
	d := runDemoFor(p)
	reader := d.tab(look{noScript: true})
	reader.reads(p, article{appeal: byScript(d.site, "")})
	reader.expectPlainLink()
	reader.click(".appeal a")
	reader.awaitPage("/?src=article-123")

	reader.reads(p, article{appeal: byFrame(d.site, "")})
	reader.clickInFrame("label[for=amount-other]")
	reader.clickInFrame("button")
	reader.awaitPage("/?amount=other&frequency=once&src=article-123#give")
	if !ask[bool](reader, `document.querySelector('[name=once_amount][value="other"]').checked`) {
		t.Error("Other does not lead to Other")
	}
}

func TestTheAppealByKeyboardAlone(t *testing.T) {
	p := openPaper(t)
	d := runDemoFor(p)
	reader := d.tab(look{})
	reader.reads(p, article{appeal: byScript(d.site, "")})
	reader.awaitAppeal()
	for _, key := range []string{"\t", "\t"} { // the amounts, the button
		reader.press(key)
	}
	if !inFrame[bool](reader, "document.activeElement.matches('button') && getComputedStyle(document.activeElement).outlineStyle !== 'none'") {
		t.Error("Tab does not lead to the button in the frame, or nothing shows that it is there")
	}
	reader.enter()
	reader.awaitPage("/?amount=50&frequency=once&src=article-123#give")
}

// The heights that articles reserve are those of the built-in campaign; with
// another's words the script makes room.
func TestFramesFitTheRoomThatIsReservedForThem(t *testing.T) {
	empty, filled := runDemo(t), runDemo(t, "--sample", "30")
	for _, d := range []*demo{empty, filled} {
		reader := d.tab(look{})
		for variant, reserved := range map[string]map[int64]float64{
			"letter":   {288: 1120, 328: 1120, 620: 820},
			"standard": {288: 540, 328: 540, 620: 470},
			"ticker":   {288: 190, 328: 190, 620: 170},
		} {
			for width, most := range reserved {
				reader.look(look{width: width, height: 740})
				reader.open("/embed?v=" + variant)
				reader.settle()
				reader.expectFits(fmt.Sprintf("%s at %d", variant, width))
				const height = "document.body.getBoundingClientRect().height"
				test := ask[float64](reader, height)
				real := ask[float64](reader, `(document.body.classList.remove("test"), document.querySelector(".testmode").remove(),
					document.querySelectorAll(".meta").forEach((e) => e.prepend(Object.assign(document.createElement("span"), { textContent: "Tax-deductible. " }))),
					`+height+`)`)
				t.Logf("%s at %d: %.0f px, in test mode %.0f, of %.0f", variant, width, real, test, most)
				if test > most || real > most {
					t.Errorf("%s at %d is %.0f px high, in test mode %.0f; %.0f are reserved", variant, width, real, test, most)
				}
			}
		}
	}
}

// shifts is what in sight has moved by itself, and how far.
const shifts = `new Promise((told) => {
	new PerformanceObserver((seen) => told(seen.getEntries().map((e) => e.value.toFixed(3) + " " +
		e.sources.map((s) => [(s.node?.outerHTML || "").slice(0, 40), s.previousRect.y, s.currentRect.y].join(" ")).join("; ")).join("\n")))
		.observe({ type: "layout-shift", buffered: true });
	requestAnimationFrame(() => requestAnimationFrame(() => told("")));
})`

func TestNothingMovesWhenTheAppealComes(t *testing.T) {
	p := openPaper(t)
	d := runDemoFor(p)
	for name, test := range map[string]struct {
		article
		look
	}{
		"below the first screen":                   {article{appeal: byScript(d.site, "")}, look{}},
		"below the first screen of a phone":        {article{appeal: byScript(d.site, `data-variant="letter"`)}, look{width: 360, height: 740}},
		"in the first screen, with room reserved":  {article{high: true, style: ".appeal{min-height:470px}", appeal: byScript(d.site, "")}, look{}},
		"in the first screen of a phone, likewise": {article{high: true, style: ".appeal{min-height:190px}", appeal: byScript(d.site, `data-variant="ticker"`)}, look{width: 360, height: 740}},
		"as a frame": {article{high: true, appeal: byFrame(d.site, "")}, look{}},
	} {
		t.Run(name, func(t *testing.T) {
			reader := d.tab(test.look)
			reader.TB = t
			reader.reads(p, test.article)
			if strings.Contains(test.appeal, "appeal") && !strings.HasPrefix(test.appeal, "<iframe") {
				reader.awaitAppeal()
			}
			reader.settle()
			if moved := ask[string](reader, shifts); moved != "" {
				t.Errorf("the page shifted: %s", moved)
			}
		})
	}
}

// forEverything is a style sheet for everything there is, as a host may have
// left over from somewhere.
const forEverything = `*,*::before{font-size:6px!important;color:lime!important;background:#000!important;display:inline!important;
visibility:visible;opacity:.9;width:20px!important;height:20px!important;max-height:20px!important;min-height:0!important;
border:9px solid red!important;padding:9px!important;transform:none;overflow:hidden!important;position:static!important}
html,body,main,#after{display:block!important;width:auto!important;height:auto!important;max-height:none!important}`

func TestAHostileArticleAndTheAppealDoEachOtherNoHarm(t *testing.T) {
	p := openPaper(t)
	d := runDemoFor(p)
	for name, a := range map[string]article{
		"a style sheet for everything": {style: forEverything, appeal: byScript(d.site, "")},
		"a strict policy": {
			policy: "default-src 'none'; style-src 'self'; img-src data:; script-src " + d.site + "/embed.js; frame-src " + d.site + "/embed",
			appeal: byScript(d.site, ""),
		},
		"two appeals": {appeal: byScript(d.site, "") + byScript(d.site, `data-variant="ticker"`)},
	} {
		t.Run(name, func(t *testing.T) {
			reader := d.tab(look{})
			reader.TB = t
			plain := a
			plain.appeal = `<div class="appeal"><a href="` + d.site + `/">Support the Corruption Project</a></div>`
			const unharmed = `JSON.stringify([Object.keys(window).filter((name) => isNaN(name)).length, document.cookie, { ...localStorage }, { ...sessionStorage }, document.head.innerHTML.replace(/article-\d+/, ""),
				...["h1", "main > p", "#after p"].map((s) => ((e) => [e.clientWidth, e.clientHeight, getComputedStyle(e).color])(document.querySelector(s)))])`
			reader.reads(p, plain)
			before := ask[string](reader, unharmed)
			reader.reads(p, a)
			reader.awaitAppeal()
			if after := ask[string](reader, unharmed); after != before {
				t.Errorf("the article was\n%s\nand is\n%s", before, after)
			}
			type frame struct {
				Width, Height float64
				Title         string
			}
			frames := ask[[]frame](reader, `[...document.querySelectorAll(".appeal > iframe")].map((e) => ({ Width: e.clientWidth, Height: e.clientHeight, Title: e.title }))`)
			titles := map[string]bool{}
			for _, f := range frames {
				titles[f.Title] = true
				if f.Width < 288 || f.Height < 100 {
					t.Errorf("the frame is %.0f × %.0f", f.Width, f.Height)
				}
			}
			if len(titles) != strings.Count(a.appeal, "<div class=\"appeal\"") {
				t.Errorf("the titles are %v", titles)
			}
			needed := inFrame[float64](reader, "document.body.getBoundingClientRect().height")
			if frames[0].Height < needed {
				t.Errorf("the frame is %.0f px high and needs %.0f", frames[0].Height, needed)
			}
			if got := inFrame[string](reader, "getComputedStyle(document.querySelector('button')).fontSize + getComputedStyle(document.body).color"); got != "18pxrgb(26, 23, 20)" {
				t.Errorf("the button in the frame is set in %s", got)
			}
		})
	}
}

// Whatever is missing, the reader finds the plain link, and never an empty box.
func TestThePlainLinkStaysWhereAnythingFails(t *testing.T) {
	p := openPaper(t)
	d := runDemoFor(p)
	stranger := openPaper(t) // a paper that the campaign does not name
	reader := d.tab(look{})
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	// The script as a browser may have kept it, of a service that is in trouble.
	script := func(frame http.HandlerFunc) string {
		kept := ask[string](reader, "fetch('/embed.js').then((answer) => answer.text())")
		service := http.NewServeMux()
		service.HandleFunc("GET /embed.js", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = fmt.Fprint(w, kept)
		})
		service.HandleFunc("GET /embed", frame)
		server := httptest.NewServer(service)
		t.Cleanup(server.Close)
		return server.URL
	}
	reader.open("/")
	policy := "default-src 'none'; style-src 'self'; img-src data:; "
	for name, test := range map[string]struct {
		paper    *paper
		article  article
		expected []string
	}{
		"the service is down":                     {p, article{appeal: byScript(closed.URL, "")}, []string{closed.URL}},
		"it went down after the script":           {p, article{appeal: byScript(script(hangUp), "")}, []string{"127.0.0.1", "ERR_EMPTY_RESPONSE"}},
		"it went down, and the reader is waiting": {p, article{high: true, appeal: byScript(script(hangUp), "")}, []string{"127.0.0.1", "ERR_EMPTY_RESPONSE"}},
		"a proxy answers in its place":            {p, article{appeal: byScript(script(http.NotFound), "")}, []string{"127.0.0.1"}},
		"the article's policy has no script":      {p, article{policy: policy + "frame-src " + d.site, appeal: byScript(d.site, "")}, []string{"olicy", "script"}},
		"the article's policy has no frame":       {p, article{policy: policy + "script-src " + d.site, appeal: byScript(d.site, "")}, []string{"olicy", "fram"}},
		"the campaign does not name the paper":    {stranger, article{appeal: byScript(d.site, "")}, []string{"olicy", "fram"}},
	} {
		t.Run(name, func(t *testing.T) {
			reader := d.tab(look{})
			reader.TB, reader.expected = t, test.expected
			reader.reads(test.paper, test.article)
			ask[chromedp.Void](reader, "document.querySelector('.appeal').scrollIntoView({ block: 'center', behavior: 'instant' })")
			reader.expectPlainLink()
		})
	}
}

// hangUp ends a connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestTheAppealIsAccessibleAndValidInTheDemosArticle(t *testing.T) {
	d := runDemo(t, "--sample", "20")
	reader := d.tab(look{})
	reader.axeInFrames()
	for _, query := range []string{"v=standard&theme=light", "v=letter&theme=auto", "v=ticker&theme=dark", "v=standard&theme=auto&how=frame", "how=badge"} {
		reader.look(look{})
		reader.open("/embed?" + query)
		served.add(t, "frame "+query, "html", reader.source())
		reader.open("/demo/article?" + query)
		if !strings.Contains(query, "how=") {
			reader.awaitAppeal()
		}
		served.add(t, "article "+query, "html", reader.source())
		reader.expectGoodInEveryLook(query)
	}
}
