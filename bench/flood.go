package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// donors come one after the other at this pace, which Stripe's own limit of 25
// checkouts a second lets through.
const donorsApart = 50 * time.Millisecond

// flooded compares what a donor waits for while nobody signs in with what they
// wait for in a flood of sign-ins: wrong passwords, from 500 networks, for
// accounts that are never the same, so that nothing but the number of hashes at
// once holds them back.
func (b *bench) flooded() error {
	stripe, err := b.peer("stripe", "BENCH_FILE="+filepath.Join(b.folder, "stripe.db"))
	if err != nil {
		return err
	}
	defer stripe.stop()
	appeal, err := b.product("STRIPE_API_BASE=http://"+stripe.address, "APPEAL_DONATE_RATE=0", "APPEAL_TRUSTED_PROXIES=127.0.0.0/8")
	if err != nil {
		return err
	}
	defer appeal.stop()
	page := func() []byte { return get("/", appeal.address, browserHeaders) }
	gift := func() []byte {
		return post("/donate", appeal.address, "", "frequency=once&once_amount=50")
	}
	for _, of := range []struct {
		name   string
		next   func() []byte
		status int
	}{{"campaign page", page, 200}, {"donate, to the payment page", gift, 303}} {
		if _, err := b.unhurried(appeal, of.next, of.status); err != nil { // a warm-up
			return err
		}
		var calm, flood []load
		var refused float64
		for range *rounds {
			quiet, err := b.unhurried(appeal, of.next, of.status)
			if err != nil {
				return err
			}
			stop := b.floodLogin(appeal)
			loud, err := b.unhurried(appeal, of.next, of.status)
			refused += stop()
			if err != nil {
				return err
			}
			calm, flood = append(calm, quiet), append(flood, loud)
		}
		b.figure(of.name+", p50", "ms", "", p50s(calm)...)
		b.figure("    p99", "ms", "", p99s(calm)...)
		b.figure("  in a flood of sign-ins, p50", "ms", "", p50s(flood)...)
		b.figure("    p99", "ms", "", p99s(flood)...)
		b.figure("    sign-ins answered", "/s", "", refused/float64(*rounds)/round.Seconds())
		b.ratio("  p50 ÷", 0, "", quotients(p50s(flood), p50s(calm)))
		b.ratio("  p99 ÷", 0, "≤ 2", quotients(p99s(flood), p99s(calm)))
	}
	return nil
}

// unhurried asks at an even pace for one round, whatever the answers take, as
// donors come.
func (b *bench) unhurried(c *child, next func() []byte, status int) (load, error) {
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var waiting sync.WaitGroup
	begun := time.Now()
	for due := begun; due.Before(begun.Add(*round)); due = due.Add(donorsApart) {
		time.Sleep(time.Until(due))
		waiting.Go(func() {
			got, err := once(b.ctx, c.address, next())
			if err == nil && got != status {
				err = fmt.Errorf("the answer is %d", got)
			}
			mu.Lock()
			defer mu.Unlock()
			all, failed = append(all, time.Since(due)), errors.Join(failed, err)
		})
	}
	waiting.Wait()
	if failed != nil || len(all) == 0 {
		return load{}, errors.Join(failed, b.ctx.Err())
	}
	slices.Sort(all)
	return load{float64(len(all)) / round.Seconds(), all[len(all)/2], all[len(all)*99/100]}, nil
}

// once asks over a connection of its own.
func once(ctx context.Context, address string, request []byte) (status int, err error) {
	c, err := dial(ctx, address)
	if err != nil {
		return 0, err
	}
	defer c.conn.Close()
	return c.ask(request)
}

// floodLogin has every connection try passwords until it is told to stop, and
// then returns how many were answered.
func (b *bench) floodLogin(c *child) (stop func() float64) {
	ctx, cancel := context.WithCancel(b.ctx)
	var answered, tried atomic.Int64
	var trying sync.WaitGroup
	for range *guessers {
		trying.Go(func() {
			for ctx.Err() == nil {
				guess, err := dial(ctx, c.address)
				if err != nil {
					return
				}
				hangUp := context.AfterFunc(ctx, func() { _ = guess.conn.Close() })
				for err == nil {
					n := tried.Add(1)
					from := fmt.Sprintf("X-Forwarded-For: 10.%d.%d.1\r\n", n%500/250, n%250)
					if _, err = guess.ask(post("/finance/login", c.address, from, fmt.Sprintf("email=guess-%d%%40example.org&password=guess", n))); err == nil {
						answered.Add(1)
					}
				}
				hangUp()
				_ = guess.conn.Close()
			}
		})
	}
	return func() float64 {
		cancel()
		trying.Wait()
		return float64(answered.Load())
	}
}

func post(path, host, headers, form string) []byte {
	return []byte(strings.Join([]string{
		"POST " + path + " HTTP/1.1", "Host: " + host, "Origin: http://" + host, "Content-Type: application/x-www-form-urlencoded",
		"Content-Length: " + strconv.Itoa(len(form)), headers + "\r\n" + form,
	}, "\r\n"))
}
