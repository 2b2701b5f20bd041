//go:build !race

package models_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// TestWhoeverDiesIssuingOrMailingLosesNothing kills the process that issues and
// mails at each point, and lets another go on: each gift has one document, the
// numbers have no gap, and each document was mailed: once, or twice under the
// same key if it died between sending and saying so.
func TestWhoeverDiesIssuingOrMailingLosesNothing(t *testing.T) {
	t.Parallel()
	sentTwice := map[crash.Point]int{crash.MailUnended: 1}
	for name, address := range storetest.Databases() {
		for _, point := range []crash.Point{
			crash.ReceiptUnkept, crash.ReceiptKept, crash.MailUnclaimed, crash.MailClaimed, crash.MailUnended, crash.MailEnded,
		} {
			t.Run(name+"/"+point.String(), func(t *testing.T) {
				t.Parallel()
				url := address(t)
				s := storetest.Open(t, url, &storetest.Clock{})
				var gifts []models.Donation
				for i := range 4 {
					gifts = append(gifts, start(t, s))
					book(t, s, charged(gifts[i], fmt.Sprintf("ch_%d", i), "reader@example.org"))
				}
				relayed, killed := bookkeeper(t, url, 0, fmt.Sprintf("%d 2", point))
				if !killed {
					t.Fatal("it was not killed: nothing here comes by this point")
				}
				more, killed := bookkeeper(t, url, 2*time.Hour, "")
				if killed {
					t.Fatal("it was killed unasked")
				}
				times := map[string]int{}
				for _, line := range append(relayed, more...) {
					times[line]++
				}
				twice := 0
				for _, d := range gifts {
					receipt := newest(t, s, d)
					if receipt.Kind != models.FirstReceipt {
						t.Errorf("a gift's newest document is %+v", receipt)
					}
					n := times[receipt.ID+":receipt "+receipt.ID]
					if n == 0 {
						t.Errorf("%s was not mailed", receipt.ID)
					}
					twice += max(0, n-1)
				}
				if twice != sentTwice[point] || len(times) != len(gifts) {
					t.Errorf("%d mails went out twice; the relay was given %v", twice, times)
				}
				if diff := cmp.Diff(map[models.MailState]int64{models.MailIsSent: 4}, queue(t, s)); diff != "" {
					t.Errorf("the queue (−want +got):\n%s", diff)
				}
				sound(t, s)
			})
		}
	}
}

// bookkeeper has a process of its own issue and mail, and returns what it gave
// to the relay and whether it was killed.
func bookkeeper(t *testing.T, address string, ahead time.Duration, dies string, also ...string) (relayed []string, killed bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var said, errs strings.Builder
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Stdout, cmd.Stderr = &said, &errs
	cmd.Env = append([]string{asBookkeeper + "=" + address, asAhead + "=" + ahead.String(), asDying + "=" + dies}, also...)
	if err := cmd.Run(); err != nil {
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
			t.Fatalf("it ended by itself: %v\n%s", err, errs.String())
		}
		killed = true
	}
	for line := range strings.Lines(said.String()) {
		relayed = append(relayed, strings.TrimSpace(line))
	}
	return relayed, killed
}
