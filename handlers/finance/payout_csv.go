package finance

import (
	"math"

	"github.com/corruptionproject/appeal/internal/sheet"
)

// getPayoutLines is the table of a payout's lines for the ledger: every one, as
// the page groups them.
func (r *Rooms) getPayoutLines(v *visit) error {
	p, lines, err := r.Store.FindPayout(v.ctx(), v.Param("id"), math.MaxInt32)
	if err != nil {
		return err
	}
	table, err := v.table("payout-"+p.ArrivalOn.UTC().Format("2006-01-02"),
		"payout", "transaction", "at", "part", "category", "source", "reference", "donation", "donor_name", "amount", "fee", "net")
	for _, l := range lines {
		if err != nil {
			break
		}
		err = table.Row(sheet.Text(p.ID), sheet.Text(l.ID), sheet.Time(&l.CreatedAt), sheet.Text(string(l.Part)), sheet.Text(l.Category), sheet.Text(l.Source),
			sheet.Text(l.Reference), sheet.Text(l.DonationID), sheet.Text(l.DonorName), sheet.Amount(l.Amount), sheet.Amount(l.Fee), sheet.Amount(l.Net))
	}
	if err != nil {
		return err
	}
	return table.Close()
}
