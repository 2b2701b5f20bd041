package finance_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/handlers/finance"
	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/web"
	"github.com/corruptionproject/appeal/webhooks"
)

// A process of its own can be killed. The test's binary is started once more and
// told by its environment to send one form of a refund, and where to die.
const (
	asMortal    = "APPEAL_TEST_BOOKS"  // the address of the books
	asAccount   = "APPEAL_TEST_STRIPE" // that of Stripe
	asSession   = "APPEAL_TEST_SESSION"
	asRefunding = "APPEAL_TEST_REFUNDING" // the form's address
	asDying     = "APPEAL_TEST_DYING"     // the number of a crash point, "" for none
)

// refundAsMortal sends the form, and prints what is answered.
func refundAsMortal() {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	if at := os.Getenv(asDying); at != "" {
		var point int
		_, err := fmt.Sscan(at, &point)
		must(err)
		crash.Arm(crash.Point(point), 1)
	}
	clock, live, log := &storetest.Clock{}, false, slog.New(slog.DiscardHandler)
	store, err := models.Connect(context.Background(), models.Options{
		URL: os.Getenv(asMortal), Slug: "corruption-project", Currency: "usd", Livemode: &live, Now: clock.Now,
	})
	must(err)
	must(store.OpenBooks(context.Background()))
	c, err := campaign.BuiltIn()
	must(err)
	pages, err := web.New(web.Options{})
	must(err)
	stripe := stripeapi.New(c, stripeapi.Config{Key: stripeKey, APIBase: os.Getenv(asAccount), BaseURL: "https://give.example.org"})
	rooms, err := finance.New(finance.Config{
		Campaign: c, Store: store, Web: pages, BaseURL: &url.URL{Scheme: "http", Host: "give.example.org"}, Key: make([]byte, 32),
		Refunds: stripe, Lookup: webhooks.NewResolver(store, stripe, log), Now: clock.Now, Log: log,
	})
	must(err)
	router := echo.New()
	rooms.Mount(router)
	request := httptest.NewRequest(http.MethodPost, os.Getenv(asRefunding), strings.NewReader("amount=20&form_key=key-of-the-form"))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.AddCookie(&http.Cookie{Name: "appeal-staff", Value: os.Getenv(asSession)})
	answer := httptest.NewRecorder()
	router.ServeHTTP(answer, request)
	_, err = fmt.Print(answer.Code)
	must(errors.Join(err, store.Close()))
}
