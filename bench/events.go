package main

import (
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// chargeSucceeded is a charge of ours as Stripe tells it, with places for what
// makes each one another.
//
//go:embed charge.succeeded.json
var chargeSucceeded string

// events makes webhooks that were never sent before.
type events struct {
	parts []string
	count atomic.Int64
}

func newEvents() *events {
	return &events{parts: strings.Split(strings.TrimSpace(chargeSucceeded), "#")}
}

// next is a whole request with another charge, signed afresh.
func (e *events) next() []byte {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	id := fmt.Sprintf("%08d", e.count.Add(1))
	body := make([]byte, 0, 3<<10)
	for i, part := range e.parts {
		switch {
		case i%2 == 0:
			body = append(body, part...)
		case part == "now":
			body = append(body, now...)
		default:
			body = append(body, id...)
		}
	}
	mac := hmac.New(sha256.New, []byte(webhookSecret))
	mac.Write([]byte(now + "."))
	mac.Write(body)
	request := fmt.Appendf(nil, "POST /webhooks/stripe HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-8\r\n"+
		"User-Agent: Stripe/1.0\r\nStripe-Signature: t=%s,v1=%s\r\nContent-Length: %d\r\n\r\n", now, hex.EncodeToString(mac.Sum(nil)), len(body))
	return append(request, body...)
}
