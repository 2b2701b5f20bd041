package handlers

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/corruptionproject/appeal/internal/network"
)

// limiter bounds how many checkouts one address opens, or what else it counts.
// Addresses count by
// their network (/24, /64), since that is what one household or one attacker
// has.
type limiter struct {
	rate Rate

	mu      sync.Mutex
	buckets map[netip.Prefix]*bucket
}

type bucket struct {
	tokens  *rate.Limiter
	opening int // admitted, and not known yet whether a session comes of it
}

// rateLimited is errRateLimited, with how long to wait.
type rateLimited struct{ wait time.Duration }

func (rateLimited) Error() string { return errRateLimited.Error() }
func (rateLimited) Unwrap() error { return errRateLimited }

func (e rateLimited) seconds() int { return max(1, int(math.Ceil(e.wait.Seconds()))) }

func newLimiter(r Rate) *limiter { return &limiter{rate: r, buckets: map[netip.Prefix]*bucket{}} }

// mostBuckets is when full buckets, which are as good as none, are dropped.
const mostBuckets = 4096

// admit lets an address open a checkout, or returns rateLimited. release must
// be called with whether one was opened: only then a token is drawn.
func (l *limiter) admit(address string, now time.Time) (release func(opened bool, now time.Time), err error) {
	if l.rate.Burst <= 0 {
		return func(bool, time.Time) {}, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.buckets) >= mostBuckets {
		l.dropFull(now)
	}
	from := network.Of(address)
	b := l.buckets[from]
	if b == nil {
		b = &bucket{tokens: rate.NewLimiter(rate.Every(l.rate.Every), l.rate.Burst)}
		l.buckets[from] = b
	}
	left := b.tokens.TokensAt(now) - float64(b.opening)
	if left < 1 {
		return nil, rateLimited{time.Duration((1 - left) * float64(l.rate.Every))}
	}
	b.opening++
	return func(opened bool, now time.Time) {
		l.mu.Lock()
		defer l.mu.Unlock()
		b.opening--
		if opened {
			b.tokens.AllowN(now, 1)
		}
	}, nil
}

func (l *limiter) dropFull(now time.Time) {
	for from, b := range l.buckets {
		if b.opening == 0 && b.tokens.TokensAt(now) >= float64(l.rate.Burst) {
			delete(l.buckets, from)
		}
	}
}
