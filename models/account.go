package models

// Account is one account of the journal.
type Account string

// The accounts there are. Whether income carries a donor restriction is
// a flag of the campaign, not another account.
const (
	StripeBalance   Account = "stripe:balance"   // what Stripe holds for the organisation
	DonationIncome  Account = "income:donations" // what donors gave
	ContraRefunds   Account = "contra:refunds"   // what went back to donors
	ContraDisputes  Account = "contra:disputes"  // what banks took back
	FeeExpense      Account = "expense:fees"     // what Stripe kept
	Bank            Account = "bank"             // what Stripe paid out
	OfflineReceived Account = "offline:received" // checks, wires and the like
	OtherStripe     Account = "other:stripe"     // in the Stripe balance, but no gift of this campaign
	OpeningStripe   Account = "opening:stripe"   // what the balance held before the books start
	Suspense        Account = "suspense"         // what sync can't explain yet
)

// Accounts lists every account there is, in the order of the chart.
func Accounts() []Account {
	return []Account{
		StripeBalance, Bank, OfflineReceived, DonationIncome, ContraRefunds, ContraDisputes,
		FeeExpense, OtherStripe, OpeningStripe, Suspense,
	}
}
