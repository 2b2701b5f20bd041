package handlers

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
)

// takeTry takes one of the tries that this request's network has. If none is
// left it says when to come again, and returns rateLimited.
func (s *Server) takeTry(c echo.Context, l *limiter) error {
	release, err := l.admit(c.RealIP(), s.Now())
	var limited rateLimited
	if errors.As(err, &limited) {
		c.Response().Header().Set("Retry-After", strconv.Itoa(limited.seconds()))
	}
	if err != nil {
		return err
	}
	release(true, s.Now())
	return nil
}

// tooOften answers a network that has asked for mail too often. again draws the
// page with nothing lost.
func tooOften(c echo.Context, err error, again func() error) error {
	switch {
	case !errors.Is(err, errRateLimited):
		return err
	case wantsJSON(c.Request()):
		return refuse(c, http.StatusTooManyRequests, "rate_limited", tooManyTries, nil)
	default:
		return again()
	}
}
