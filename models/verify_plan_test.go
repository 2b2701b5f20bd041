package models

import (
	"path/filepath"
	"strings"
	"testing"
)

// A predicate that reads a whole table, or a whole account, for each row of
// another would take days where there are a million gifts.
func TestNoPredicateReadsATableForEachRowOfAnother(t *testing.T) {
	t.Parallel()
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
	for _, p := range predicates {
		var args []any
		for range strings.Count(p.query, "?") {
			args = append(args, endOfTime)
		}
		var steps []struct{ Detail string }
		if err := s.db.Raw("EXPLAIN QUERY PLAN "+p.query, args...).Scan(&steps).Error; err != nil {
			t.Fatalf("%s: %v", p.rule, err)
		}
		for _, step := range steps {
			perRow := strings.HasSuffix(step.Detail, "LEFT-JOIN")
			if perRow && (strings.HasPrefix(step.Detail, "SCAN") || strings.Contains(step.Detail, "(account=?)")) {
				t.Errorf("%s (%s): %s", p.name, p.rule, step.Detail)
			}
		}
	}
}
