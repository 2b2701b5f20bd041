package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long anything may take that a reader waits for. It is looked for
// again after the shortest pause, and then less and less often: looking takes time
// from what is waited for.
const (
	patience      = 15 * time.Second
	shortestPause = 10 * time.Millisecond
	longestPause  = 200 * time.Millisecond
)

// tab is one reader's browser. What no page may do (complain, break its
// policy, ask another origin, set a cookie outside /manage) is watched all the time, and fails
// the test when the tab is closed.
type tab struct {
	testing.TB
	ctx  context.Context
	demo *demo

	noScript bool
	staff    bool     // signs in, and so may be given a cookie
	host     string   // the origin of articles that hold the appeal, if any
	expected []string // of these words a wrong may be, where a test does wrong on purpose

	mu     sync.Mutex
	wrongs []string
	served map[string]network.RequestID // documents by their address, the newest of each
}

// look is how a reader's browser is set up.
type look struct {
	width, height int64
	scale         float64
	dark          bool
	noScript      bool
}

// tab opens a browser of another reader's.
func (d *demo) tab(as look) *tab {
	d.Helper()
	t := &tab{TB: d.TB, demo: d, noScript: as.noScript, served: map[string]network.RequestID{}}
	ctx, leave := chromedp.NewContext(readers, chromedp.WithNewBrowserContext(), chromedp.WithListener(t.watch))
	t.ctx = ctx
	d.Cleanup(func() {
		defer leave()
		t.expectNoCookie()
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, wrong := range t.wrongs {
			d.Errorf("%s", wrong)
		}
	})
	t.look(as)
	send(t, audits.Enable, cdp.Empty{})
	send(t, network.Enable, network.EnableParams{})
	send(t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	if as.noScript {
		send(t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	} else {
		send(t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `addEventListener("securitypolicyviolation", (e) => console.error("policy broken:", e.violatedDirective, e.blockedURI))`,
		})
	}
	return t
}

// look changes the window and the colors of a tab.
func (t *tab) look(as look) {
	t.Helper()
	if as.width == 0 {
		as.width, as.height = 1280, 900
	}
	if as.scale == 0 {
		as.scale = 1
	}
	scheme := "light"
	if as.dark {
		scheme = "dark"
	}
	t.do(chromedp.EmulateViewport(as.width, as.height, chromedp.EmulateScale(as.scale)))
	send(t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// donorsCookie is the only one that a reader can get: whoever has opened the
// link to their own gifts.
var donorsCookie = regexp.MustCompile(`^"?manage=[A-Za-z0-9_-]*; Path=/manage; Max-Age=[0-9]+; HttpOnly; SameSite=Lax"?$`)

// watch notes what no page may do.
func (t *tab) watch(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		t.wrong("a script failed: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if len(e.Args) > 0 {
			t.wrong("the console was written to: %s %s", e.Type, e.Args[0].Value)
		}
	case *log.EventEntryAdded:
		// Chromium logs every page with an error's status; those are looked
		// at by their stories.
		if e.Entry.Source != log.EntrySourceNetwork || !strings.Contains(e.Entry.Text, "responded with a status of 4") {
			t.wrong("the browser logged %s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if e.Issue.Code == audits.InspectorIssueCodeContentSecurityPolicyIssue || e.Issue.Code == audits.InspectorIssueCodeMixedContentIssue {
			t.wrong("the browser sees an issue: %s", e.Issue.Code)
		}
	case *network.EventRequestWillBeSent:
		t.sent(e)
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			t.mu.Lock()
			t.served[e.Response.URL] = e.RequestID
			t.mu.Unlock()
		}
	case *network.EventResponseReceivedExtraInfo:
		for name, value := range e.Headers {
			if strings.EqualFold(name, "Set-Cookie") && !t.staff && !donorsCookie.MatchString(fmt.Sprint(value)) {
				t.wrong("a cookie was set: %v", value)
			}
		}
	}
}

// sent checks that a page asks its own origin alone; only going to another
// page may lead from the site to the simulator and back. An article elsewhere
// asks the site for one script beside its frames.
func (t *tab) sent(e *network.EventRequestWillBeSent) {
	to := origin(e.Request.URL)
	switch {
	case strings.HasPrefix(e.Request.URL, "data:"), e.Request.URL == "about:blank":
	case t.host != "" && origin(e.DocumentURL) == t.host && (to == t.host || e.Request.URL == t.demo.site+"/embed.js"):
	case to != t.demo.site && to != t.demo.stripe:
		t.wrong("%s asked another origin: %s", e.DocumentURL, e.Request.URL)
	case e.Type != network.ResourceTypeDocument && to != origin(e.DocumentURL):
		t.wrong("%s asked %s", e.DocumentURL, e.Request.URL)
	}
}

func (t *tab) wrong(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	said := fmt.Sprintf(format, args...)
	for _, words := range t.expected {
		if strings.Contains(said, words) {
			return
		}
	}
	t.wrongs = append(t.wrongs, said)
}

func (t *tab) expectNoCookie() {
	if t.staff {
		return
	}
	ctx, done := t.limited()
	defer done()
	id := chromedp.FromContext(t.ctx).BrowserContextID
	kept, err := chromedp.CallBrowser(ctx, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: id})
	if err != nil {
		t.Errorf("look for cookies: %v", err)
	}
	for _, cookie := range kept.Cookies {
		if cookie.Name == "manage" && cookie.Path == "/manage" {
			continue
		}
		t.Errorf("a cookie is kept: %s", cookie.Name)
	}
}

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

// limited is the tab for one action. The context of the tab itself has no end,
// since it would take the browser with it.
func (t *tab) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.ctx, patience)
}

func (t *tab) do(action chromedp.Action[chromedp.Void]) {
	t.Helper()
	// The first action opens the tab, and the tab lives as long as its context.
	if chromedp.FromContext(t.ctx).Target == nil {
		if err := chromedp.Do(t.ctx); err != nil {
			t.Fatal(err)
		}
	}
	ctx, done := t.limited()
	defer done()
	if err := chromedp.Do(ctx, action); err != nil {
		t.Fatal(err)
	}
}

func send[P, R any](t *tab, command cdp.Command[P, R], params P) R {
	t.Helper()
	ctx, done := t.limited()
	defer done()
	answer, err := chromedp.Call(ctx, command, params)
	if err != nil {
		t.Fatalf("%s: %v", command.Method, err)
	}
	return answer
}

// ask evaluates an expression in the page. This works without scripts too:
// what is switched off are the page's own.
func ask[T any](t *tab, expression string) T {
	t.Helper()
	ctx, done := t.limited()
	defer done()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// await waits until an expression is true of the page, whichever page that is
// by then.
func (t *tab) await(what, expression string) {
	t.Helper()
	ctx, done := t.limited()
	defer done()
	for pause := shortestPause; ; pause = min(pause+pause/4, longestPause) {
		// An error is a page that is just being left.
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("(async () => !!(await ("+expression+")))()", chromedp.EvalAwaitPromise))
		if err == nil && holds {
			return
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			var at, shown string
			last, stop := context.WithTimeout(t.ctx, time.Second)
			at, _ = chromedp.Run(last, chromedp.Evaluate[string]("location.href"))
			shown, _ = chromedp.Run(last, chromedp.Evaluate[string]("document.body.innerText"))
			stop()
			t.Fatalf("waited for %s in vain (%v) at %s, which says:\n%s", what, err, at, shown)
		}
	}
}

// awaitPage waits for a page of the site, by its path, to be there whole.
func (t *tab) awaitPage(path string) {
	t.Helper()
	t.await("the page "+path, "document.readyState === 'complete' && location.href.startsWith("+quoted(t.demo.site+path)+")")
}

func (t *tab) awaitPaymentPage() {
	t.Helper()
	t.await("the payment page", "document.readyState === 'complete' && location.href.startsWith("+quoted(t.demo.stripe+"/pay/")+")")
}

func quoted(s string) string {
	encoded, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// open goes to a page of the site.
func (t *tab) open(path string) {
	t.Helper()
	t.visit(t.demo.site + path)
}

// visit goes to a page anywhere.
func (t *tab) visit(address string) {
	t.Helper()
	t.do(chromedp.Navigate(address))
	t.await("the whole page", "document.readyState === 'complete'")
}

// settle waits until a page can be clicked. A browser drops clicks on a page
// that it has not painted yet; and a tracker that comes from the browser's
// cache changes its shape a moment later, and moves what stands below it.
func (t *tab) settle() {
	t.Helper()
	t.await("the page to be painted", `performance.getEntriesByType("paint").length > 0`)
	if t.noScript {
		return
	}
	t.await("the page to stand still", `(async () => {
		await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
		const tracker = document.querySelector("#ticker[data-live]");
		if (!tracker) return true;
		const { gifts } = await (await fetch("/api/progress", { cache: "no-store" })).json();
		return tracker.isConnected && tracker.dataset.gifts === String(gifts);
	})()`)
}

// click presses the mouse on the middle of what a selector names, once that
// stands still in the window.
func (t *tab) click(selector string) {
	t.Helper()
	t.await(selector, "document.readyState === 'complete' && document.querySelector("+quoted(selector)+")")
	t.settle()
	type point struct{ X, Y float64 }
	at := ask[point](t, `(() => {
		const e = document.querySelector(`+quoted(selector)+`);
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const box = e.getClientRects()[0];
		return { X: box.x + box.width / 2, Y: box.y + box.height / 2 };
	})()`)
	t.do(chromedp.MouseClickXY(at.X, at.Y))
}

// fill types into a field, in place of what stood there.
func (t *tab) fill(selector, text string) {
	t.Helper()
	t.click(selector)
	ask[chromedp.Void](t, "document.querySelector("+quoted(selector)+").select()")
	t.press(kb.Backspace)
	t.press(text)
}

func (t *tab) press(keys string) {
	t.Helper()
	t.do(chromedp.KeyEvent(keys))
}

// enter presses the Enter key as a keyboard does: down and its character are
// one event.
func (t *tab) enter() {
	t.Helper()
	key := input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13,
	}
	send(t, input.DispatchKeyEvent, key)
	key.Type, key.Text = input.DispatchKeyEventTypeKeyUp, ""
	send(t, input.DispatchKeyEvent, key)
}

// says is the visible text of what a selector names, on one line.
func (t *tab) says(selector string) string {
	t.Helper()
	text := ask[string](t, "(document.querySelector("+quoted(selector)+") || { innerText: '' }).innerText")
	return strings.Join(strings.Fields(text), " ")
}

func (t *tab) expectSays(selector, want string) {
	t.Helper()
	if got := t.says(selector); !strings.Contains(got, want) {
		t.Errorf("%s says %q, and not %q", selector, got, want)
	}
}

func (t *tab) awaitSays(selector, want string) {
	t.Helper()
	t.await(selector+" to say "+want,
		"((document.querySelector("+quoted(selector)+") || { innerText: '' }).innerText || '').replace(/\\s+/g, ' ').includes("+quoted(want)+")")
}

// source is the page at hand as it was served, before any script touched it.
func (t *tab) source() string {
	t.Helper()
	address := ask[string](t, "location.href.replace(location.hash, '')")
	t.mu.Lock()
	id := t.served[address]
	t.mu.Unlock()
	return string(send(t, network.GetResponseBody, network.GetResponseBodyParams{RequestID: id}).Body)
}

func (t *tab) at() string {
	t.Helper()
	return ask[string](t, "location.href")
}

// choose picks one of the amounts shown for a gift made once, such as "50".
func (t *tab) choose(preset string) {
	t.Helper()
	t.click("label[for=" + t.amount("once", preset) + "]")
}

// chooseMonthly picks a monthly gift, and one of its amounts.
func (t *tab) chooseMonthly(preset string) {
	t.Helper()
	t.click("label[for=frequency-monthly]")
	t.click("label[for=" + t.amount("monthly", preset) + "]")
}

// amount is the id of a preset.
func (t *tab) amount(frequency, preset string) string {
	t.Helper()
	return ask[string](t, "document.querySelector('[name="+frequency+"_amount][value=\""+preset+"\"]').id")
}

// submit sends the real form and waits for the simulator's page.
func (t *tab) submit() {
	t.Helper()
	t.click(".give button[type=submit]")
	t.awaitPaymentPage()
}

// pay makes something happen on the payment page.
func (t *tab) pay(outcome string) {
	t.Helper()
	t.click("label[for=outcome-" + outcome + "]")
	t.click("main form button[type=submit]")
}

// awaitConfirmed waits for a thank-you page to confirm a gift.
func (t *tab) awaitConfirmed(amount string) {
	t.Helper()
	t.awaitPage("/thanks/")
	t.awaitSays("h1", "Thank you.")
	t.expectSays(".said", "Your "+amount+" gift to the Corruption Project is confirmed.")
}

// give makes a gift of one of the amounts shown, from the campaign page to the
// confirmed thank-you page.
func (t *tab) give(preset string) {
	t.Helper()
	t.open("/")
	t.choose(preset)
	t.submit()
	t.pay("succeeds")
	t.awaitConfirmed("$" + preset)
}
