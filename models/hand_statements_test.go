package models

import (
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm/logger"

	"github.com/corruptionproject/appeal/internal/money"
)

// A gift costs the same however many facts an event brings of it, but for the
// facts themselves.
func TestAGiftIsLockedReadAndWrittenOnceForAllThatAnEventSaysOfIt(t *testing.T) {
	t.Parallel()
	s := migrated(t)
	if err := s.OpenBooks(t.Context()); err != nil {
		t.Fatal(err)
	}
	d, err := s.StartDonation(t.Context(), "", 0, Choices{Frequency: Once, Amount: 5000, Tribute: NoTribute})
	if err != nil {
		t.Fatal(err)
	}
	fact := func(key string, kind FactKind, minor money.Minor) Fact {
		return Fact{
			Key: key, Kind: kind, Object: strings.Split(key, ":")[0], Money: money.Money{Minor: minor, Currency: "usd"}, At: s.Now(),
			Gift: GiftRef{Campaign: s.slug, Token: d.Token, Charge: "ch_1"}, Email: "reader@example.org", EmailRank: BillingEmail,
		}
	}
	completed := fact("cs_1:completed", Completed, 0)
	completed.ExpectsCharge = true
	facts := []Fact{completed, fact("ch_1:charge", Charged, 5000)}
	for i := range 5 {
		facts = append(facts, fact(fmt.Sprintf("re_%d:refund", i), RefundMade, 100))
	}
	heard := &statements{Interface: logger.Discard}
	s.db.Logger = heard
	learned, err := s.Learn(t.Context(), Object{ID: "obj_1", Raw: []byte("{}"), Reading: Reading{Facts: facts}})
	if err != nil || learned[0].State != EventBooked || len(learned[0].News) != len(facts) {
		t.Fatalf("booked is %+v, %v", learned, err)
	}
	times := map[string]int{}
	for _, said := range heard.said {
		words := strings.Fields(said)
		for i, word := range words[1:] {
			if before := strings.ToUpper(words[i]); before == "FROM" || before == "INTO" || before == "UPDATE" {
				times[words[0]+" "+strings.Trim(word, "`")]++
			}
		}
	}
	for what, want := range map[string]int{
		"SELECT donations": 1, "SELECT facts": 1, "SELECT gift_ids": 1, "SELECT donors": 1,
		"INSERT facts": len(facts), "INSERT postings": len(facts) - 1,
		"INSERT day_changes": 1, "INSERT progress_changes": 1, "UPDATE donations": 1, "UPDATE donors": 1,
	} {
		if times[what] != want {
			t.Errorf("%s: %d times, and not %d, of\n%s", what, times[what], want, strings.Join(heard.said, "\n"))
		}
	}
}
