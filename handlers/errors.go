package handlers

import (
	"errors"
	"net/http"
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
	{errRateLimited, http.StatusTooManyRequests, "rate_limited"},
	{models.ErrBooksClosed, http.StatusServiceUnavailable, "unavailable"},
	{stripeapi.ErrUnavailable, http.StatusServiceUnavailable, "unavailable"},
	{stripeapi.ErrRefused, http.StatusServiceUnavailable, "unavailable"},
}

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
		s.Log.Error("request failed", "method", c.Request().Method, "route", c.Path(), "status", status, "error", err)
	}
	private(c)
	if s.answerError(c, err, status, code) != nil {
		s.Log.Warn("an error page could not be sent", "route", c.Path(), "status", status)
	}
}

func (s *Server) answerError(c echo.Context, err error, status int, code string) error {
	if wantsJSON(c.Request()) {
		usual, ok := wording[status]
		if !ok {
			usual = wording[http.StatusInternalServerError]
		}
		return refuse(c, status, code, usual.heading+". "+usual.sentence, nil)
	}
	var body []byte
	var problem error
	if errors.Is(err, models.ErrClosed) {
		body, problem = s.views.closed(s.Now())
	} else {
		body, problem = s.views.problem(status, "", "")
	}
	if problem != nil {
		return c.String(status, http.StatusText(status)+"\n")
	}
	return c.HTMLBlob(status, body)
}
