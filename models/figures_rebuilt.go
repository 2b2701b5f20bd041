package models

import (
	"fmt"
	"strings"
)

// Rebuilt says which of the figures that are kept, so that nobody need sum up
// every gift, were not what the facts and the journal come to. They are now.
type Rebuilt struct {
	Gifts  int64 // whose state was not the fold of its facts
	Donors int64 // whose gifts were miscounted
	Days   int64 // figures of a day, and of the amounts given on it
	Public bool  // the totals and the number on the page
	// Found names what was wrong, as Verify does: of each kind no more than a
	// person reads.
	Found []Breach
}

// Nothing reports whether every figure was right.
func (r Rebuilt) Nothing() bool { return r.Gifts+r.Donors+r.Days == 0 && !r.Public }

// String is what was put right, in numbers.
func (r Rebuilt) String() string {
	if r.Nothing() {
		return "nothing differed"
	}
	var words []string
	for _, part := range []struct {
		n         int64
		one, more string
	}{{r.Gifts, "gift", "gifts"}, {r.Donors, "donor", "donors"}, {r.Days, "figure of a day", "figures of days"}} {
		switch {
		case part.n == 1:
			words = append(words, "1 "+part.one)
		case part.n > 1:
			words = append(words, fmt.Sprintf("%d %s", part.n, part.more))
		}
	}
	if r.Public {
		words = append(words, "the public figures")
	}
	return strings.Join(words, ", ")
}
