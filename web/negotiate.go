package web

import "strings"

// AcceptsGzip reads Accept-Encoding: named, or covered by *, and not refused
// with a weight of nought.
func AcceptsGzip(header string) bool {
	others := false
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := strings.TrimSpace(weight)
		refused := strings.HasPrefix(q, "q=0") && strings.Trim(q[3:], ".0") == ""
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip":
			return !refused
		case "*":
			others = !refused
		}
	}
	return others
}

// KnownAs reads If-None-Match: whether the client holds what one of these tags
// stands for. Caches weaken tags, and weak is good enough for a 304.
func KnownAs(ifNoneMatch string, tags ...string) bool {
	if ifNoneMatch == "" {
		return false
	}
	for candidate := range strings.SplitSeq(ifNoneMatch, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == "*" {
			return true
		}
		for _, tag := range tags {
			if candidate == tag {
				return true
			}
		}
	}
	return false
}
