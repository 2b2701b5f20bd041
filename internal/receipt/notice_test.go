package receipt_test

import (
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/internal/receipttest"
	"github.com/corruptionproject/appeal/models"
)

// A service that was down, or books made anew, learn of several changes at once.
func TestADocumentThatSeveralChangesMadeNamesEachOfThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now  models.Receipt
		want string
		line string
	}{
		"a refund, and the rest lost": {
			models.Receipt{Kind: models.VoidReceipt, Captured: 100_00, Refunded: 40_00, Lost: 60_00, Reason: models.ReasonDisputeLost},
			"Void: $40.00 was refunded, and the bank took back $60.00 for good, as of June 20, 2027.", "Changes since, in all: −$100.00",
		},
		"a second payment of which a part was refunded": {
			models.Receipt{Kind: models.AmendedReceipt, Amount: 170_00, Captured: 200_00, Refunded: 30_00, Reason: models.ReasonPayment},
			"another payment of $100.00 was received, and $30.00 was refunded. The contribution is now $170.00.", "Changes since, in all: $70.00",
		},
		"a refund alone": {
			models.Receipt{Kind: models.AmendedReceipt, Amount: 60_00, Captured: 100_00, Refunded: 40_00, Reason: models.ReasonRefund},
			"$40.00 was refunded. The contribution is now $60.00.", "Refunded: −$40.00",
		},
	} {
		d := receipttest.Gift(100_00, receipttest.Amended(c.now.Amount, c.now.Reason))
		d.First.Captured, d.Replaced.Captured = 100_00, 100_00
		d.Receipt.Captured, d.Receipt.Refunded, d.Receipt.Lost = c.now.Captured, c.now.Refunded, c.now.Lost
		said := receipt.Of(receipttest.Campaign(), d, receipttest.Later)
		if !strings.Contains(said.Notice, c.want) {
			t.Errorf("%s: the notice is %q", name, said.Notice)
		}
		if line := said.Money[1].Name + ": " + said.Money[1].Value; line != c.line {
			t.Errorf("%s: the change is %q", name, line)
		}
	}
}
