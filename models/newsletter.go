package models

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// Signup is an address for which the newsletter was asked for. It is on the
// list once whoever reads mail there has confirmed it, and not before: anybody
// can type anybody's address.
type Signup struct {
	Email       string       `gorm:"primaryKey"` // as FoldEmail leaves it
	Source      SignupSource // where it was asked for first
	RequestedAt time.Time
	AskedAt     time.Time // the last time
	ConfirmedAt *time.Time
}

// TableName keeps the rows apart from the subscriptions that are gifts.
func (Signup) TableName() string { return "newsletter_signups" }

// SignupSource is where somebody asked for the newsletter.
type SignupSource string

// The places where it can be asked for.
const (
	FromPage SignupSource = "page" // the form of its own
	FromGift SignupSource = "gift" // the box on the giving form
)

const (
	// confirmFor is how long a link to confirm is good for.
	confirmFor = 7 * 24 * time.Hour
	// mailEvery and mailsADay bound how much mail a form that anybody can fill
	// in sends to one address.
	mailEvery = 10 * time.Minute
	mailsADay = 3
)

// signupLink is what one mail asks to follow. The token itself is kept in the
// mail alone.
type signupLink struct {
	TokenHash  string `gorm:"primaryKey"`
	Email      string
	DonationID *string
	MadeAt     time.Time
	ExpiresAt  time.Time
}

func (signupLink) TableName() string { return "newsletter_links" }

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// oneMoreMail reports whether an address may be sent another mail, by the
// links of those it was sent, the newest first.
func oneMoreMail(sent []signupLink, now time.Time) bool {
	if len(sent) == 0 {
		return true
	}
	return now.Sub(sent[0].MadeAt) >= mailEvery &&
		(len(sent) < mailsADay || now.Sub(sent[mailsADay-1].MadeAt) >= 24*time.Hour)
}

// wishDue reports whether the box on the giving form is to be acted upon now:
// the gift is paid, and it is known which address was typed on the payment
// page. Whichever of the two comes last, it is due once.
//
// A gift that was made from Stripe's metadata is never due: these books did not
// take its form, so they are books that were rebuilt, and whoever ticked the
// box was asked by those that were lost.
func (d Donation) wishDue(facts []storedFact) (email string, due bool) {
	if !d.Newsletter || d.NewsletterAskedAt != nil || d.FromMetadata || d.Renewal || !slices.ContainsFunc(facts, func(f storedFact) bool { return f.Kind == Charged }) {
		return "", false
	}
	for _, f := range facts {
		if f.EmailRank == SessionEmail && f.Email != "" && (email == "" || f.Email < email) {
			email = f.Email
		}
	}
	return email, email != ""
}
