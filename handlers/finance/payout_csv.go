package finance

import (
	"math"

	"github.com/corruptionproject/appeal/internal/export"
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
		err = table.Row(export.Text(p.ID), export.Text(l.ID), export.Time(&l.CreatedAt), export.Text(string(l.Part)), export.Text(l.Category), export.Text(l.Source),
			export.Text(l.Reference), export.Text(l.DonationID), export.Text(l.DonorName), export.Amount(l.Amount), export.Amount(l.Fee), export.Amount(l.Net))
	}
	if err != nil {
		return err
	}
	return table.Close()
}
