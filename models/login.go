package models

import (
	"fmt"
	"time"
)

// Attempt is somebody about to have a password tried.
type Attempt struct {
	Email   string // as typed
	Network string // where it comes from: a /24, or a /64
	Device  string // the token that the browser has of a device, or ""
}

// allowance is how many tries somebody has: most at once, and one more every
// so often. Of any hour, no more than most + 1h/every.
type allowance struct {
	most  int64
	every time.Duration
}

// What is tried for an account from devices nobody has signed in from, from a
// network by such devices, and by a device for an account that has signed in
// there. So an account's owner is not shut out by strangers, who can use up but
// the first; nor are strangers by the owner, and nobody is for longer than it
// takes to be allowed one more.
var (
	perAccount = allowance{5, 12 * time.Minute} // at most 10 in an hour
	perNetwork = allowance{15, 4 * time.Minute} // at most 30
	perDevice  = allowance{5, 12 * time.Minute} // at most 10
)

// TooMany says that no more tries are allowed for now.
type TooMany struct{ Wait time.Duration }

func (e TooMany) Error() string { return fmt.Sprintf("no more tries for %s", e.Wait) }

// loginAllowance is what is held against somebody: the moment at which all
// tries will be allowed again. What nothing is held against has no row.
type loginAllowance struct {
	Name   string `gorm:"primaryKey"`
	FullAt int64  // microseconds since 1970
}

// after is the row once one more try was drawn, or how long to wait for it.
func (a allowance) after(row loginAllowance, now time.Time) (loginAllowance, time.Duration) {
	row.FullAt = max(row.FullAt, now.UnixMicro()) + a.every.Microseconds()
	over := row.FullAt - now.UnixMicro() - a.most*a.every.Microseconds()
	return row, time.Duration(max(0, over)) * time.Microsecond
}
