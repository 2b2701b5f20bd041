package handlers

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// guard puts in front of every route what holds for all of them: who may ask
// under which name, what a browser may do with an answer, and that nothing
// panics through.
func (s *Server) guard() {
	headers := s.headers()
	cross := http.NewCrossOriginProtection()
	if err := cross.AddTrustedOrigin(s.BaseURL.Scheme + "://" + s.BaseURL.Host); err != nil {
		s.Log.Warn("the public address is no origin", "error", err)
	}
	cross.AddInsecureBypassPattern("POST " + s.WebhookPath)
	s.echo.Pre(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer s.recover(c, &err)
			r, out := c.Request(), c.Response().Header()
			for _, h := range headers {
				out[h.name] = h.value
			}
			if !s.ourHost(r.Host) && r.URL.Path != "/healthz" && r.URL.Path != "/readyz" {
				return echo.NewHTTPError(http.StatusMisdirectedRequest)
			}
			if r.Method != http.MethodGet && (cross.Check(r) != nil || unmarked(r)) {
				return echo.NewHTTPError(http.StatusForbidden)
			}
			return next(c)
		}
	})
}

// unmarked reports whether a browser brings a cookie and does not say from which
// site it is sent. The check of origins lets such a request pass; it comes from a
// browser too old to say, where a form of any site may have sent it. A program
// that keeps cookies of its own is driven by no other site.
func unmarked(r *http.Request) bool {
	return r.Header.Get("Cookie") != "" && r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" &&
		strings.HasPrefix(r.UserAgent(), "Mozilla/")
}

// headOnly marks a HEAD request, which is answered as the GET it stands for.
type headOnly struct{}

// asGet makes a GET of a HEAD. It is a copy, so that net/http still knows the
// request for a HEAD and sends no body.
func asGet(r *http.Request) *http.Request {
	r = r.WithContext(context.WithValue(r.Context(), headOnly{}, true))
	r.Method = http.MethodGet
	return r
}

func isHead(c echo.Context) bool { return c.Request().Context().Value(headOnly{}) != nil }

// recover turns a panic into a 500. What was panicked with may hold anything,
// so only its type and where it happened are logged.
func (s *Server) recover(c echo.Context, err *error) {
	thrown := recover()
	if thrown == nil {
		return
	}
	if thrown == http.ErrAbortHandler { //nolint:errorlint // compared as net/http compares it
		panic(thrown)
	}
	s.Log.Error("panic", "reference", incident(c), "type", fmt.Sprintf("%T", thrown), "route", c.Path(), "stack", string(debug.Stack()))
	*err = echo.NewHTTPError(http.StatusInternalServerError)
}

type header struct {
	name  string
	value []string
}

// headers are sent with every answer. The slices are shared, and never
// changed: a handler that needs another value sets another slice.
func (s *Server) headers() []header {
	// Chromium applies form-action to where a form's answer redirects, so the
	// payment page's origin must be in it.
	formAction := strings.TrimSpace("'self' https: " + s.PaymentOrigin)
	all := []header{
		{"Content-Security-Policy", []string{"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
			"font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action " + formAction}},
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"X-Frame-Options", []string{"DENY"}},
		{"Referrer-Policy", []string{"strict-origin-when-cross-origin"}},
		{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
		{"Permissions-Policy", []string{"camera=(), geolocation=(), microphone=(), payment=(), usb=()"}},
	}
	if s.BaseURL.Scheme == "https" {
		all = append(all, header{"Strict-Transport-Security", []string{"max-age=31536000"}})
	}
	return all
}

// ourHost reports whether a request was addressed to us: by the public
// address, or by this machine's own.
func (s *Server) ourHost(host string) bool {
	if host == s.BaseURL.Host {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.Trim(strings.ToLower(host), "[]"), ".")
	if host == strings.ToLower(s.BaseURL.Hostname()) || host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Masked().Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// private keeps an answer out of every cache and every index.
func private(c echo.Context) {
	h := c.Response().Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex")
}

// budget is how long a thank-you page waits for Stripe.
const budget = 3 * time.Second
