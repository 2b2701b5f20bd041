package models_test

import (
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestAnExportIsOfTheMomentAtWhichItBeganAndNoGiftWaitsForIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, clock *storetest.Clock) {
		refunded := func(name string) models.Fact { return happens("re_"+name+":refund", models.RefundMade, 1_00) }
		for _, email := range []string{"a@example.org", "b@example.org", "c@example.org"} {
			givesOn(t, s, email, 10_00, clock.Now(), refunded(email))
			reads(t, s, email)
		}
		all := models.Span{}
		for name, count := range map[string]func(each func()) (rows int, sum money.Minor){
			"donations": func(each func()) (rows int, sum money.Minor) {
				for g, err := range s.ExportGifts(t.Context(), models.GiftQuery{Moved: true}) {
					failing(t, err)
					each()
					rows, sum = rows+1, sum+g.Net()
				}
				return rows, sum
			},
			"journal": func(each func()) (rows int, sum money.Minor) {
				for p, err := range s.ExportJournal(t.Context(), all) {
					failing(t, err)
					failing(t, p.Balanced())
					each()
					rows, sum = rows+len(p.Lines), sum+p.Lines[0].Amount
				}
				return rows, sum
			},
			"donors": func(each func()) (rows int, sum money.Minor) {
				for d, err := range s.ExportDonors(t.Context(), all, 0) {
					failing(t, err)
					each()
					rows, sum = rows+1, sum+d.Total
				}
				return rows, sum
			},
			"newsletter": func(each func()) (rows int, _ money.Minor) {
				for _, err := range s.ConfirmedSignups(t.Context(), all) {
					failing(t, err)
					each()
					rows++
				}
				return rows, 0
			},
			"articles": func(each func()) (rows int, sum money.Minor) {
				for a, err := range s.Articles(t.Context(), models.Period{}) {
					failing(t, err)
					each()
					rows, sum = rows+1, sum+a.Net()
				}
				return rows, sum
			},
		} {
			rows, sum := count(func() {})
			came := 0
			gotRows, gotSum := count(func() {
				if came++; came > 1 {
					return
				}
				email := name + "@example.org"
				d := givesOn(t, s, email, 500_00, s.Now())
				reads(t, s, email)
				if now, err := s.FindDonation(t.Context(), d.Token); err != nil || now.Captured != 500_00 {
					t.Errorf("the gift that came meanwhile: %+v, %v", now, err)
				}
			})
			if came == 0 || gotRows != rows || gotSum != sum {
				t.Errorf("the %s had %d rows of %s, and with a gift meanwhile %d of %s", name, rows, sum, gotRows, gotSum)
			}
			if nowRows, nowSum := count(func() {}); nowRows == rows && nowSum == sum {
				t.Errorf("the %s never hear of the gift", name)
			}
			clock.Advance(time.Second)
		}
	})
}

func failing(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// reads puts somebody on the newsletter's list.
func reads(t *testing.T, s *models.Store, email string) {
	t.Helper()
	failing(t, s.RequestNewsletter(t.Context(), email))
	for _, mail := range storetest.Queued(t, s, models.MailConfirmNewsletter) {
		if mail.To == email {
			failing(t, s.ConfirmSignup(t.Context(), mail.About.Token))
		}
	}
}
