package handlers

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/singleflight"

	"github.com/corruptionproject/appeal/internal/live"
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

// medium is what kind of answer goes out, and for how long others may keep it.
// The slices go into headers as they stand, and never change.
type medium struct {
	kind, caching []string
	dense         bool // packed by its own format: gzip would make it no smaller
}

var htmlPage = medium{kind: []string{"text/html; charset=utf-8"}, caching: []string{publicCaching}}

// readyPage is an answer as it goes out: rendered once, packed once it is asked
// for packed, and served as bytes.
type readyPage struct {
	medium
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

// readyPages holds what is the same for everybody, by a name that only this
// program chooses: a name out of a request would let anybody fill the memory.
type readyPages struct {
	byName sync.Map
	making singleflight.Group
}

// sendShared answers with what is the same for everybody, rendered once per change
// of the figures and per minute, however many ask at once.
func (s *Server) sendShared(c echo.Context, name string, as medium, render func(live.Snapshot) ([]byte, error)) error {
	snapshot, err := s.figures(c)
	if err != nil {
		return err
	}
	of := rendering{etag: snapshot.ETag, stale: snapshot.StaleSince, minute: s.Now().Unix() / 60}
	page, err := s.pages.make(name, as, of, func() ([]byte, error) { return render(snapshot) })
	if err != nil {
		return err
	}
	return page.send(c)
}

// sendOnce answers with what is drawn for one address alone, and kept by nobody
// here; caches in between may keep it like any page.
func (s *Server) sendOnce(c echo.Context, as medium, render func(live.Snapshot) ([]byte, error)) error {
	snapshot, err := s.figures(c)
	if err != nil {
		return err
	}
	body, err := render(snapshot)
	if err != nil {
		return err
	}
	return newReadyPage(as, rendering{}, body, gzip.BestSpeed).send(c)
}

// figures are the newest that are known. That none are is a 503.
func (s *Server) figures(c echo.Context) (live.Snapshot, error) {
	snapshot, err := s.feed.Current(c.Request().Context())
	if err != nil {
		return live.Snapshot{}, echo.NewHTTPError(http.StatusServiceUnavailable).SetInternal(err)
	}
	return snapshot, nil
}

// make returns what was made under a name, or makes it, once for all who ask.
func (r *readyPages) make(name string, as medium, of rendering, render func() ([]byte, error)) (*readyPage, error) {
	if page := r.find(name, of); page != nil {
		return page, nil
	}
	made, err, _ := r.making.Do(fmt.Sprint(name, of), func() (any, error) {
		if page := r.find(name, of); page != nil {
			return page, nil // made while this one came to its turn
		}
		body, err := render()
		if err != nil {
			return nil, err
		}
		page := newReadyPage(as, of, body, gzip.BestCompression)
		r.byName.Store(name, page)
		return page, nil
	})
	if err != nil {
		return nil, err
	}
	page, ok := made.(*readyPage)
	if !ok {
		return nil, fmt.Errorf("%s is no page", name)
	}
	return page, nil
}

// find is what was made under a name, if it was made of the same.
func (r *readyPages) find(name string, of rendering) *readyPage {
	if kept, ok := r.byName.Load(name); ok {
		if page, ok := kept.(*readyPage); ok && page.of == of {
			return page
		}
	}
	return nil
}

func newReadyPage(as medium, of rendering, body []byte, level int) *readyPage {
	sum := sha256.Sum256(body)
	tag := hex.EncodeToString(sum[:12])
	return &readyPage{
		medium: as, of: of, plain: body, level: level, size: []string{strconv.Itoa(len(body))},
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
)

// send answers with the page, or with 304 if the reader has it.
func (p *readyPage) send(c echo.Context) error {
	r, h := c.Request(), c.Response().Header()
	packed := !p.dense && web.AcceptsGzip(r.Header.Get("Accept-Encoding"))
	h["Cache-Control"], h["Etag"] = p.caching, p.etag
	if !p.dense {
		h["Vary"] = varyHeader
	}
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
	h["Content-Length"], h["Content-Type"] = size, p.kind
	c.Response().WriteHeader(http.StatusOK)
	_, err := c.Response().Write(body)
	return err
}
