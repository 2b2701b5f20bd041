package config

import (
	"strconv"
	"strings"
	"time"
)

// Rate is how many new checkouts one address may open: Burst at once, then
// one more each Every. A Burst of 0 is no limit.
type Rate struct {
	Burst int
	Every time.Duration
}

// mostRate bounds a rate so that Every stays well above nothing.
const mostRate = 1_000_000

// parseRate reads "30/m": that many at once, refilled evenly in a second (s),
// minute (m) or hour (h). "0" is no limit.
func parseRate(typed string) (Rate, bool) {
	if typed == "0" {
		return Rate{}, true
	}
	count, unit, _ := strings.Cut(typed, "/")
	n, err := strconv.ParseUint(strings.TrimSpace(count), 10, 32)
	span := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[strings.TrimSpace(unit)]
	if err != nil || n == 0 || n > mostRate || span == 0 {
		return Rate{}, false
	}
	return Rate{Burst: int(n), Every: span / time.Duration(n)}, true
}
