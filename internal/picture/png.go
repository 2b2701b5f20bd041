package picture

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strings"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// PNG draws the tracker, 320 or 600 wide, each pixel scale pixels wide.
func (t Tracker) PNG(width, scale int, theme Theme) ([]byte, error) {
	p, err := newPen()
	if err != nil {
		return nil, err
	}
	for _, words := range []*string{&t.Kicker, &t.Number, &t.Of, &t.Fact, &t.Foot, &t.AsOf} {
		*words = p.drawable(*words)
	}
	return p.paint(t.draw(width, theme, p.measure), float64(scale))
}

// PNG draws the image beside a link: 1200 by 630, as the networks want it.
func (s Share) PNG(theme Theme) ([]byte, error) {
	p, err := newPen()
	if err != nil {
		return nil, err
	}
	for _, words := range []*string{&s.Newsroom, &s.Kicker, &s.Headline, &s.Number, &s.Of, &s.Foot} {
		*words = p.drawable(*words)
	}
	return p.paint(s.draw(theme, p.measure), 1)
}

// paint puts a drawing down, pixel by pixel.
func (p *pen) paint(d drawing, scale float64) ([]byte, error) {
	canvas := image.NewRGBA(image.Rect(0, 0, int(d.width*scale), int(d.height*scale)))
	for _, b := range d.boxes {
		fill(canvas, b, scale)
	}
	for _, l := range d.lines {
		x := l.x
		if l.end {
			x -= ruler(p.measure).width(l.runs)
		}
		for i, r := range l.runs {
			if i > 0 {
				x += wordSpace * r.size
			}
			p.write(canvas, r, x*scale, l.y*scale, scale)
			x += r.size * ruler(p.measure).length(r.text, r.bold)
		}
	}
	few, err := palette(canvas)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, few); err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	return out.Bytes(), nil
}

// write draws one run, glyph by glyph, at fractions of a pixel.
func (p *pen) write(canvas *image.RGBA, r run, x, y, scale float64) {
	size := r.size * scale
	before := rune(-1)
	for _, char := range r.text {
		advance := p.measure(before, char, r.bold) * size
		if glyph, ok := p.glyph(char, r.bold); ok {
			// The kerning is part of the advance, and stands before the glyph.
			kerned := advance - p.measure(-1, char, r.bold)*size
			p.stamp(canvas, r, glyph, [3]float64{x + kerned, y, size})
		}
		x += advance
		before = char
	}
}

// stamp draws one glyph at x, y in a size.
func (p *pen) stamp(canvas *image.RGBA, r run, glyph sfnt.GlyphIndex, at [3]float64) {
	x, y, size := at[0], at[1], at[2]
	outline, err := p.font(r.bold).LoadGlyph(&p.buffer, glyph, fixed.Int26_6(size*64), nil)
	if err != nil || len(outline) == 0 {
		return
	}
	bounds := outline.Bounds()
	left, top := int(math.Floor(x))+bounds.Min.X.Floor(), int(math.Floor(y))+bounds.Min.Y.Floor()
	raster := vector.NewRasterizer((bounds.Max.X-bounds.Min.X).Ceil()+3, (bounds.Max.Y-bounds.Min.Y).Ceil()+3)
	at32 := func(point fixed.Point26_6) (float32, float32) {
		return float32(x-float64(left)) + float32(point.X)/64, float32(y-float64(top)) + float32(point.Y)/64
	}
	for _, s := range outline {
		ax, ay := at32(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			raster.ClosePath()
			raster.MoveTo(ax, ay)
		case sfnt.SegmentOpLineTo:
			raster.LineTo(ax, ay)
		case sfnt.SegmentOpQuadTo:
			bx, by := at32(s.Args[1])
			raster.QuadTo(ax, ay, bx, by)
		case sfnt.SegmentOpCubeTo:
			bx, by := at32(s.Args[1])
			cx, cy := at32(s.Args[2])
			raster.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	raster.ClosePath()
	cover(canvas, raster, image.Pt(left, top), r.colour)
}

// cover puts a shape down in one colour. Its edge covers a pixel in 32 steps
// and not in 256: all colours of a picture then fit into a palette, which
// halves the file, and nobody sees it.
func cover(canvas *image.RGBA, raster *vector.Rasterizer, at image.Point, colour string) {
	mask := image.NewAlpha(raster.Bounds())
	raster.Draw(mask, mask.Bounds(), image.Opaque, image.Point{})
	for i, a := range mask.Pix {
		mask.Pix[i] = a&^7 | a>>5
	}
	draw.DrawMask(canvas, mask.Bounds().Add(at), image.NewUniform(rgb(colour)), image.Point{}, mask, image.Point{}, draw.Over)
}

// fill draws a box with its edges on whole pixels.
func fill(canvas *image.RGBA, b box, scale float64) {
	x0, y0 := math.Round(b.x*scale), math.Round(b.y*scale)
	x1, y1 := math.Round((b.x+b.width)*scale), math.Round((b.y+b.height)*scale)
	area := image.Rect(int(x0), int(y0), int(x1), int(y1))
	if b.radius == 0 {
		draw.Draw(canvas, area, image.NewUniform(rgb(b.colour)), image.Point{}, draw.Src)
		return
	}
	w, h, r := float32(x1-x0), float32(y1-y0), float32(b.radius*scale)
	raster := vector.NewRasterizer(area.Dx(), area.Dy())
	raster.MoveTo(r, 0)
	raster.LineTo(w-r, 0)
	raster.QuadTo(w, 0, w, r)
	raster.LineTo(w, h-r)
	raster.QuadTo(w, h, w-r, h)
	raster.LineTo(r, h)
	raster.QuadTo(0, h, 0, h-r)
	raster.LineTo(0, r)
	raster.QuadTo(0, 0, r, 0)
	raster.ClosePath()
	cover(canvas, raster, area.Min, b.colour)
}

// palette makes a picture with a palette of one that has few colours.
func palette(from *image.RGBA) (*image.Paletted, error) {
	to := image.NewPaletted(from.Rect, nil)
	index := map[color.RGBA]byte{}
	var next byte
	var last color.RGBA // mostly the next one, too
	for i := range to.Pix {
		c := color.RGBA{from.Pix[4*i], from.Pix[4*i+1], from.Pix[4*i+2], 255}
		if c == last {
			to.Pix[i] = to.Pix[i-1]
			continue
		}
		last = c
		at, known := index[c]
		if !known {
			if len(to.Palette) == 256 {
				return nil, errors.New("picture: more than 256 colours")
			}
			at = next
			next++
			index[c] = at
			to.Palette = append(to.Palette, c)
		}
		to.Pix[i] = at
	}
	return to, nil
}

// rgb reads "#rrggbb". What is no colour is drawn black.
func rgb(colour string) color.RGBA {
	var c [3]byte
	if parts, err := hex.DecodeString(strings.TrimPrefix(colour, "#")); err == nil {
		copy(c[:], parts)
	}
	return color.RGBA{c[0], c[1], c[2], 255}
}
