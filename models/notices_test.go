package models_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// notices are whom the newsroom's mails about large gifts wait for.
func notices(t *testing.T, s *models.Store) map[string]money.Minor {
	t.Helper()
	told := map[string]money.Minor{}
	for _, m := range storetest.Queued(t, s, models.MailGiftNotice) {
		told[m.To] = m.About.Amount
		if strings.Contains(m.Key, "@") {
			t.Errorf("the key %s holds an address", m.Key)
		}
	}
	return told
}

func TestTheNewsroomIsToldOfALargeGiftEnteredByHandUnlessItIsReversed(t *testing.T) {
	t.Parallel()
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &storetest.Clock{}
			s := storetest.OpenWith(t, models.Options{
				URL: address(t), Slug: "corruption-project", Now: clock.Now, Notices: models.Notices{To: []string{"editor@example.org"}, From: 500000},
			})
			gift := aCheck(t)
			gift.Amount = 499999
			enter(t, s, gift)
			if diff := cmp.Diff(map[string]money.Minor{}, notices(t, s)); diff != "" {
				t.Errorf("of a cent less (−want +got):\n%s", diff)
			}
			gift.Amount = 500000
			large := enter(t, s, gift)
			if diff := cmp.Diff(map[string]money.Minor{"editor@example.org": 500000}, notices(t, s)); diff != "" {
				t.Errorf("of the sum (−want +got):\n%s", diff)
			}
			if err := s.ReverseOffline(t.Context(), large.ID, "entered twice", "finance"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]money.Minor{}, notices(t, s)); diff != "" {
				t.Errorf("reversed (−want +got):\n%s", diff)
			}
		})
	}
}
