package models_test

import (
	"context"
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
