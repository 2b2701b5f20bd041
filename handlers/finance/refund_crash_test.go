//go:build !race

package finance_test

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// mortally has a process of its own send a refund's form, and returns what it was
// answered; "" if it was killed.
func (h *house) mortally(books string, clerk *browser, d models.Donation, dying string) string {
	h.t.Helper()
	command := exec.CommandContext(h.t.Context(), os.Args[0])
	command.Env = append(os.Environ(), asMortal+"="+books, asAccount+"="+h.stripe.address, asSession+"="+clerk.cookies["appeal-staff"],
		asRefunding+"="+refundOf(d), asDying+"="+dying)
	said, err := command.Output()
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended) && ended.ExitCode() == -1:
		return ""
	case err != nil:
		h.t.Fatalf("%v: %s", err, ended.Stderr)
	}
	return string(said)
}

func TestARefundThatIsBrokenOffAnywhereIsMadeOnce(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		for _, at := range []crash.Point{crash.RefundUnkept, crash.RefundKept, crash.RefundAnswered, crash.RefundEnded} {
			t.Run(name+"/"+at.String(), func(t *testing.T) {
				t.Parallel()
				books, clock := address(t), &storetest.Clock{}
				h := openOn(t, storetest.Open(t, books, clock), clock, "")
				clerk := h.as(h.add("clerk@example.org", models.Finance))
				d := h.give(5000)
				if said := h.mortally(books, clerk, d, strconv.Itoa(int(at))); said != "" {
					t.Fatalf("it was not killed, and answered %s", said)
				}
				for range 2 {
					if said := h.mortally(books, clerk, d, ""); said != "303" {
						t.Fatalf("sent again it is answered %q", said)
					}
				}
				h.refunded(d, 2000)
				if asked, made := did(t, h, models.RefundAskedFor), did(t, h, models.RefundMadeBy); len(asked) != 1 || len(made) != 1 {
					t.Errorf("the log says %+v and %+v", asked, made)
				}
			})
		}
	}
}
