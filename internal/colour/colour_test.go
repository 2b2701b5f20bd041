package colour_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/colour"
)

func TestAColourIsReadAsStyleSheetsWriteIt(t *testing.T) {
	for typed, want := range map[string]string{"#b3201b": "#b3201b", "#B3201B": "#b3201b", "#000000": "#000000"} {
		if c, err := colour.Parse(typed); err != nil || c.String() != want {
			t.Errorf("%s is read as %s, %v", typed, c, err)
		}
	}
	for _, typed := range []string{"", "red", "#b32", "b3201b", "#b3201b80", "#b3201g", "rgb(1,2,3)", "#b3201b;}"} {
		if c, err := colour.Parse(typed); err == nil {
			t.Errorf("%q is read as %s", typed, c)
		}
	}
}

func TestContrastIsWCAGs(t *testing.T) {
	white, black := colour.Colour{R: 255, G: 255, B: 255}, colour.Colour{}
	for _, c := range []struct {
		a, b colour.Colour
		want float64
	}{
		{white, black, 21},
		{white, white, 1},
		{colour.Colour{R: 0x76, G: 0x76, B: 0x76}, white, 4.54}, // the lightest grey that words may have on white
		{colour.House, white, 6.69},
	} {
		if got := colour.Contrast(c.a, c.b); math.Abs(got-c.want) > 0.005 || got != colour.Contrast(c.b, c.a) {
			t.Errorf("%s and %s: %.3f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

// Whatever accent is taken, every tone made of it can be read; and of what is
// refused, the colour that is offered instead is taken.
func TestWhatIsTakenCanBeReadAndWhatIsOfferedIsTaken(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 300 {
		n := random.Uint32()
		accent := colour.Colour{R: uint8(n), G: uint8(n >> 8), B: uint8(n >> 16)}
		if fault := colour.Light(accent).Fault(colour.LightGrounds); fault != "" {
			if colour.Contrast(accent, colour.LightGrounds.Paper) >= 4.5 {
				t.Fatalf("%s is refused for another reason than its words: %s", accent, fault)
			}
			offered := colour.NearestLight(accent)
			if fault := colour.Light(offered).Fault(colour.LightGrounds); fault != "" {
				t.Fatalf("%s is offered for %s, and is refused: %s", offered, accent, fault)
			}
			accent = offered
		} else {
			taken++
		}
		if fault := colour.Dark(accent, colour.Brightened(accent)).Fault(colour.DarkGrounds); fault != "" {
			t.Fatalf("the dark tones of %s: %s", accent, fault)
		}
		bright := colour.Colour{R: uint8(n >> 24), G: uint8(n >> 16), B: uint8(n >> 8)}
		if fault := colour.Dark(accent, colour.NearestDark(accent, bright)).Fault(colour.DarkGrounds); fault != "" {
			t.Fatalf("what is offered for %s on the dark page: %s", bright, fault)
		}
	}
	if taken < 90 {
		t.Errorf("only %d of 300 colours were taken", taken)
	}
}

func TestARefusalNamesTheRatioAndWhatIsNeeded(t *testing.T) {
	pale, err := colour.Parse("#e8a0a0")
	if err != nil {
		t.Fatal(err)
	}
	fault := colour.Light(pale).Fault(colour.LightGrounds)
	if want := "the words on the button: #ffffff on #e8a0a0 is 2.11 to 1, and 4.5 to 1 is needed"; fault != want {
		t.Errorf("%q, want %q", fault, want)
	}
	if fault := colour.Dark(colour.House, colour.House).Fault(colour.DarkGrounds); !strings.HasPrefix(fault, "the bar on its track") {
		t.Errorf("a dark bar on a dark page: %q", fault)
	}
}

func TestTheHouseRedIsTaken(t *testing.T) {
	light, dark := colour.Light(colour.House), colour.Dark(colour.House, colour.HouseDark)
	for _, fault := range []string{light.Fault(colour.LightGrounds), dark.Fault(colour.DarkGrounds)} {
		if fault != "" {
			t.Error(fault)
		}
	}
	t.Logf("light %v, dark %v", light, dark)
}
