package campaign

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// drawn are the elements of SVG that draw, or hold what draws. An SVG may also
// run scripts, hold a page and load files: what is not named here is refused.
var drawn = []string{
	"svg", "g", "defs", "symbol", "use", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
	"text", "tspan", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern",
}

const svgSpace = "http://www.w3.org/2000/svg"

// readSVG measures a drawing, and says what may not stand in it.
func readSVG(body []byte) (width, height int, fault string) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	for first := true; ; {
		part, err := decoder.Token()
		if errors.Is(err, io.EOF) && !first {
			return width, height, ""
		}
		if err != nil {
			return 0, 0, "is no SVG that can be opened; save it anew"
		}
		switch p := part.(type) {
		case xml.Directive:
			return 0, 0, "holds a DOCTYPE or an ENTITY; take it out"
		case xml.ProcInst:
			if p.Target != "xml" {
				return 0, 0, fmt.Sprintf("holds <?%s?>; take it out", p.Target)
			}
		case xml.StartElement:
			if fault := svgFault(p); fault != "" {
				return 0, 0, fault
			}
			if first {
				if width, height = svgSize(p); width == 0 || height == 0 || p.Name.Local != "svg" {
					return 0, 0, "begins with no <svg> that has a viewBox, like viewBox=\"0 0 160 32\""
				}
				first = false
			}
		}
	}
}

// svgFault says why an element may not stand in a drawing.
func svgFault(e xml.StartElement) string {
	if e.Name.Space != svgSpace || !slices.Contains(drawn, e.Name.Local) {
		return fmt.Sprintf("holds <%s>, which draws nothing or loads something; save it as a plain SVG", e.Name.Local)
	}
	for _, a := range e.Attr {
		name, value := strings.ToLower(a.Name.Local), strings.ToLower(strings.Join(strings.Fields(a.Value), ""))
		outside := strings.ReplaceAll(strings.ReplaceAll(value, "url(#", ""), "url(\"#", "")
		switch {
		case a.Name.Space == "xmlns" || name == "xmlns":
		case strings.HasPrefix(name, "on"):
			return fmt.Sprintf("holds the script %s; take it out", a.Name.Local)
		case name == "href" && !strings.HasPrefix(value, "#"), strings.Contains(outside, "url("), strings.ContainsAny(value, `\`):
			return fmt.Sprintf("refers to something outside itself in %s; put it into the drawing", a.Name.Local)
		}
	}
	return ""
}

// svgSize reads the two last numbers of a viewBox.
func svgSize(e xml.StartElement) (width, height int) {
	for _, a := range e.Attr {
		if a.Name.Local != "viewBox" {
			continue
		}
		numbers := strings.FieldsFunc(a.Value, func(r rune) bool { return r == ' ' || r == ',' })
		if len(numbers) != 4 {
			return 0, 0
		}
		return svgNumber(numbers[2]), svgNumber(numbers[3])
	}
	return 0, 0
}

func svgNumber(s string) int {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 1 || n > 1e5 {
		return 0
	}
	return int(math.Round(n))
}
