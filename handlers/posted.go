package handlers

import (
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/body"
)

// maxForm is the largest form taken; the fields come to a few kilobytes.
const maxForm = 64 << 10

// mustBeForm refuses a post that no form of ours sends.
func mustBeForm(r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return echo.NewHTTPError(http.StatusUnsupportedMediaType)
	}
	return nil
}

// posted reads a form's fields. What can't be decoded is left out, and then
// missed where it is needed.
func posted(r *http.Request) (url.Values, error) {
	sent, err := body.Read(r.Body, maxForm)
	if errors.Is(err, body.ErrTooLarge) {
		return nil, echo.NewHTTPError(http.StatusRequestEntityTooLarge)
	}
	if err != nil {
		return nil, echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	values, _ := url.ParseQuery(string(sent))
	return values, nil
}

// sent are the fields of a form of ours.
func sent(c echo.Context) (url.Values, error) {
	if err := mustBeForm(c.Request()); err != nil {
		return nil, err
	}
	return posted(c.Request())
}
