package campaign_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/campaign"
)

// with loads the second newsroom's folder with files added to it.
func with(t *testing.T, files map[string][]byte) error {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/rivertown")); err != nil {
		t.Fatal(err)
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := campaign.Load(dir)
	return err
}

func refusedWith(t *testing.T, err error, want string) {
	t.Helper()
	var mistakes campaign.Mistakes
	if !errors.As(err, &mistakes) || mistakes.Error() != want {
		t.Errorf("refused with %v, want %s", err, want)
	}
}

// noise is a picture of which so many bytes do not get smaller when packed.
func noise(width, height, bytes int) image.Image {
	picture := image.NewGray(image.Rect(0, 0, width, height))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range bytes {
		picture.Pix[i] = uint8(random.Uint32())
	}
	return picture
}

func packed(t *testing.T, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func flat(width, height int) image.Image {
	return image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.White, color.Black})
}

func TestAPictureIsRefusedByItsWeightItsSizeItsShapeOrItsFaults(t *testing.T) {
	sound := packed(t, flat(128, 128))
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, flat(64, 64), nil); err != nil {
		t.Fatal(err)
	}
	for want, signer := range map[string][]byte{
		"signer.png: has 48.2 KB, and all pictures together may have 25.0 KB":                                   packed(t, noise(256, 192, 49_000)),
		"signer.png: is 32 × 32 pixels; each side must have 64 to 1024":                                         packed(t, flat(32, 32)),
		"signer.png: is 4000 × 64 pixels; each side must have 64 to 1024":                                       packed(t, flat(4000, 64)),
		"signer.png: is 1000 wide and 100 high; it may be 2 times as wide as high, and 2 times as high as wide": packed(t, flat(1000, 100)),
		"signer.png: breaks off in the middle; save it anew":                                                    sound[:len(sound)-20],
		"signer.png: is no PNG that can be opened; save it anew":                                                photo.Bytes(),
	} {
		refusedWith(t, with(t, map[string][]byte{"signer.png": signer}), want)
	}
	if err := with(t, map[string][]byte{"signer.png": sound}); err != nil {
		t.Error(err)
	}
	refusedWith(t, with(t, map[string][]byte{"icon.png": sound}), "icon.svg: stands beside icon.png; keep one of them")
	t.Run("and all of them by what they weigh together", func(t *testing.T) {
		heavy := map[string][]byte{"signer.png": packed(t, noise(128, 128, 14_000)), "lead.png": packed(t, noise(400, 400, 14_000))}
		refusedWith(t, with(t, heavy), "the pictures: have 29.9 KB together, and may have 25.0 KB: "+
			"signer.png 14.0 KB, logo.svg 0.4 KB, logo-dark.svg 0.4 KB, icon.svg 0.2 KB, lead.png 15.2 KB")
	})
}

// A drawing can hold programs, pages and addresses. Nothing but what draws is
// taken.
func TestADrawingMayDrawAndNothingElse(t *testing.T) {
	open := `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">`
	for drawing, fault := range map[string]string{
		open + `<script>alert(1)</script></svg>`:                                                "holds <script>",
		open + `<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"/></foreignObject></svg>`: "holds <foreignObject>",
		open + `<image href="https://evil.example/x.png"/></svg>`:                               "holds <image>",
		open + `<style>@import "https://evil.example/x.css"</style></svg>`:                      "holds <style>",
		open + `<a href="https://evil.example"><rect/></a></svg>`:                               "holds <a>",
		open + `<animate attributeName="href"/></svg>`:                                          "holds <animate>",
		open + `<h:script xmlns:h="http://www.w3.org/1999/xhtml">x</h:script></svg>`:            "holds <script>",
		open + `<rect onload="alert(1)"/></svg>`:                                                "holds the script onload",
		open + `<use xlink:href="https://evil.example/x.svg#a"/></svg>`:                         "refers to something outside itself in href",
		open + `<use href="data:image/svg+xml,x"/></svg>`:                                       "refers to something outside itself in href",
		open + `<rect fill="url( https://evil.example/x )"/></svg>`:                             "refers to something outside itself in fill",
		open + `<rect style="fill:u\72l(//evil.example)"/></svg>`:                               "refers to something outside itself in style",
		`<!DOCTYPE svg [<!ENTITY x "y">]>` + open + `</svg>`:                                    "holds a DOCTYPE",
		`<?xml-stylesheet href="x.css"?>` + open + `</svg>`:                                     "holds <?xml-stylesheet?>",
		`<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>`:                                 "begins with no <svg>",
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10"><rect/></svg>`:                "begins with no <svg>",
		open + `<rect>`:        "is no SVG that can be opened",
		"":                     "is no SVG that can be opened",
		"GIF89a":               "is no SVG that can be opened",
		open + `</svg>` + open: "is no SVG that can be opened",
	} {
		err := with(t, map[string][]byte{"logo.svg": []byte(drawing)})
		if err == nil || !strings.Contains(err.Error(), "logo.svg: "+fault) {
			t.Errorf("%s: %v, want %s", drawing, err, fault)
		}
	}
	fine := `<?xml version="1.0"?><!-- drawn by hand -->` + open +
		`<defs><linearGradient id="g"><stop offset="0"/></linearGradient></defs><rect fill="url(#g)" width="10" height="10"/><use href="#g"/></svg>`
	if err := with(t, map[string][]byte{"logo.svg": []byte(fine)}); err != nil {
		t.Error(err)
	}
}
