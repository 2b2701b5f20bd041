package models

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The figures that stood knew no article, so none of them is kept.
func TestFiguresOfDaysThatKnewNoArticleAreReckonedAnew(t *testing.T) {
	t.Parallel()
	onOldBooks(t, func(t *testing.T, s *Store) {
		migrateTo(t, s, 24)
		for _, statement := range []string{
			"UPDATE donations SET src = 'county-contracts', utm_source = 'letter'",
			"UPDATE books SET zone = 'UTC'",
			"INSERT INTO day_figures VALUES ('2026-11-24', 'once', 'visa', 'utm/letter/', 1, 0, 0, 0, 1)",
			"INSERT INTO day_changes (day, frequency, method, channel, amount, gross, refunded, disputed, fees, gifts) VALUES ('2026-11-24', 'once', 'visa', 'utm/letter/', 1, 1, 0, 0, 0, 1)",
		} {
			if err := s.db.Exec(statement).Error; err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.OpenBooks(t.Context()); err != nil {
			t.Fatal(err)
		}
		var found []Article
		for a, err := range s.Articles(t.Context(), Period{}) {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, a)
		}
		want := []Article{{Name: "src/county-contracts", Once: 1000, DayFigures: DayFigures{Gross: 1000, Disputed: 720, Gifts: 1}}}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("the articles (−want +got):\n%s", diff)
		}
	})
}
