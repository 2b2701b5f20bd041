package handlers

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// statuses is the one table from error to status. What is not in it is a 500.
var statuses = []struct {
	err    error
	status int
	code   string
}{
	{models.ErrNotFound, http.StatusNotFound, "not_found"},
	{models.ErrConflict, http.StatusConflict, "conflict"},
	{models.ErrClosed, http.StatusConflict, "closed"},
	{models.ErrInFuture, http.StatusUnprocessableEntity, "invalid"},
	{models.ErrNotAGift, http.StatusUnprocessableEntity, "invalid"},
	{models.ErrNoAddress, http.StatusUnprocessableEntity, "invalid"},
	{errRateLimited, http.StatusTooManyRequests, "rate_limited"},
	{models.ErrBooksClosed, http.StatusServiceUnavailable, "unavailable"},
	{errBooks, http.StatusServiceUnavailable, "unavailable"},
	{errPrinting, http.StatusServiceUnavailable, "unavailable"},
	{stripeapi.ErrUnavailable, http.StatusServiceUnavailable, "unavailable"},
	{stripeapi.ErrRefused, http.StatusServiceUnavailable, "unavailable"},
}

// errBooks: the database did not answer, or did not do what it was asked.
var errBooks = errors.New("the database failed")

// named are the Store's errors that say more than that it failed.
var named = []error{
	models.ErrNotFound, models.ErrConflict, models.ErrClosed, models.ErrBooksClosed, models.ErrInFuture, models.ErrNotAGift, models.ErrNoAddress,
}

// ofBooks marks any other error of the Store's as errBooks: whatever the reason
// is, the reader can only try again later.
func ofBooks(err error) error {
	if err == nil || slices.ContainsFunc(named, func(known error) bool { return errors.Is(err, known) }) {
		return err
	}
	return errors.Join(errBooks, err)
}

// worded is an error with words of its own for the reader, where the usual ones
// of its status would not be true.
type worded struct {
	error
	heading, sentence string
	links             []link
}

func (w worded) Unwrap() error { return w.error }

// errRateLimited: this address has opened too many checkouts.
var errRateLimited = errors.New("too many checkouts from one address")

// statusOf finds an error's status and its code in JSON.
func statusOf(err error) (status int, code string) {
	var refusal *echo.HTTPError
	if errors.As(err, &refusal) {
		status = refusal.Code
	}
	for _, s := range statuses {
		if errors.Is(err, s.err) || status == s.status {
			return s.status, s.code
		}
	}
	switch {
	case status == 0 || status >= 500:
		return http.StatusInternalServerError, "unavailable"
	default:
		return status, "invalid"
	}
}

// refusal is the body of an error in JSON.
type refusal struct {
	Error struct {
		Code    string            `json:"code"`
		Message string            `json:"message"`
		Fields  map[string]string `json:"fields,omitempty"`
	} `json:"error"`
}

// refuse answers with an error in JSON.
func refuse(c echo.Context, status int, code, message string, fields map[string]string) error {
	var body refusal
	body.Error.Code, body.Error.Message, body.Error.Fields = code, message, fields
	return c.JSON(status, body)
}

// wantsJSON reports whether the answer is for a program.
func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.Contains(r.Header.Get("Accept"), "application/json")
}

// handleError answers whatever a handler returned as an error.
func (s *Server) handleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status, code := statusOf(err)
	if status >= http.StatusInternalServerError {
		s.Log.Error("request failed", "reference", incident(c), "method", c.Request().Method, "route", c.Path(), "status", status, "error", err)
	}
	if h := c.Response().Header(); status == http.StatusServiceUnavailable && h.Get("Retry-After") == "" {
		h.Set("Retry-After", tryAgainIn)
	}
	private(c)
	if s.answerError(c, err, status, code) != nil {
		s.Log.Warn("an error page could not be sent", "route", c.Path(), "status", status)
	}
}

// tryAgainIn is how many seconds to wait for what is expected to mend itself.
const tryAgainIn = "30"

// incident is what a reader can quote of a request that failed, and the log
// knows it by. It says nothing else.
func incident(c echo.Context) string {
	known, ok := c.Get("incident").(string)
	if !ok {
		known = "E-" + rand.Text()[:8]
		c.Set("incident", known)
	}
	return known
}

func (s *Server) answerError(c echo.Context, err error, status int, code string) error {
	var own worded
	errors.As(err, &own)
	if wantsJSON(c.Request()) {
		said := usual(status)
		if own.heading != "" {
			said.heading, said.sentence = own.heading, own.sentence
		}
		return refuse(c, status, code, said.heading+". "+said.sentence, nil)
	}
	var body []byte
	var problem error
	switch {
	case errors.Is(err, models.ErrClosed):
		body, problem = s.views.closed(s.Now())
	case status == http.StatusInternalServerError:
		body, problem = s.views.broken(incident(c))
	default:
		body, problem = s.views.problem(status, own.heading, own.sentence, own.links...)
	}
	if problem != nil {
		return c.String(status, http.StatusText(status)+"\n")
	}
	return c.HTMLBlob(status, body)
}
