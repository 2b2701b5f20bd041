package handlers

import (
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/network"
)

// turnedAway tells the operator about readers who met the limit, without a
// line for each, and of the mistake that would make all readers meet it.
type turnedAway struct {
	mu     sync.Mutex
	count  int
	told   time.Time
	warned sync.Once
}

// tellEvery is how often refusals are summed up in the log.
const tellEvery = time.Minute

// add counts one refusal.
func (t *turnedAway) add(s *Server, c echo.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	if now := s.Now(); now.Sub(t.told) >= tellEvery {
		s.Log.Warn("checkouts were refused: too many from one network", "refused", t.count, "limit", s.DonateRate.Burst,
			"network", network.Of(c.RealIP()).String())
		t.count, t.told = 0, now
	}
}

// proxy warns once if requests come through a proxy that is not declared: then
// all readers look like one address, and share one limit.
func (t *turnedAway) proxy(s *Server, c echo.Context) {
	r := c.Request()
	if r.Header.Get("X-Forwarded-For") == "" {
		return
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return
	}
	peer := from.Addr().Unmap()
	for _, trusted := range s.TrustedProxies {
		if trusted.Contains(peer) {
			return
		}
	}
	if peer.IsPrivate() || peer.IsLoopback() || sharedSpace.Contains(peer) {
		t.warned.Do(func() {
			s.Log.Error("requests come through a proxy that APPEAL_TRUSTED_PROXIES does not name: "+
				"its readers all share one limit on checkouts; add its network", "network", network.Of(peer.String()).String())
		})
	}
}

// sharedSpace is what carriers and platforms use inside (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")
