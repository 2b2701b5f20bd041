//go:build !race

package finance_test

import (
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/password"
	"github.com/corruptionproject/appeal/models"
)

// guess tries a password from one of 500 networks, as a browser that was never
// there before.
func (h *house) guess(i int) int {
	return h.browser().do(http.MethodPost, "/finance/login", fmt.Sprintf("email=owner%%40example.org&password=guess+%d", i),
		"X-Forwarded-For", fmt.Sprintf("10.%d.%d.7", i%500/250, i%250)).status
}

func TestOfTenThousandGuessesTenAnHourAreLookedAtAndTheOwnerStillSignsIn(t *testing.T) {
	guesses := 500
	if os.Getenv("TEST_LONG") != "" {
		guesses = 10_000
	}
	h := open(t, "")
	h.add("owner@example.org", models.Admin)
	owner := h.browser()
	owner.login("owner@example.org", secret).expect(t, http.StatusSeeOther, "/finance", "")
	const turns = 5 // of twelve minutes each
	before, looked, refused, owners := password.Reckoned(), atomic.Int64{}, atomic.Int64{}, int64(0)
	for turn := range turns {
		var guessing sync.WaitGroup
		for worker := range 8 {
			guessing.Go(func() {
				for i := turn*guesses/turns + worker; i < (turn+1)*guesses/turns; i += 8 {
					switch status := h.guess(i); status {
					case http.StatusUnprocessableEntity:
						looked.Add(1)
					case http.StatusTooManyRequests:
						refused.Add(1)
					default:
						t.Errorf("guess %d was answered %d", i, status)
					}
				}
			})
		}
		owner.login("owner@example.org", secret).expect(t, http.StatusSeeOther, "/finance", "")
		owners++
		guessing.Wait()
		h.clock.Advance(time.Hour / turns)
	}
	if n := looked.Load(); n < 5 || n > 10 || n+refused.Load() != int64(guesses) {
		t.Errorf("%d guesses were looked at, and %d refused", n, refused.Load())
	}
	if hashed := password.Reckoned() - before; hashed != looked.Load()+owners {
		t.Errorf("%d hashes were reckoned, for %d guesses and the owner's %d", hashed, looked.Load(), owners)
	}
	h.clock.Advance(15 * time.Minute) // once the guesser is gone, any device will do
	h.browser().login("owner@example.org", secret).expect(t, http.StatusSeeOther, "/finance", "")
}
