package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm/logger"

	"github.com/corruptionproject/appeal/internal/pgtest"
)

// statements records what is said to the database, without the values.
type statements struct {
	logger.Interface
	said []string
}

// ParamsFilter leaves the placeholders where they are.
func (l *statements) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// LogMode keeps the recorder whatever level is asked for.
func (l *statements) LogMode(logger.LogLevel) logger.Interface { return l }

// Trace is called once per statement.
func (l *statements) Trace(_ context.Context, _ time.Time, of func() (string, int64), _ error) {
	sql, rows := of()
	if strings.Contains(sql, "FROM `donors`") || strings.Contains(sql, `FROM "donors"`) {
		rows = 0 // reading the donor finds what it does not for the other
	}
	l.said = append(l.said, fmt.Sprintf("%s: %d rows", sql, rows))
}

// What an answer takes must not tell whether an address is known: for both, the
// same statements read and write as many rows.
func TestTheSameStatementsAreMadeForAnAddressThatHasGivenAndOneThatHasNot(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) *Store{
		"SQLite": migrated,
		"PostgreSQL": func(t *testing.T) *Store {
			s, err := Connect(t.Context(), Options{URL: pgtest.URL(t), Slug: "corruption-project", Currency: "usd"})
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
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			if err := s.OpenBooks(t.Context()); err != nil {
				t.Fatal(err)
			}
			known := "known@example.org"
			if err := s.db.Create(&Donor{ID: "donor_1", Email: &known, CreatedAt: s.Now()}).Error; err != nil {
				t.Fatal(err)
			}
			record := func(email string) []string {
				heard := &statements{Interface: logger.Discard}
				s.db.Logger = heard
				defer func() { s.db.Logger = logger.Discard }()
				if err := s.RequestManageLink(t.Context(), email); err != nil {
					t.Fatal(err)
				}
				return heard.said
			}
			for range 4 { // the last is one too many for both
				mine, theirs := record(known), record("nobody@example.org")
				if !slices.Equal(mine, theirs) || len(mine) < 3 {
					t.Errorf("known:\n%q\nunknown:\n%q", mine, theirs)
				}
			}
		})
	}
}
