package models_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/corruptionproject/appeal/internal/crash"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// A process of its own can be killed. The test's binary is started once more,
// and told by its environment to keep books: to issue what is due and to mail it.
const (
	asBookkeeper = "APPEAL_TEST_BOOKS" // the address of the books
	asAhead      = "APPEAL_TEST_AHEAD" // by how much its clock is ahead
	asDying      = "APPEAL_TEST_DYING" // where it kills itself, "POINT PASS"
	asClerk      = "APPEAL_TEST_CLERK" // set: do what a person does, and mail nothing
)

// keepBooks issues and mails until nothing is due. What it says on its standard
// output is what a relay was given: a mail's key and its document.
func keepBooks(address string) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	ahead, err := time.ParseDuration(os.Getenv(asAhead))
	must(err)
	if at := os.Getenv(asDying); at != "" {
		var point, pass int
		_, err := fmt.Sscan(at, &point, &pass)
		must(err)
		crash.Arm(crash.Point(point), pass)
	}
	ctx, live := context.Background(), false
	s, err := models.Connect(ctx, models.Options{
		URL: address, Slug: "corruption-project", Currency: "usd", Livemode: &live, Now: func() time.Time { return storetest.Start.Add(ahead) },
	})
	must(err)
	must(s.OpenBooks(ctx))
	if os.Getenv(asClerk) != "" {
		must(beClerk(ctx, s))
		must(s.Close())
		return
	}
	for issued := 1; issued > 0; {
		issued, err = s.IssueReceipts(ctx, 2)
		must(err)
	}
	for {
		mails, err := s.ClaimMail(ctx, 2, time.Hour)
		must(err)
		if len(mails) == 0 {
			must(s.Close())
			return
		}
		for _, m := range mails {
			_, err := fmt.Fprintln(os.Stdout, m.Key, m.About.Receipt)
			must(err)
			must(s.MailSent(ctx, m.Key))
		}
	}
}

// beClerk has the figures reckoned anew, enters two offline gifts, reverses the
// second, and queues the year's statements: each as a person does who was broken off and does it all again.
func beClerk(ctx context.Context, s *models.Store) error {
	if _, err := s.RebuildFigures(ctx, models.Operator, nil); err != nil {
		return err
	}
	var second models.Donation
	for _, key := range []string{"the first check's form", "the second check's form"} {
		d, err := s.EnterOffline(ctx, models.NewOfflineGift{
			Amount: 700, Method: models.Check, ReceivedOn: storetest.Start.Truncate(24 * time.Hour), DonorEmail: "clerk@example.org",
			Zone: time.UTC, EnteredBy: "staff@example.org", FormKey: key,
		})
		if err != nil {
			return err
		}
		second = d
	}
	if err := s.ReverseOffline(ctx, second.ID, "entered twice", "staff@example.org"); err != nil && !errors.Is(err, models.ErrConflict) {
		return err
	}
	for after := ""; ; {
		_, last, err := s.QueueStatements(ctx, storetest.Start.Year(), time.UTC, after, 2)
		if err != nil || last == "" {
			return err
		}
		after = last
	}
}
