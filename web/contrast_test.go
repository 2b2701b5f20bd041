package web

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/colour"
)

// Text needs 4.5 to 1 on its ground, the edges of controls and the bar 3 to 1
// (WCAG 1.4.3, 1.4.11), in light and in dark.
func TestColoursCanBeReadInLightAndDark(t *testing.T) {
	pairs := []struct {
		front, ground string
		least         float64
	}{
		{"ink", "paper", 7},
		{"ink", "sheet", 7},
		{"ink", "card", 7},
		{"ink", "accent-soft", 7},
		{"ink", "warn-bg", 7},
		{"ink-2", "paper", 4.5},
		{"ink-2", "sheet", 4.5},
		{"ink-2", "paper-3", 4.5},
		{"ink-3", "paper", 4.5},
		{"ink-3", "sheet", 4.5},
		{"link", "paper", 4.5},
		{"link", "sheet", 4.5},
		{"err", "card", 4.5},
		{"err", "sheet", 4.5},
		{"on-accent", "btn", 4.5},
		{"on-accent", "btn-hover", 4.5},
		{"field", "paper", 3},
		{"field", "sheet", 3},
		{"field", "card", 3},
		{"accent", "accent-soft", 3},
		{"accent", "sheet", 3},
		{"btn", "sheet", 3},
		{"bar", "track", 3},
		{"focus", "paper", 3},
		{"focus", "sheet", 3},
		{"focus", "card", 3},
		{"paper", "ink", 3},
	}
	for accent, options := range accents() {
		light, dark := tokens(t, options)
		for theme, colours := range map[string]map[string]string{"light": light, "dark": dark} {
			for _, p := range pairs {
				front, ground := colours[p.front], colours[p.ground]
				if front == "" || ground == "" {
					t.Errorf("%s: no colour for %s or %s", theme, p.front, p.ground)
					continue
				}
				if got := contrast(t, front, ground); got < p.least {
					t.Errorf("%s, %s: %s on %s is %.2f, want at least %.1f", accent, theme, p.front, p.ground, got, p.least)
				}
			}
		}
	}
}

// accents are the style sheet as it is written, and with the tones that a
// campaign's accent becomes: the darkest, the palest that is taken, and hues
// between.
func accents() map[string]Options {
	all := map[string]Options{"as written": {}}
	for _, hue := range []colour.Colour{
		{}, {R: 0xff, G: 0xff, B: 0xff}, {R: 0x1f, G: 0x5c, B: 0x3a}, {R: 0xff, G: 0xd8}, {G: 0xff, B: 0xff}, {R: 0x30, G: 0x10, B: 0xff}, {R: 0xff, B: 0xff},
	} {
		accent := colour.NearestLight(hue)
		all[accent.String()] = Options{Light: tones(colour.Light(accent)), Dark: tones(colour.Dark(accent, colour.Brightened(accent)))}
	}
	return all
}

func tones(of colour.Tones) Tones {
	return Tones{of.Accent.String(), of.Soft.String(), of.Button.String(), of.ButtonHover.String(), of.OnButton.String(), of.Bar.String()}
}

// The tones of the house red are written down once more in the style sheet, and
// its grounds in package colour: both are held to be the same.
func TestTheStyleSheetAndPackageColourAgree(t *testing.T) {
	light, dark := tokens(t, Options{})
	for theme, c := range map[string]struct {
		written map[string]string
		of      Tones
		on      colour.Grounds
	}{
		"light": {light, tones(colour.Light(colour.House)), colour.LightGrounds},
		"dark":  {dark, tones(colour.Dark(colour.House, colour.HouseDark)), colour.DarkGrounds},
	} {
		want := c.of.tokens()
		want["paper"], want["sheet"], want["card"] = c.on.Paper.String(), c.on.Sheet.String(), c.on.Card.String()
		want["track"], want["ink"] = c.on.Track.String(), c.on.Ink.String()
		for name, value := range want {
			if c.written[name] != value {
				t.Errorf("%s: --%s is %s in the style sheet, and %s in package colour", theme, name, c.written[name], value)
			}
		}
	}
}

func TestACampaignsAccentIsInTheStyleSheetAndTheIconAndNowhereElse(t *testing.T) {
	green := Options{Light: Tones{Accent: "#1f5c3a", Button: "#1f5c3b"}, Dark: Tones{Accent: "#7fd39b"}}
	light, dark := tokens(t, green)
	if light["accent"] != "#1f5c3a" || light["btn"] != "#1f5c3b" || dark["accent"] != "#7fd39b" {
		t.Errorf("light %s %s, dark %s", light["accent"], light["btn"], dark["accent"])
	}
	plain, _ := tokens(t, Options{})
	if light["bar"] != plain["bar"] || light["ink"] != plain["ink"] {
		t.Error("a tone that was not given has changed")
	}
	if icon := string(open(t, green).now.assets.byName["icon.svg"].body); !strings.Contains(icon, `fill="#1f5c3a"`) || strings.Contains(icon, "b3201b") {
		t.Errorf("the icon is %s", icon)
	}
	if a, b := open(t).Path("app.css"), open(t, green).Path("app.css"); a == b {
		t.Errorf("both style sheets are served as %s", a)
	}
}

// A frame brings its own colours, which are the pages'; dark ones stand in it
// twice, for the theme that is dark and for a reader who is.
func TestTheFrameHasThePagesColours(t *testing.T) {
	set := regexp.MustCompile(`--([a-z0-9-]+):(#[0-9a-f]{6})`)
	for accent, options := range accents() {
		light, dark := tokens(t, options)
		blocks := regexp.MustCompile(`\{[^{}]*--sheet:[^{}]*\}`).FindAllString(string(open(t, options).now.assets.byName["embed.css"].body), -1)
		if len(blocks) != 3 {
			t.Fatalf("%s: %d blocks of colours", accent, len(blocks))
		}
		for i, want := range []map[string]string{light, dark, dark} {
			for _, m := range set.FindAllStringSubmatch(blocks[i], -1) {
				if want[m[1]] != m[2] {
					t.Errorf("%s: --%s is %s in the frame, and %s on the page", accent, m[1], m[2], want[m[1]])
				}
			}
		}
		if a, b := set.FindAllStringSubmatch(blocks[1], -1), set.FindAllStringSubmatch(blocks[2], -1); len(a) != len(b) {
			t.Errorf("%s: the two dark themes differ", accent)
		}
	}
}

// tokens reads the colours of both themes; dark changes what light has set.
func tokens(t *testing.T, o Options) (light, dark map[string]string) {
	t.Helper()
	body := string(open(t, o).now.assets.byName["app.css"].body)
	first, rest, found := strings.Cut(body, "prefers-color-scheme:dark")
	if !found {
		t.Fatal("the style sheet has no dark theme")
	}
	rest, _, _ = strings.Cut(rest, "}}")
	colour := regexp.MustCompile(`--([a-z0-9-]+):(#[0-9a-f]{6})`)
	light, dark = map[string]string{}, map[string]string{}
	for _, m := range colour.FindAllStringSubmatch(first, -1) {
		light[m[1]], dark[m[1]] = m[2], m[2]
	}
	for _, m := range colour.FindAllStringSubmatch(rest, -1) {
		dark[m[1]] = m[2]
	}
	return light, dark
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
