package campaign

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // the kinds that image.Decode knows
	_ "image/png"
	"io/fs"
	"path"
	"slices"
	"strings"

	_ "golang.org/x/image/webp"

	"github.com/corruptionproject/appeal/models"
)

// pictureBudget is what all pictures of the folder may weigh together, because
// one page loads them all: a reader on a slow train pays for each byte.
const pictureBudget = 25 << 10

// place is one of the places on the page that a picture can take.
type place struct {
	name            string
	kinds           []string // file name endings
	least, most     int      // width and height, in pixels; of an SVG neither counts
	widest, highest int      // width is at most widest times the height, and height highest times the width
}

var places = []place{
	{"signer", []string{".jpg", ".png", ".webp"}, 64, 1024, 2, 2},
	{"logo", []string{".svg", ".png"}, 16, 1600, 10, 2},
	{"logo-dark", []string{".svg", ".png"}, 16, 1600, 10, 2},
	{"icon", []string{".svg", ".png"}, 16, 512, 1, 1},
	{"lead", []string{".jpg", ".png", ".webp"}, 320, 2400, 4, 1},
}

// pictureKinds are the Content-Types of files that look like pictures. Those
// without one are refused, so that no picture is silently left out.
var pictureKinds = map[string]string{
	".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".svg": "image/svg+xml",
	".jpeg": "", ".gif": "", ".avif": "", ".heic": "", ".tif": "", ".tiff": "", ".bmp": "", ".ico": "",
}

// readPictures reads the pictures of a folder, by their place on the page.
func readPictures(folder fs.FS, found *notes) (map[string]*models.Picture, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, fmt.Errorf("campaign: list the folder: %w", err)
	}
	pictures := map[string]*models.Picture{}
	weight := int64(0)
	for _, entry := range entries {
		name := entry.Name()
		if _, picture := pictureKinds[strings.ToLower(path.Ext(name))]; !picture || entry.IsDir() {
			continue
		}
		at := placeOf(name)
		if at == nil {
			found.add(name, 0, "", "is a picture that the page has no place for; there are %s", placeNames())
			continue
		}
		if other := pictures[at.name]; other != nil {
			found.add(name, 0, "", "stands beside %s; keep one of them", other.Name)
			continue
		}
		about, err := entry.Info()
		if err != nil {
			return nil, fmt.Errorf("campaign: look at %s: %w", name, err)
		}
		if weight += about.Size(); about.Size() > pictureBudget {
			found.add(name, 0, "", "has %s, and all pictures together may have %s", kilobytes(about.Size()), kilobytes(pictureBudget))
			continue
		}
		body, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("campaign: read %s: %w", name, err)
		}
		pictures[at.name] = at.read(name, body, found)
	}
	if weight > pictureBudget && found.err() == nil {
		found.add("the pictures", 0, "", "have %s together, and may have %s: %s", kilobytes(weight), kilobytes(pictureBudget), weights(pictures))
	}
	return pictures, nil
}

func placeOf(name string) *place {
	for i, p := range places {
		if slices.ContainsFunc(p.kinds, func(kind string) bool { return p.name+kind == name }) {
			return &places[i]
		}
	}
	return nil
}

// read makes a picture of a file's bytes. It is opened whole, so that a broken
// one is refused here and not by a reader's browser.
func (p place) read(name string, body []byte, found *notes) *models.Picture {
	picture := &models.Picture{Name: name, Kind: pictureKinds[path.Ext(name)], Body: body}
	refuse := func(format string, args ...any) { found.add(name, 0, "", format, args...) }
	if path.Ext(name) == ".svg" {
		var fault string
		if picture.Width, picture.Height, fault = readSVG(body); fault != "" {
			refuse("%s", fault)
			return picture
		}
	} else {
		about, format, err := image.DecodeConfig(bytes.NewReader(body))
		if err != nil || "image/"+format != picture.Kind {
			refuse("is no %s that can be opened; save it anew", strings.ToUpper(path.Ext(name)[1:]))
			return picture
		}
		picture.Width, picture.Height = about.Width, about.Height
		if min(about.Width, about.Height) < p.least || max(about.Width, about.Height) > p.most {
			refuse("is %d × %d pixels; each side must have %d to %d", about.Width, about.Height, p.least, p.most)
			return picture
		}
		if _, _, err := image.Decode(bytes.NewReader(body)); err != nil {
			refuse("breaks off in the middle; save it anew")
			return picture
		}
	}
	if picture.Width > p.widest*picture.Height || picture.Height > p.highest*picture.Width {
		refuse("is %d wide and %d high; it may be %s", picture.Width, picture.Height, p.form())
	}
	return picture
}

// form says which shapes fit into a place.
func (p place) form() string {
	if p.widest == 1 && p.highest == 1 {
		return "as wide as it is high"
	}
	higher := fmt.Sprintf("%d times as high as wide", p.highest)
	if p.highest == 1 {
		higher = "no higher than it is wide"
	}
	return fmt.Sprintf("%d times as wide as high, and %s", p.widest, higher)
}

func placeNames() string {
	var names []string
	for _, p := range places {
		for _, kind := range p.kinds {
			names = append(names, p.name+kind)
		}
	}
	return strings.Join(names, ", ")
}

func weights(pictures map[string]*models.Picture) string {
	var each []string
	for _, p := range places {
		if picture := pictures[p.name]; picture != nil {
			each = append(each, picture.Name+" "+kilobytes(int64(len(picture.Body))))
		}
	}
	return strings.Join(each, ", ")
}

// kilobytes writes a size with one decimal, rounded up, so that what is too
// much never reads as just enough.
func kilobytes(size int64) string {
	tenths := (size*10 + 1023) / 1024
	return fmt.Sprintf("%d.%d KB", tenths/10, tenths%10)
}
