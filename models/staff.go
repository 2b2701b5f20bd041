package models

import (
	"strings"
	"time"
)

// Role is what somebody on the staff may do. Each includes the ones before it.
type Role string

// The roles.
const (
	Viewer  Role = "viewer"  // sees figures, with addresses masked, and exports nothing
	Finance Role = "finance" // sees donors, exports, refunds, enters offline gifts
	Admin   Role = "admin"   // also manages staff
)

var ranks = map[Role]int{Viewer: 1, Finance: 2, Admin: 3}

// Valid reports whether there is such a role.
func (r Role) Valid() bool { return ranks[r] > 0 }

// Covers reports whether r may do what needs another role. What is no role
// covers nothing, and is covered by none.
func (r Role) Covers(needed Role) bool { return needed.Valid() && ranks[r] >= ranks[needed] }

// Staff is somebody who may enter the finance rooms.
type Staff struct {
	ID           string `gorm:"primaryKey"` // opaque
	Email        string // as FoldEmail leaves it
	Role         Role
	PasswordHash string // "" until they have chosen a password
	Factor       string // the second factor's secret, sealed by whoever set it; "": none
	FactorStep   int64  // the last time step whose code was used
	DisabledAt   *time.Time
	CreatedAt    time.Time
}

// TableName is "staff", which has no plural.
func (Staff) TableName() string { return "staff" }

// Actor is who does something, by the name under which the audit log has it:
// somebody's e-mail, or one of those below.
type Actor string

const (
	// Operator is whoever works on the command line, where nobody signs in.
	Operator Actor = "command line"
	// Itself is the service, which does some things by the clock and at nobody's word.
	Itself Actor = "the service"
)

// Actor is the name under which this person acts.
func (s Staff) Actor() Actor { return Actor(s.Email) }

// Session is somebody signed in.
type Session struct {
	ID        string `gorm:"primaryKey"` // to name it on a page; it opens nothing
	TokenHash string
	StaffID   string
	Device    string // "Firefox on Linux", as its browser says
	CreatedAt time.Time
	SeenAt    time.Time
}

// TableName keeps them apart from Stripe's sessions.
func (Session) TableName() string { return "staff_sessions" }

// How long a session lasts.
const (
	SignedInIdle = 30 * time.Minute // without a request
	SignedInLife = 12 * time.Hour   // at most
)

// seenEvery is how exactly it is kept when a session was last used: not every
// page that is looked at is worth a write.
const seenEvery = time.Minute

// EndsAt is when the session ends if nothing more is asked, and whether asking
// would not put that off.
func (s Session) EndsAt() (at time.Time, last bool) {
	at, end := s.SeenAt.Add(SignedInIdle), s.CreatedAt.Add(SignedInLife)
	if at.Before(end) {
		return at, false
	}
	return end, true
}

// lives reports whether the session still holds.
func (s Session) lives(now time.Time) bool {
	end, _ := s.EndsAt()
	return now.Before(end)
}

// recoveryCode is one that was not used yet.
type recoveryCode struct {
	StaffID  string `gorm:"primaryKey"`
	CodeHash string `gorm:"primaryKey"`
}

func (recoveryCode) TableName() string { return "staff_recovery_codes" }

// hashRecovery reads a recovery code as people type it.
func hashRecovery(code string) string {
	return hashToken(strings.ToUpper(strings.Join(strings.FieldsFunc(code, func(r rune) bool { return r == ' ' || r == '-' }), "")))
}

// staffLink lets somebody choose a password, once.
type staffLink struct {
	TokenHash string `gorm:"primaryKey"`
	StaffID   string
	ExpiresAt time.Time
}

func (staffLink) TableName() string { return "staff_links" }

// linkFor is how long an invitation is good for.
const linkFor = 72 * time.Hour

// PasswordNames are what somebody who guesses a password here would try first:
// the newsroom's names, the campaign's, and the person's own address.
func (c Campaign) PasswordNames(email string) []string {
	return []string{c.Organisation.Name, c.Organisation.LegalName, c.Title, c.Slug, c.Signer.Name, email, "appeal", "finance", "donation", "campaign"}
}
