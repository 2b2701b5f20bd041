package typeface_test

import (
	"strings"
	"testing"

	"golang.org/x/image/font/sfnt"

	"github.com/corruptionproject/appeal/internal/typeface"
)

func TestTheTypefaceComesWithItsLicence(t *testing.T) {
	licence, err := typeface.Licence()
	if err != nil || !strings.Contains(string(licence), "SIL OPEN FONT LICENSE Version 1.1") {
		t.Errorf("the licence is missing: %v", err)
	}
}

func TestBothWeightsHaveTheLettersOfEuropesAlphabets(t *testing.T) {
	for _, weight := range []typeface.Weight{typeface.Regular, typeface.Semibold} {
		body, err := typeface.TTF(weight)
		if err != nil {
			t.Fatal(err)
		}
		font, err := sfnt.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		for _, letter := range "AzÅéłŠțΆωЖщҐї$№§“”’–—…−0123456789" {
			if glyph, err := font.GlyphIndex(nil, letter); err != nil || glyph == 0 {
				t.Errorf("%s has no %c (%v)", weight, letter, err)
			}
		}
	}
}

func TestAWeightThatIsNotThereIsRefused(t *testing.T) {
	if body, err := typeface.TTF("Black"); err == nil {
		t.Errorf("a weight that is not there has %d bytes", len(body))
	}
}
