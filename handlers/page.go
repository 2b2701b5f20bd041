package handlers

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/web"
)

// publicCaching is how pages and figures may be cached: for moments by a
// browser, a little longer by a CDN.
const publicCaching = "public, max-age=2, s-maxage=5, stale-while-revalidate=30"

// rendering is what a page was rendered from.
type rendering struct {
	etag   string // of the figures
	stale  time.Time
	minute int64 // words like "last day" change with the clock too
}

// readyPage is a page as it goes out: rendered once, packed once it is asked
// for packed, and served as bytes.
type readyPage struct {
	of           rendering
	plain        []byte
	level        int // of gzip: best for a page that many get
	pack         sync.Once
	packed       []byte
	packedSize   []string
	failed       error
	size         []string // Content-Length
	etag, etagGz []string
}

// pageCache holds the campaign page as everybody gets it.
type pageCache struct{ campaign atomic.Pointer[readyPage] }

func newReadyPage(of rendering, body []byte, level int) *readyPage {
	sum := sha256.Sum256(body)
	tag := hex.EncodeToString(sum[:12])
	return &readyPage{
		of: of, plain: body, level: level, size: []string{strconv.Itoa(len(body))},
		etag: []string{`"` + tag + `"`}, etagGz: []string{`"` + tag + `-gz"`},
	}
}

// zipped is the page packed.
func (p *readyPage) zipped() ([]byte, error) {
	p.pack.Do(func() {
		var out bytes.Buffer
		zip, err := gzip.NewWriterLevel(&out, p.level)
		if err == nil {
			_, err = zip.Write(p.plain)
			err = errors.Join(err, zip.Close())
		}
		p.packed, p.packedSize, p.failed = out.Bytes(), []string{strconv.Itoa(out.Len())}, err
	})
	return p.packed, p.failed
}

var (
	cachingHeader = []string{publicCaching}
	varyHeader    = []string{"Accept-Encoding"}
	gzipHeader    = []string{"gzip"}
	htmlHeader    = []string{"text/html; charset=utf-8"}
)

// send answers with the page, or with 304 if the reader has it.
func (p *readyPage) send(c echo.Context) error {
	r, h := c.Request(), c.Response().Header()
	packed := web.AcceptsGzip(r.Header.Get("Accept-Encoding"))
	h["Cache-Control"], h["Vary"], h["Etag"] = cachingHeader, varyHeader, p.etag
	if packed {
		h["Etag"] = p.etagGz
	}
	if web.KnownAs(r.Header.Get("If-None-Match"), p.etag[0], p.etagGz[0]) {
		return c.NoContent(http.StatusNotModified)
	}
	body, size := p.plain, p.size
	if packed {
		zipped, err := p.zipped()
		if err != nil {
			return err
		}
		body, size, h["Content-Encoding"] = zipped, p.packedSize, gzipHeader
	}
	h["Content-Length"], h["Content-Type"] = size, htmlHeader
	c.Response().WriteHeader(http.StatusOK)
	_, err := c.Response().Write(body)
	return err
}
