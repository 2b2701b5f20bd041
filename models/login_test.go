package models_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// admitted counts how many of n tries are let through, and gives the last
// refusal's wait.
func admitted(t *testing.T, s *models.Store, n int, attempt func(i int) models.Attempt) (let int, wait time.Duration) {
	t.Helper()
	for i := range n {
		_, err := s.AdmitLogin(t.Context(), attempt(i))
		var refused models.TooMany
		switch {
		case err == nil:
			let++
		case errors.As(err, &refused):
			wait = refused.Wait
		default:
			t.Fatal(err)
		}
	}
	return let, wait
}

func fromMany(email string) func(int) models.Attempt {
	return func(i int) models.Attempt {
		return models.Attempt{Email: email, Network: fmt.Sprint("network ", i%500)}
	}
}

func TestAnAccountIsTriedTenTimesAnHourByStrangersHoweverManyTheyAre(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		staffed(t, s, models.Admin)
		total := 0
		for range 60 { // an hour
			let, _ := admitted(t, s, 10, fromMany(clerk))
			total += let
			clock.Advance(time.Minute)
		}
		if total > 10 || total < 9 {
			t.Errorf("%d tries were let through", total)
		}
	})
}

func TestWhoHasNoAccountIsCountedAlike(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		staffed(t, s, models.Admin)
		known, waitKnown := admitted(t, s, 8, fromMany(clerk))
		unknown, waitUnknown := admitted(t, s, 8, fromMany("nobody@example.org"))
		if known != 5 || unknown != known || waitKnown != waitUnknown || waitKnown != 12*time.Minute {
			t.Errorf("%d and %d, then %s and %s", known, unknown, waitKnown, waitUnknown)
		}
	})
}

func TestANetworkTriesThirtyTimesAnHourWhateverTheAccounts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		total := 0
		for range 60 {
			let, _ := admitted(t, s, 3, func(i int) models.Attempt {
				return models.Attempt{Email: fmt.Sprint(clock.Now().UnixNano(), i, "@example.org"), Network: "one"}
			})
			total += let
			clock.Advance(time.Minute)
		}
		if total > 30 || total < 29 {
			t.Errorf("%d tries were let through", total)
		}
	})
}

func TestStrangersDontShutOutTheOwnerOnADeviceThatIsKnown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		who, made := staffed(t, s, models.Admin)
		admitted(t, s, 40, func(int) models.Attempt { return models.Attempt{Email: clerk, Network: "the newsroom's"} })
		own := models.Attempt{Email: "CLERK@example.org", Network: "the newsroom's", Device: made.Device}
		if _, err := s.AdmitLogin(t.Context(), own); err != nil {
			t.Errorf("the owner: %v", err)
		}
		// The device's token is replaced each time, and the old one worth nothing.
		again := signedIn(t, s, who, made.Device)
		if _, err := s.AdmitLogin(t.Context(), own); !errors.As(err, new(models.TooMany)) {
			t.Errorf("the old token: %v", err)
		}
		own.Device = again.Device
		if let, wait := admitted(t, s, 6, func(int) models.Attempt { return own }); let != 5 || wait != 12*time.Minute {
			t.Errorf("%d tries from one device, then %s", let, wait)
		}
		other := models.Attempt{Email: "other@example.org", Network: "the newsroom's", Device: again.Device}
		if _, err := s.AdmitLogin(t.Context(), other); err != nil {
			t.Errorf("the device is known for one account alone: %v", err)
		}
	})
}

func TestWhoSucceedsIsNotCounted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		for range 20 {
			let, err := s.AdmitLogin(t.Context(), models.Attempt{Email: clerk, Network: "one"})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.ReturnLogin(t.Context(), let); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestTriesThatComeAtOnceAreCountedOneByOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		let := make(chan bool, 40)
		var trying sync.WaitGroup
		for i := range cap(let) {
			trying.Go(func() {
				_, err := s.AdmitLogin(t.Context(), fromMany(clerk)(i))
				if err != nil && !errors.As(err, new(models.TooMany)) {
					t.Error(err)
				}
				let <- err == nil
			})
		}
		trying.Wait()
		close(let)
		n := 0
		for admitted := range let {
			if admitted {
				n++
			}
		}
		if n != 5 {
			t.Errorf("%d of 40 were let through", n)
		}
	})
}
