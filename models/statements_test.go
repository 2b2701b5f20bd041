package models_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// queueAll queues the statements of 2026, two donors at a time.
func queueAll(t *testing.T, s *models.Store) (queued int) {
	t.Helper()
	for after := ""; ; {
		more, last, err := s.QueueStatements(t.Context(), 2026, pacific(t), after, 2)
		if err != nil {
			t.Error(err)
			return queued
		}
		if queued += more; last == "" {
			return queued
		}
		after = last
	}
}

func planned(t *testing.T, s *models.Store) models.StatementPlan {
	t.Helper()
	plan, err := s.PlanStatements(t.Context(), 2026, pacific(t))
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// stated are the mails of statements that wait.
func stated(t *testing.T, s *models.Store) map[string]models.Mail {
	t.Helper()
	mails := map[string]models.Mail{}
	for _, m := range storetest.Queued(t, s, models.MailStatement) {
		if _, twice := mails[m.To]; twice {
			t.Errorf("two statements for %s", m.To)
		}
		mails[m.To] = m
	}
	return mails
}

func TestAYearsStatementsAddUpToTheLedger(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		next := yearOfFates(t, s).AddDate(0, 0, 1)
		held := givesOn(t, s, "k@example.org", 4400, next.AddDate(0, -6, 0))
		mailedBefore, mailed := aCheck(t), day(2025, 12, 30) // it counts for the year before
		mailedBefore.Amount, mailedBefore.DatedOn, mailedBefore.DonorEmail = 20000, &mailed, "i@example.org"
		enter(t, s, mailedBefore)
		hold := `INSERT INTO outbox (key, kind, donation_id, payload, state, next_try_at, created_at)
			SELECT 'held', 'receipt', '` + held.ID + `', '{}', 'held', made_at, made_at FROM books`
		if err := tamper(hold); err != nil {
			t.Fatal(err)
		}
		want := models.StatementPlan{
			Year: 2026, Journal: 5000 + 6000 + 3000 + 10000 + 1000 - 10000 + 1500 + 1810000 + 20000 + 4400,
			Due:      models.Share{Donors: 6, Gifts: 10, Sum: 5000 + 6000 + 3000 + 10000 + 1000 + 1810000 + 20000, Apart: 810000 + 20000},
			NoEmail:  models.Share{Donors: 1, Gifts: 1, Sum: 1500},
			Held:     models.Share{Donors: 1, Gifts: 1, Sum: 4400},
			Overdone: models.Share{Donors: 1, Gifts: 1, Sum: -10000},
		}
		if diff := cmp.Diff(want, planned(t, s)); diff != "" {
			t.Errorf("the plan (−want +got):\n%s", diff)
		}
		if got := totals(t, s); got.Raised != want.Journal+2000 {
			t.Errorf("raised %s, of which 2026 is %s and 2027 $20", got.Raised, want.Journal)
		}
		if queued := queueAll(t, s); queued != 6 {
			t.Errorf("%d statements queued", queued)
		}
		var sum, summed money.Minor
		for to, m := range stated(t, s) {
			year, err := s.YearOf(t.Context(), m.About.Donor, m.About.Year, pacific(t))
			if err != nil || year.Donor.Email == nil || *year.Donor.Email != to || m.DonationID != "" {
				t.Errorf("%+v is of %+v, %v", m, year.Donor, err)
			}
			sum, summed = sum+year.Stands, summed+year.Summed
		}
		if sum != want.Due.Sum || summed != want.Due.Sum-want.Due.Apart {
			t.Errorf("the statements say %s, of which %s is summed", sum, summed)
		}
		if want.Due, want.Queued = (models.Share{}), want.Due; planned(t, s) != want {
			t.Errorf("the plan when all are queued (−want +got):\n%s", cmp.Diff(want, planned(t, s)))
		}
	})
}

func TestAStatementIsQueuedOnceHoweverOftenItIsAskedFor(t *testing.T) {
	t.Parallel()
	eachWithConn(t, func(t *testing.T, s *models.Store, tamper func(...string) error) {
		yearOfFates(t, s)
		// A run that is broken off after its first two donors.
		ctx, stop := context.WithCancel(t.Context())
		if _, _, err := s.QueueStatements(ctx, 2026, pacific(t), "", 2); err != nil {
			t.Fatal(err)
		}
		stop()
		if _, _, err := s.QueueStatements(ctx, 2026, pacific(t), "", 2); err == nil {
			t.Error("a run that was stopped goes on")
		}
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() { queueAll(t, s) })
		}
		wait.Wait()
		if got := len(stated(t, s)); got != 6 {
			t.Errorf("%d statements are queued, for 6 donors", got)
		}
		// Sent, and emptied of whom it went to.
		if err := tamper("UPDATE outbox SET state = 'sent', payload = '{}' WHERE kind = 'statement'"); err != nil {
			t.Fatal(err)
		}
		givesOn(t, s, "a@example.org", 5000, day(2026, 8, 1))
		if queued := queueAll(t, s); queued != 0 || len(stated(t, s)) > 0 {
			t.Errorf("%d statements are queued again", queued)
		}
		// Another year is another statement.
		if _, _, err := s.QueueStatements(t.Context(), 2027, pacific(t), "", 100); err != nil {
			t.Fatal(err)
		}
		if got := stated(t, s); len(got) != 1 || got["a@example.org"].About.Year != 2027 {
			t.Errorf("of 2027 are queued %+v", got)
		}
	})
}
