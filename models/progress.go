package models

import (
	"time"

	"github.com/corruptionproject/appeal/internal/money"
)

// Totals are the figures of the whole campaign.
// All money is in minor units of the books' currency.
type Totals struct {
	Currency         money.Currency `json:"currency"`
	Raised           money.Minor    `json:"raised"`   // Gross − Refunded − Disputed
	Gross            money.Minor    `json:"gross"`    // captured payments and offline gifts
	Refunded         money.Minor    `json:"refunded"` // succeeded or pending
	Disputed         money.Minor    `json:"disputed"` // withdrawn − reinstated
	Offline          money.Minor    `json:"offline"`
	Fees             money.Minor    `json:"fees"`
	Net              money.Minor    `json:"net"`     // Raised − Fees
	Pending          money.Minor    `json:"pending"` // bank debits under way, in no other figure
	Gifts            int64          `json:"gifts"`
	Donors           int64          `json:"donors"`
	RecurringActive  int64          `json:"recurring_active"`
	RecurringMonthly money.Minor    `json:"recurring_monthly"`
	PaidOut          money.Minor    `json:"paid_out"`
	StripeBalance    money.Minor    `json:"stripe_balance"`
	OtherActivity    money.Minor    `json:"other_activity"`
	NeedsAttention   int64          `json:"needs_attention"`
	InTransit        money.Minor    `json:"in_transit"`               // of PaidOut, what the bank has not got yet
	ClosedThrough    string         `json:"closed_through,omitempty"` // the last day that is closed, YYYY-MM-DD
	Late             int64          `json:"late"`                     // postings of days that were closed when they came, in the days after them
	LateNet          money.Minor    `json:"late_net"`                 // by which these move Net
}

// Progress is the public part of the totals, read from committed rows.
type Progress struct {
	Raised     money.Minor
	Gifts      int64
	Donors     int64
	Pending    money.Minor
	UpdatedAt  time.Time  // when the last change of any figure was committed (UTC)
	LastGiftAt *time.Time // when the last gift was counted (UTC); nil before the first
}
