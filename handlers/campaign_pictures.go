package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/web"
)

// folderPath is where the pictures of the campaign's folder are served, under
// names that carry a hash of their bytes.
const folderPath = "/campaign/"

// imageView is a picture of the campaign's folder on a page.
type imageView struct {
	Src           template.URL
	Kind          string
	Width, Height int
	Alt, Credit   string
}

// imageOf is nil where there is no picture.
func imageOf(p *models.Picture) *imageView {
	if p == nil {
		return nil
	}
	return &imageView{
		Src:  template.URL(folderPath + hashedName(p)), //nolint:gosec // a path of our own
		Kind: p.Kind, Width: p.Width, Height: p.Height, Alt: p.Alt, Credit: p.Credit,
	}
}

func hashedName(p *models.Picture) string {
	sum := sha256.Sum256(p.Body)
	ext := path.Ext(p.Name)
	return strings.TrimSuffix(p.Name, ext) + "." + hex.EncodeToString(sum[:5]) + ext
}

// logoHeight is how high the newsroom's logo is drawn, in CSS pixels.
const logoHeight = 28

// logoView is the newsroom's logo, in place of its name.
type logoView struct {
	Light imageView
	Dark  *imageView // nil: the same, on a light ground
}

func logo(l models.Look, name string) *logoView {
	if l.Logo == nil {
		return nil
	}
	drawn := func(p *models.Picture) *imageView {
		if p == nil {
			return nil
		}
		i := imageOf(p)
		i.Width, i.Height, i.Alt = (p.Width*logoHeight+p.Height/2)/p.Height, logoHeight, name
		return i
	}
	return &logoView{Light: *drawn(l.Logo), Dark: drawn(l.LogoDark)}
}

// getFolderPicture serves one picture of the folder. A drawing may be opened
// alone, so it is shut off as well: nothing in it runs or loads.
func (s *Server) getFolderPicture(c echo.Context) error {
	for _, p := range s.Campaign.Look.Pictures() {
		if hashedName(p) == c.Param("name") {
			return sendPicture(c, p, "public, max-age=31536000, immutable")
		}
	}
	return echo.NewHTTPError(http.StatusNotFound)
}

// getFavicon is what browsers ask for by themselves: the campaign's icon, or
// the usual one.
func (s *Server) getFavicon(c echo.Context) error {
	const aDay = "public, max-age=86400"
	if icon := s.Campaign.Look.Icon; icon != nil {
		return sendPicture(c, icon, aDay)
	}
	s.Web.File("favicon.ico", aDay).ServeHTTP(c.Response(), c.Request())
	return nil
}

func sendPicture(c echo.Context, p *models.Picture, caching string) error {
	tag := `"` + hashedName(p) + `"`
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cache-Control", caching)
	h.Set("ETag", tag)
	if web.KnownAs(c.Request().Header.Get("If-None-Match"), tag) {
		return c.NoContent(http.StatusNotModified)
	}
	h.Set("Content-Length", strconv.Itoa(len(p.Body)))
	return c.Blob(http.StatusOK, p.Kind, p.Body)
}
