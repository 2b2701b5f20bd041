package finance

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/export"
	"github.com/corruptionproject/appeal/internal/sheet"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
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

// handed is how a table was handed over.
type handed struct {
	of   string
	err  error
	file *export.Made
}

// handingOver is a server of tables that are larger than what a network holds,
// to whomever the address names.
func handingOver(t *testing.T) (ask func(who, name string) *http.Response, over chan handed) {
	t.Helper()
	r := &Rooms{Config: Config{Log: slog.New(slog.DiscardHandler), Store: storetest.Open(t, storetest.InMemory(t), &storetest.Clock{})}, exporting: make(chan struct{}, atOnce)}
	over = make(chan handed, 10)
	e := echo.New()
	e.GET("/:who/:name", func(c echo.Context) error {
		v := &visit{Context: c, who: models.Staff{ID: c.Param("who"), Email: c.Param("who") + "@example.org"}}
		var file *export.Made
		err := r.handOver(v, "table.csv", sheet.CSV, nil, func() (made *export.Made, err error) {
			file, err = export.Make(sheet.CSV, "table", []string{"text"}, func(row export.Row) error {
				for range 12 {
					if err := row(sheet.Text(strings.Repeat("x", 1<<20))); err != nil {
						return err
					}
				}
				return nil
			})
			return file, err
		})
		over <- handed{c.Param("name"), err, file}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		return nil
	})
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return func(who, name string) *http.Response {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/"+who+"/"+name, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() }) // read already, or broken off
		return response
	}, over
}

func TestOfOnePersonsTablesUnderWayTheOldestGoesForAFourth(t *testing.T) {
	t.Parallel()
	ask, over := handingOver(t)
	// Nobody reads, so that each keeps its file.
	first := ask("ada", "first")
	others := []*http.Response{ask("ada", "second"), ask("ada", "third"), ask("bo", "another's"), ask("ada", "fourth")}
	gone := <-over
	if gone.of != "first" || !errors.Is(gone.err, errOvertaken) {
		t.Fatalf("%s went: %v", gone.of, gone.err)
	}
	if _, err := gone.file.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("its file is still there: %v", err)
	}
	if _, err := io.ReadAll(first.Body); err == nil {
		t.Error("what was sent of it looks like all of it")
	}
	for _, response := range others {
		if all, err := io.Copy(io.Discard, response.Body); err != nil || all != response.ContentLength {
			t.Errorf("of %s came %d bytes of %d, %v", response.Request.URL, all, response.ContentLength, err)
		}
		if done := <-over; done.err != nil {
			t.Errorf("%s: %v", done.of, done.err)
		}
	}
	if status, known := answerTo(errOvertaken); !known || status.status != http.StatusTooManyRequests {
		t.Errorf("whose turn had not come yet is told %+v", status)
	}
}

func TestWhatHasArrivedIsCountedNoMore(t *testing.T) {
	var d downloads
	for range 2 * perPerson {
		ctx, end := d.begin(t.Context(), "ada")
		if end(); overtaken(ctx) != nil || !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("one after the other they end with %v", context.Cause(ctx))
		}
	}
	if len(d.of) > 0 {
		t.Errorf("counted are still %v", d.of)
	}
}
