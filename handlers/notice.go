package handlers

import "strconv"

// notice is what is said above the form when a reader comes back to it.
type notice int

const (
	noNotice          notice = iota
	cancelledNotice          // back from the payment page without paying
	unreachableNotice        // the payment provider did not answer
	limitedNotice            // too many tries
	conflictNotice           // the same form key with other choices
	failedNotice             // back from a bank payment that did not go through
	brokenNotice             // our own books did not answer
)

// noticeView is a notice in words. None is red: nothing the reader did is
// wrong.
type noticeView struct {
	Lead, Strong, Rest string
}

// notice puts a notice in words. wait is how many seconds a reader must wait
// who sent too much; others have none.
func (v *views) notice(n notice, wait int) *noticeView {
	switch n {
	case cancelledNotice:
		return &noticeView{"You left before paying.", "You have not been charged.", "Your choices are still here."}
	case unreachableNotice:
		return &noticeView{"We couldn’t reach our payment provider.", "You have not been charged.", v.later()}
	case brokenNotice:
		return &noticeView{"Something on our side isn’t working.", "You have not been charged.", v.later()}
	case failedNotice:
		return &noticeView{"Your payment didn’t go through.", "You have not been charged.", "Your choices are still here."}
	case limitedNotice:
		return &noticeView{"Too many tries.", "You have not been charged.", "Wait " + seconds(wait) + ", then try again. Your choices are still here."}
	case conflictNotice:
		return &noticeView{
			"Your choices changed after the payment page was opened.",
			"You have not been charged for these.", "Check them below and send them again.",
		}
	default:
		return nil
	}
}

// later is what a reader can do whom we can't serve now.
func (v *views) later() string {
	if a := v.c.Organisation.Address; a != "" {
		return "Try again in a minute, or mail a check to " + a + "."
	}
	return "Try again in a minute."
}

// seconds writes a short time as people say it: "a second", "20 seconds",
// "2 minutes".
func seconds(n int) string {
	switch {
	case n <= 1:
		return "a second"
	case n < 60:
		return strconv.Itoa(n) + " seconds"
	case n == 60:
		return "a minute"
	default:
		return strconv.Itoa((n+59)/60) + " minutes"
	}
}
