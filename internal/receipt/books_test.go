package receipt_test

import (
	"slices"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/internal/receipttest"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// The words are held against made-up documents elsewhere; here the books make
// one of what a person entered.
func TestWhatAPersonEnteredStandsOnTheReceiptOfIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, store *models.Store, clock *storetest.Clock) {
		today := clock.Now().In(receipttest.Pacific)
		received := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
		mailed := received.AddDate(0, 0, -3)
		d, err := store.EnterOffline(t.Context(), models.NewOfflineGift{
			Amount: 1_000_00, Method: models.Check, ReceivedOn: received, DatedOn: &mailed, DonorName: "Jordan Sample", DonorEmail: "jordan@example.org",
			DonorAddress: "5 Sample Lane\nOakland, CA 94600", Reference: "1042", Note: "for staff alone", Zone: receipttest.Pacific, EnteredBy: "finance@example.org",
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []receipt.Fact{
			{Name: "Donor", Value: "Jordan Sample"},
			{Name: "Donor’s address", Value: "5 Sample Lane, Oakland, CA 94600"},
			{Name: "Date of gift", Value: mailed.Format("January 2, 2006") + " (postmark)"},
			{Name: "Date received", Value: received.Format("January 2, 2006")},
			{Name: "Purpose", Value: "The Corruption Project"},
			{Name: "Paid with", Value: "Check"},
			{Name: "Check number", Value: "1042"},
			{Name: "Receipt number", Value: "No. 000001"},
			{Name: "Reference", Value: d.Reference},
		}
		first := newest(t, store, clock, d)
		if !slices.Equal(first.Facts, want) || first.Money[len(first.Money)-1].Value != "$1,000.00" {
			t.Errorf("the receipt says %v, %v", first.Facts, first.Money)
		}
		if err := store.ReverseOffline(t.Context(), d.ID, "the check bounced", "finance@example.org"); err != nil {
			t.Fatal(err)
		}
		void := newest(t, store, clock, d)
		if !void.Void || void.Number != "Receipt No. 000002" || void.Money[len(void.Money)-1].Value != "$0.00" {
			t.Errorf("after the reversal it says %s: %v", void.Number, void.Money)
		}
	})
}

// newest is the newest document of a gift, issued now.
func newest(t *testing.T, store *models.Store, clock *storetest.Clock, d models.Donation) receipt.Document {
	t.Helper()
	if _, err := store.IssueReceipts(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	issued, err := store.ReceiptsOf(t.Context(), d.ID)
	if err != nil || len(issued) == 0 {
		t.Fatalf("%d receipts: %v", len(issued), err)
	}
	found, err := store.FindReceipt(t.Context(), issued[len(issued)-1].ID)
	if err != nil {
		t.Fatal(err)
	}
	return receipt.Of(receipttest.Campaign(), found, clock.Now())
}
