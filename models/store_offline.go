package models

import (
	"context"
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// EnterOffline books a gift that came another way than through Stripe. The same
// form key again returns the gift that is kept already, or ErrConflict if that
// one is another. It returns ErrInFuture for a day that has not begun, and
// ErrNotAGift where what a gift must have is missing.
func (s *Store) EnterOffline(ctx context.Context, g NewOfflineGift) (Donation, error) {
	return Donation{}, ErrNotFound
}

// ReverseOffline takes back an offline gift that was entered wrongly. It
// returns ErrNotFound for any other gift, and ErrConflict if it is reversed.
func (s *Store) ReverseOffline(ctx context.Context, donationID, reason, by string) error {
	return ErrNotFound
}

// FindOffline returns what was entered of an offline gift; ErrNotFound for any
// other.
func (s *Store) FindOffline(ctx context.Context, donationID string) (OfflineGift, error) {
	return OfflineGift{}, ErrNotFound
}

// LikelyDoubles are the gifts of the same amount and name that were received
// within a week of a day, so that a person can look before entering another.
func (s *Store) LikelyDoubles(ctx context.Context, amount money.Minor, name string, day time.Time) ([]Double, error) {
	return nil, nil
}
