package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stripe/stripe-go/v76/webhook"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // the naive server's driver, the same as the product's

	"github.com/corruptionproject/appeal/handlers"
	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/stripesim"
	"github.com/corruptionproject/appeal/models"
	"github.com/corruptionproject/appeal/web"
)

// bePeer is one of the servers that the product is compared with, in a process
// of its own.
func bePeer(ctx context.Context, kind string) error {
	var handler http.Handler
	var err error
	switch kind {
	case "bytes":
		handler, err = readyBytes()
	case "stream":
		handler = plainStream()
	case "stripe":
		handler, err = standIn()
	case "verify":
		handler, err = verifyOnly(ctx)
	case "naive":
		handler, err = transactionEach()
	default:
		err = fmt.Errorf("there is no server named %q", kind)
	}
	if err != nil {
		return err
	}
	server := &http.Server{Addr: os.Getenv("BENCH_ADDRESS"), Handler: ready(handler), ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

func ready(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			w.Header().Set("Content-Length", "0")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// readyBytes serves one page and does nothing else.
func readyBytes() (http.Handler, error) {
	var page struct{ Kind, Encoding, Body string }
	if err := json.Unmarshal([]byte(os.Getenv("BENCH_PAGE")), &page); err != nil {
		return nil, err
	}
	body, err := base64.StdEncoding.DecodeString(page.Body)
	if err != nil {
		return nil, err
	}
	length := strconv.Itoa(len(body))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", page.Kind)
		h.Set("Content-Length", length)
		if page.Encoding != "" {
			h.Set("Content-Encoding", page.Encoding)
		}
		_, _ = w.Write(body)
	}), nil
}

// standIn is the simulator, so that a gift gets as far as the payment page.
func standIn() (http.Handler, error) {
	return stripesim.Open(stripesim.Config{
		File: os.Getenv("BENCH_FILE"), Seed: 1, SecretKey: stripeKey, PublicURL: "http://" + os.Getenv("BENCH_ADDRESS"), Log: slog.New(slog.DiscardHandler),
	})
}

// plainStream sends one event and keeps the stream open.
func plainStream() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "event: progress\ndata: {}\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
}

// verified reads a webhook and checks its signature.
func verified(r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	return raw, webhook.ValidatePayload(raw, r.Header.Get("Stripe-Signature"), webhookSecret)
}

// verifyOnly is the product's own site, whose webhook is verified, understood
// and forgotten.
func verifyOnly(ctx context.Context) (http.Handler, error) {
	c, err := campaign.BuiltIn()
	if err != nil {
		return nil, err
	}
	store, err := models.Connect(ctx, models.Options{URL: "sqlite:" + os.Getenv("BENCH_DATABASE"), Slug: c.Slug, Currency: c.Currency})
	if err != nil {
		return nil, err
	}
	pages, err := web.New(web.Options{})
	if err != nil {
		return nil, err
	}
	return handlers.New(handlers.Config{
		Campaign: c, Store: store, Web: pages, BaseURL: &url.URL{Scheme: "http", Host: os.Getenv("BENCH_ADDRESS")}, TestMode: true,
		Webhook: func(c echo.Context) error {
			raw, err := verified(c.Request())
			var e struct {
				ID, Type string
				Created  int64
				Data     struct{ Object json.RawMessage }
			}
			if err = errors.Join(err, json.Unmarshal(raw, &e)); err != nil {
				return c.String(http.StatusBadRequest, err.Error())
			}
			return c.JSON(http.StatusOK, map[string]any{"received": true})
		},
		WebhookPath: "/webhooks/stripe", Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

type naiveEvent struct {
	ID     string `gorm:"primaryKey"`
	SHA256 string
	Raw    []byte
}

type naiveGift struct {
	ID     string `gorm:"primaryKey"`
	Amount int64
	Email  string
}

type naiveTotal struct {
	ID            int64 `gorm:"primaryKey"`
	Raised, Gifts int64
}

// transactionEach is what one would write in an afternoon: Echo and GORM, one
// transaction for each event, as durable as the product's.
func transactionEach() (http.Handler, error) {
	dsn := "file:" + os.Getenv("BENCH_DATABASE") +
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_txlock=immediate"
	db, err := gorm.Open(sqlite.New(sqlite.Config{DriverName: "sqlite", DSN: dsn}), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, err
	}
	if err := db.AutoMigrate(&naiveEvent{}, &naiveGift{}, &naiveTotal{}); err != nil {
		return nil, err
	}
	if err := db.Create(&naiveTotal{ID: 1}).Error; err != nil {
		return nil, err
	}
	e := echo.New()
	e.POST("/webhooks/stripe", func(c echo.Context) error {
		raw, err := verified(c.Request())
		if err != nil {
			return c.String(http.StatusBadRequest, err.Error())
		}
		var event struct {
			ID   string `json:"id"`
			Data struct {
				Object struct {
					ID      string `json:"id"`
					Amount  int64  `json:"amount"`
					Billing struct {
						Email string `json:"email"`
					} `json:"billing_details"`
				} `json:"object"`
			} `json:"data"`
		}
		if err := json.Unmarshal(raw, &event); err != nil {
			return c.String(http.StatusBadRequest, err.Error())
		}
		sum := sha256.Sum256(raw)
		charge := event.Data.Object
		err = db.WithContext(c.Request().Context()).Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&naiveEvent{event.ID, hex.EncodeToString(sum[:]), raw}).Error; err != nil {
				return err
			}
			if err := tx.Create(&naiveGift{charge.ID, charge.Amount, charge.Billing.Email}).Error; err != nil {
				return err
			}
			return tx.Exec("UPDATE naive_totals SET raised = raised + ?, gifts = gifts + 1 WHERE id = 1", charge.Amount).Error
		})
		if err != nil {
			return c.String(http.StatusInternalServerError, err.Error())
		}
		return c.JSON(http.StatusOK, map[string]any{"received": true})
	})
	return e, nil
}
