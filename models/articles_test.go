package models_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

func articles(t *testing.T, s *models.Store, p models.Period) (all []models.Article, sum models.Article) {
	t.Helper()
	for a, err := range s.Articles(t.Context(), p) {
		if err != nil {
			t.Fatal(err)
		}
		if a.Once+a.Recurring+a.Offline != a.Gross {
			t.Errorf("the kinds of %+v do not come to its gross", a)
		}
		all = append(all, a)
		sum.Add(a)
	}
	return all, sum
}

// Whatever article, link or hand a gift came by, it is in one row.
func TestTheArticlesOfEveryPeriodAreItsOverview(t *testing.T) {
	t.Parallel()
	inZone(t, func(t *testing.T, s *models.Store, _ func(*time.Location) *models.Store) {
		first := season(t, s)
		periods := []models.Period{{}, {From: first}, {To: first.AddDate(0, 0, 5)}, {From: first.AddDate(1, 0, 0)}}
		for from := first; from.Before(first.AddDate(0, 0, 30)); from = from.AddDate(0, 0, 4) {
			periods = append(periods, models.Period{From: from, To: from.AddDate(0, 0, 3)})
		}
		for _, p := range periods {
			all, sum := articles(t, s, p)
			o := overview(t, s, p, models.Filter{})
			if sum.DayFigures != o.DayFigures {
				t.Errorf("%v: the articles come to %+v, the overview to %+v", p, sum.DayFigures, o.DayFigures)
			}
			n, err := s.CountExports(t.Context(), p, pacific(t))
			if err != nil || n.Articles != int64(len(all)) {
				t.Errorf("%v: %d articles are said to be exported (%v), there are %d", p, n.Articles, err, len(all))
			}
			for _, a := range all {
				if o := overview(t, s, p, models.Filter{Article: a.Name}); o.DayFigures != a.DayFigures {
					t.Errorf("%v, only %s: %+v, its row says %+v", p, a.Name, o.DayFigures, a.DayFigures)
				}
				page, err := s.ListGifts(t.Context(), raisedBy(t, p, a.Name), 1)
				if err != nil || page.Figure.Amount != a.Raised() {
					t.Errorf("%v, %s: its gifts raised %s (%v), its row says %s", p, a.Name, page.Figure.Amount, err, a.Raised())
				}
			}
		}
		all, _ := articles(t, s, models.Period{})
		if names := namesOf(all); !slices.Equal(names, []string{"src/article-7", models.NoArticle, models.OfflineChannel}) {
			t.Errorf("the articles are %v", names)
		}
	})
}

func raisedBy(t *testing.T, p models.Period, article string) models.GiftQuery {
	t.Helper()
	in := p.In(pacific(t))
	return models.GiftQuery{Figure: models.RaisedFigure, Article: article, From: in.From, Until: in.Until}
}

func namesOf(all []models.Article) []string {
	names := make([]string, 0, len(all))
	for _, a := range all {
		names = append(names, a.Name)
	}
	return names
}

func TestARenewalBelongsToTheArticleOfTheGiftThatBeganIt(t *testing.T) {
	t.Parallel()
	inZone(t, func(t *testing.T, s *models.Store, _ func(*time.Location) *models.Store) {
		at := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
		c := models.Choices{Frequency: models.Monthly, Amount: 2500, Src: "county-contracts", UTMSource: "letter", UTMMedium: "email", Tribute: models.NoTribute}
		d := gift(t, s, c, "visa", at)
		again := happens("ch_again:charge", models.Charged, 2500)
		again.At, again.Method, again.Object = at.AddDate(0, 1, 0), "visa", "ch_again"
		again.Agreed = &money.Money{Minor: 2500, Currency: "usd"}
		again.Gift = models.GiftRef{Campaign: "corruption-project", Token: d.Token, Invoice: "in_2", Subscription: "sub_1", Renewal: true, Charge: "ch_again", Choices: d.Choices}
		if got := book(t, s, again); got.State != models.EventBooked {
			t.Fatalf("the renewal is %s: %s", got.State, got.Problem)
		}
		sound(t, s)
		all, _ := articles(t, s, models.Period{})
		want := []models.Article{{Name: "src/county-contracts", Recurring: 5000, DayFigures: models.DayFigures{Gross: 5000, Fees: 125, Gifts: 2}}}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("(−want +got):\n%s", diff)
		}
	})
}
