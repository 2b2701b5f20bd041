package stripesim

import (
	"sync"
	"time"
)

// limits is a bucket of calls for each endpoint, refilled with the injected clock.
type limits struct {
	perSecond int
	now       func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	left time.Duration // calls left, each worth a second / perSecond
	at   time.Time
}

// allow takes one call out of the endpoint's bucket; false means that it is empty.
func (l *limits) allow(endpoint string) bool {
	if l.perSecond <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now, price := l.now(), time.Second/time.Duration(l.perSecond)
	b := l.buckets[endpoint]
	if b == nil {
		b = &bucket{left: time.Second, at: now}
		if l.buckets == nil {
			l.buckets = map[string]*bucket{}
		}
		l.buckets[endpoint] = b
	}
	b.left = min(time.Second, b.left+max(0, now.Sub(b.at)))
	b.at = now
	if b.left < price {
		return false
	}
	b.left -= price
	return true
}
