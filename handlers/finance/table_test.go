package finance

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"
)

func TestATableThatFailsHalfwayIsBrokenOff(t *testing.T) {
	e := echo.New()
	r := &Rooms{Config: Config{Log: slog.New(slog.DiscardHandler)}}
	e.GET("/table", func(c echo.Context) error {
		v := &visit{Context: c}
		_, err := io.WriteString(v.Response(), "column\r\n")
		return r.answer(v, errors.Join(err, errors.New("the disk is gone")))
	})
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/table", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		_, err = io.ReadAll(response.Body)
		err = errors.Join(err, response.Body.Close())
	}
	if err == nil {
		t.Error("half a table looks like a whole one")
	}
}
