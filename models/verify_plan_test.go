package models

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
)

// A predicate that reads a whole table, or a whole account, for each row of
// another would take days where there are a million gifts.
func TestNoPredicateReadsATableForEachRowOfAnother(t *testing.T) {
	t.Parallel()
	s := migrated(t)
	for _, p := range allPredicates() {
		var args []any
		for range strings.Count(p.query, "?") {
			args = append(args, endOfTime)
		}
		for _, step := range planOf(t, s, p.query, args...) {
			perRow := strings.HasSuffix(step, "LEFT-JOIN")
			if perRow && (strings.HasPrefix(step, "SCAN") || strings.Contains(step, "(account=?)")) {
				t.Errorf("%s (%s): %s", p.name, p.rule, step)
			}
		}
	}
}

// The same holds of a year's statements, which are of as many gifts.
func TestNoStatementReadsATableOfItsOwn(t *testing.T) {
	t.Parallel()
	s := migrated(t)
	arguments := yearArguments(2026, time.UTC)
	arguments["after"], arguments["most"] = "", 200
	for _, query := range []string{
		giftsOfYear("donors") + "SELECT share, COUNT(*) FROM gifts GROUP BY share", giftsOfYear(nextDonors) + "SELECT donor_id FROM gifts", standingByJournal,
	} {
		for _, step := range planOf(t, s, query, arguments) {
			if strings.HasPrefix(step, "SCAN") && strings.HasSuffix(step, "LEFT-JOIN") {
				t.Error(step)
			}
		}
	}
}

// An office that passes many donors' gifts on is one donor here.
func TestTheDonorsAreExportedWithoutReadingAllTheirGiftsForEach(t *testing.T) {
	t.Parallel()
	s := migrated(t)
	query := givenGifts(s.db.Session(&gorm.Session{DryRun: true}), Span{}).Find(&[]givenGift{}).Statement
	for _, step := range planOf(t, s, query.SQL.String(), query.Vars...) {
		if strings.HasPrefix(step, "CORRELATED") {
			t.Errorf("%s in %s", step, query.SQL.String())
		}
	}
}

func TestTheGiftsThatWerePaidTwiceAreFoundWithoutReadingAll(t *testing.T) {
	t.Parallel()
	for _, step := range planOf(t, migrated(t), "SELECT COUNT(*) FROM donations WHERE "+overpaid) {
		if !strings.Contains(step, "donations_overpaid") {
			t.Error(step)
		}
	}
}

// migrated is a store with nothing in it.
func migrated(t *testing.T) *Store {
	t.Helper()
	s, err := Connect(t.Context(), Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "appeal.db"), Slug: "corruption-project", Currency: "usd"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// planOf says how the database goes about a query.
func planOf(t *testing.T, s *Store, query string, args ...any) []string {
	t.Helper()
	var steps []struct{ Detail string }
	if err := s.db.Raw("EXPLAIN QUERY PLAN "+query, args...).Scan(&steps).Error; err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	plan := make([]string, 0, len(steps))
	for _, step := range steps {
		plan = append(plan, step.Detail)
	}
	return plan
}

func TestWhatIsUnderWayIsCountedWithoutReadingEveryGift(t *testing.T) {
	s := migrated(t)
	queries := []string{whichDisputesOpen}
	for figure := range underWay {
		queries = append(queries, countOf(figure))
	}
	for _, query := range queries {
		for _, step := range planOf(t, s, query) {
			if strings.HasPrefix(step, "SCAN") && !strings.HasSuffix(step, "_refunding") && !strings.HasSuffix(step, "_contested") && step != "SCAN b" {
				t.Errorf("%s: %s", query, step)
			}
		}
	}
}
