package handlers

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
)

// publicCaching is how pages and figures may be cached: for moments by a
// browser, a little longer by a CDN.
const publicCaching = "public, max-age=2, s-maxage=5, stale-while-revalidate=30"

// rendering is what a page was rendered from.
type rendering struct {
	etag   string
	stale  time.Time
	minute int64
}

// readyPage is a page as it goes out: rendered once, and served as bytes.
type readyPage struct {
	of            rendering
	plain, packed []byte
	plainHeader   [3][]string // ETag, Content-Length, Content-Type
	packedHeader  [3][]string
	etag, etagGz  string
}

// pageCache holds the campaign page as everybody gets it.
type pageCache struct{ campaign atomic.Pointer[readyPage] }

func newReadyPage(of rendering, body []byte) (*readyPage, error) {
	var packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := zip.Write(body); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	tag := hex.EncodeToString(sum[:12])
	p := &readyPage{of: of, plain: body, packed: packed.Bytes(), etag: `"` + tag + `"`, etagGz: `"` + tag + `-gz"`}
	kind := []string{"text/html; charset=utf-8"}
	p.plainHeader = [3][]string{{p.etag}, {strconv.Itoa(len(p.plain))}, kind}
	p.packedHeader = [3][]string{{p.etagGz}, {strconv.Itoa(len(p.packed))}, kind}
	return p, nil
}

var (
	cachingHeader = []string{publicCaching}
	varyHeader    = []string{"Accept-Encoding"}
	gzipHeader    = []string{"gzip"}
)

// send answers with the page, or with 304 if the reader has it.
func (p *readyPage) send(c echo.Context) error {
	r, h := c.Request(), c.Response().Header()
	h["Cache-Control"], h["Vary"] = cachingHeader, varyHeader
	body, own := p.plain, &p.plainHeader
	if acceptsGzip(r.Header) {
		body, own = p.packed, &p.packedHeader
		h["Content-Encoding"] = gzipHeader
	}
	h["Etag"] = own[0]
	if known := r.Header.Get("If-None-Match"); known != "" && namesOne(known, p.etag, p.etagGz) {
		delete(h, "Content-Encoding")
		return c.NoContent(http.StatusNotModified)
	}
	h["Content-Length"], h["Content-Type"] = own[1], own[2]
	c.Response().WriteHeader(http.StatusOK)
	_, err := c.Response().Write(body)
	return err
}

// acceptsGzip reports whether an answer may be packed. A browser's "gzip" is
// what counts; a refusal of it (q=0) is honoured.
func acceptsGzip(h http.Header) bool {
	for part := range strings.SplitSeq(h.Get("Accept-Encoding"), ",") {
		name, parameter, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" {
			q := strings.ReplaceAll(strings.TrimSpace(parameter), " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// namesOne reports whether If-None-Match names one of the tags. Caches weaken
// tags, and weak is good enough for a 304.
func namesOne(known string, tags ...string) bool {
	for candidate := range strings.SplitSeq(known, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == "*" {
			return true
		}
		for _, tag := range tags {
			if candidate == tag {
				return true
			}
		}
	}
	return false
}
