package models

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// alikeFor is how far apart two gifts may have been received that are perhaps
// one.
const alikeFor = 7 * 24 * time.Hour

// likeness is what gifts have in common that are perhaps one. Case and spaces
// do not tell people apart.
type likeness struct {
	amount money.Minor
	name   string
}

func likenessOf(amount money.Minor, name string) likeness {
	return likeness{amount, strings.ToLower(strings.Join(strings.Fields(name), " "))}
}

func (g NewOfflineGift) likeness() likeness { return likenessOf(g.Amount, g.DonorName) }

// AlikeBefore says of each gift of a list which one before it may be the same:
// the first of that amount and name that was received within a week of it, or
// −1.
func AlikeBefore(gifts []NewOfflineGift) []int {
	before := make([]int, len(gifts))
	seen := map[likeness][]int{}
	for i, g := range gifts {
		before[i] = -1
		for _, j := range seen[g.likeness()] {
			if gifts[j].ReceivedOn.Sub(g.ReceivedOn).Abs() <= alikeFor {
				before[i] = j
				break
			}
		}
		seen[g.likeness()] = append(seen[g.likeness()], i)
	}
	return before
}

// LikelyDoubles are, for each of these gifts, those that are kept, however they
// came, of the same amount and name that were received within a week of it, so
// that a person can look at them before entering it. One that was reversed is
// none.
func (s *Store) LikelyDoubles(ctx context.Context, gifts ...NewOfflineGift) ([][]Double, error) {
	doubles := make([][]Double, len(gifts))
	if len(gifts) == 0 {
		return doubles, nil
	}
	alike, amounts := map[likeness][]int{}, map[money.Minor]bool{}
	from, until := gifts[0].ReceivedOn, gifts[0].ReceivedOn
	for i, g := range gifts {
		alike[g.likeness()] = append(alike[g.likeness()], i)
		amounts[g.Amount] = true
		if g.ReceivedOn.Before(from) {
			from = g.ReceivedOn
		}
		if g.ReceivedOn.After(until) {
			until = g.ReceivedOn
		}
	}
	rows, err := s.db.WithContext(ctx).Raw(`
		SELECT d.id AS donation_id, d.reference, d.donor_name, d.captured AS amount, d.received_at, o.donation_id IS NOT NULL AS offline
		FROM donations d LEFT JOIN offline_gifts o ON o.donation_id = d.id
		WHERE d.received_at >= ? AND d.received_at < ? AND d.captured IN ? ORDER BY d.received_at, d.id`,
		from.AddDate(0, 0, -8), until.AddDate(0, 0, 9), slices.Sorted(maps.Keys(amounts))).Rows() // whatever the zone
	if err != nil {
		return nil, fmt.Errorf("models: look for doubles: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var d Double
		if err := s.db.ScanRows(rows, &d); err != nil {
			return nil, fmt.Errorf("models: read a double: %w", err)
		}
		d.ReceivedAt = d.ReceivedAt.UTC()
		for _, i := range alike[likenessOf(d.Amount, d.DonorName)] {
			if g := gifts[i]; CivilDay(d.ReceivedAt.In(g.Zone)).Sub(g.ReceivedOn).Abs() <= alikeFor {
				doubles[i] = append(doubles[i], d)
			}
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("models: look for doubles: %w", err)
	}
	return doubles, nil
}
