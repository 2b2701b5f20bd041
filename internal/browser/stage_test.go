package browser

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// stage is a state of the campaign, and what brings it about: settings of the
// campaign's folder, and gifts. Days are counted in the campaign's zone, which
// is chosen so that no test sees midnight.
type stage struct {
	name   string
	now    map[string]string // settings by key, as they stand while it is looked at
	before map[string]string // others while the gifts are made, where those differ
	gifts  []string          // presets that are given beforehand
	says   string            // what the tracker must say, so that it is this state that is looked at
}

func stages() []stage {
	noon := zone()
	day := func(n int) string { return time.Now().In(noon).AddDate(0, 0, n).Format(time.DateOnly) }
	open := map[string]string{"opens": day(-30), "deadline": day(30)}
	with := func(more map[string]string) map[string]string {
		all := map[string]string{}
		for _, settings := range []map[string]string{open, more} {
			for key, value := range settings {
				all[key] = value
			}
		}
		return all
	}
	over := map[string]string{"opens": day(-60), "deadline": day(-1)}
	return []stage{
		{name: "not started", now: map[string]string{"opens": day(9), "deadline": day(60)}, says: "Opens"},
		{name: "no gifts", now: open, says: "Be one of the first readers to give."},
		{name: "early", now: with(map[string]string{"bar_from_percent": "20"}), gifts: []string{"50"}, says: "given so far"},
		{name: "on the way", now: with(map[string]string{"goal": "$100"}), gifts: []string{"50"}, says: "$50 raised of $100"},
		{name: "nearly there", now: with(map[string]string{"goal": "$60"}), gifts: []string{"50"}, says: "$10 to go"},
		{name: "reached", now: with(map[string]string{"goal": "$40"}), gifts: []string{"50"}, says: "Goal met"},
		{
			name: "reached, with a stretch", gifts: []string{"50"}, says: "a second season of hearings",
			now: with(map[string]string{"goal": "$40", "stretch": `{purpose: a second season of hearings, goal: "$90"}`}),
		},
		{name: "last day", now: with(map[string]string{"deadline": day(0), "goal": "$100"}), gifts: []string{"50"}, says: "Last day"},
		{name: "ended", now: over, before: open, gifts: []string{"50"}, says: "This campaign ended"},
		{name: "ended, still accepting", now: map[string]string{"opens": day(-60), "deadline": day(-1), "after_deadline": "accept"}, says: "closed"},
	}
}

// bankDebits is the built-in campaign where the newsroom takes bank debits.
var bankDebits = stage{name: "bank debits", now: map[string]string{"payment_methods": "[card, us_bank_account]", "goal": "$1,000"}}

// zone is the built-in campaign's own, or where it is about noon while it is
// about midnight there.
func zone() *time.Location {
	own, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		panic(err)
	}
	if hour := time.Now().In(own).Hour(); hour > 0 && hour < 23 {
		return own
	}
	ahead := 12 - time.Now().UTC().Hour() // of Greenwich, whose names are turned round
	name := fmt.Sprintf("Etc/GMT%+d", -ahead)
	if ahead == 0 {
		name = "Etc/GMT"
	}
	noon, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return noon
}

// folder writes the built-in campaign with other settings.
func folder(t testing.TB, settings map[string]string) string {
	t.Helper()
	const builtIn = "../campaign/corruption-project"
	files, err := os.ReadDir(builtIn)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(builtIn, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if file.Name() == "campaign.yaml" {
			text = []byte(changed(string(text), "timezone", zone().String()))
			for key, value := range settings {
				text = []byte(changed(string(text), key, value))
			}
		}
		if err := os.WriteFile(filepath.Join(dir, file.Name()), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// changed puts another value behind a setting of one line, or adds it.
func changed(yaml, key, value string) string {
	line := regexp.MustCompile(`(?m)^` + key + `:.*$`)
	if !line.MatchString(yaml) {
		return yaml + "\n" + key + ": " + value + "\n"
	}
	return line.ReplaceAllLiteralString(yaml, key+": "+value)
}

// set makes the stage: a demo in that state.
func (s stage) set(t testing.TB) *demo {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	if s.before == nil {
		s.before = s.now
	}
	d := runDemoOf(t, folder(t, s.before), data)
	if len(s.gifts) > 0 {
		reader := d.tab(look{})
		for _, gift := range s.gifts {
			reader.give(gift)
		}
		reader.do(chromedp.Navigate("about:blank")) // it may be stopped now
	}
	if !maps.Equal(s.before, s.now) {
		d.stop()
		d = runDemoOf(t, folder(t, s.now), data)
	}
	return d
}

func TestEveryStateOfACampaignFitsIsAccessibleAndValid(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.name, func(t *testing.T) {
			d := s.set(t)
			reader := d.tab(look{})
			reader.axeInFrames()
			reader.open("/")
			if got := reader.says("main"); !strings.Contains(got, s.says) {
				t.Fatalf("it does not say %q: %s", s.says, got)
			}
			reader.expectGoodInEveryLook(s.name)
			served.add(t, "as served", "html", reader.source())
			for _, as := range []string{"w=320&theme=light", "w=600&theme=dark"} {
				served.add(t, as, "svg", ask[string](reader, "(async () => (await fetch('/progress.svg?"+as+"')).text())()"))
			}
			reader.look(look{width: 360, height: 740})
			for _, variant := range []string{"letter", "standard", "ticker"} {
				in := s.name + " in an article, " + variant
				reader.open("/demo/article?v=" + variant)
				reader.awaitAppeal()
				reader.expectFits(in)
				reader.expectAccessible(in)
				reader.open("/embed?v=" + variant)
				served.add(t, variant, "html", reader.source())
			}
		})
	}
}
