//go:build !race

package models_test

import (
	"fmt"
	"testing"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// TestAClerkWhoIsBrokenOffDoesItAgain kills the process at each point of
// reckoning anew, entering, reversing and queueing, and has all of it done again.
func TestAClerkWhoIsBrokenOffDoesItAgain(t *testing.T) {
	t.Parallel()
	type death struct {
		at   crash.Point
		pass int
	}
	for name, address := range storetest.Databases() {
		for _, dies := range []death{
			{crash.FiguresUnkept, 1},
			{crash.FiguresKept, 1},
			{crash.OfflineUnkept, 1},
			{crash.OfflineKept, 1},
			{crash.OfflineUnkept, 3},
			{crash.OfflineKept, 3},
			{crash.StatementsUnkept, 2},
			{crash.StatementsKept, 1},
		} {
			t.Run(fmt.Sprintf("%s/%s %d", name, dies.at, dies.pass), func(t *testing.T) {
				t.Parallel()
				url := address(t)
				s := storetest.Open(t, url, &storetest.Clock{})
				for i := range 3 {
					book(t, s, charged(start(t, s), fmt.Sprintf("ch_%d", i), fmt.Sprintf("%d@example.org", i)))
				}
				for _, wrong := range []string{"UPDATE donations SET captured = 7, status = 'started'", "UPDATE donors SET gifts = 0", "DELETE FROM progress_changes", "DELETE FROM day_changes"} {
					if err := tamperer(t, url)(wrong); err != nil {
						t.Fatal(err)
					}
				}
				if _, killed := bookkeeper(t, url, 0, fmt.Sprintf("%d %d", dies.at, dies.pass), asClerk+"=yes"); !killed {
					t.Fatal("it was not killed: nothing here comes by this point")
				}
				if _, killed := bookkeeper(t, url, 0, "", asClerk+"=yes"); killed {
					t.Fatal("it was killed unasked")
				}
				if got := totals(t, s); got.Offline != 700 || got.Gifts != 4 || got.Donors != 4 {
					t.Errorf("two checks, one of them reversed, and three gifts come to %+v", got)
				}
				mails := stated(t, s)
				for _, to := range []string{"0@example.org", "1@example.org", "2@example.org", "clerk@example.org"} {
					if mails[to].Kind != models.MailStatement {
						t.Errorf("no statement is queued for %s", to)
					}
				}
				if len(mails) != 4 {
					t.Errorf("%d statements are queued", len(mails))
				}
				sound(t, s)
			})
		}
	}
}
