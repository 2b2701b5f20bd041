package handlers

// notice is what is said above the form when a reader comes back to it.
type notice int

const (
	noNotice          notice = iota
	cancelledNotice          // back from the payment page without paying
	unreachableNotice        // the payment provider did not answer
	limitedNotice            // too many tries
	conflictNotice           // the same form key with other choices
)

// noticeView is a notice in words. None is red: nothing the reader did is
// wrong.
type noticeView struct {
	Lead, Strong, Rest string
}

func (v *views) notice(n notice) *noticeView {
	switch n {
	case cancelledNotice:
		return &noticeView{"You left before paying.", "You have not been charged.", "Your choices are still here."}
	case unreachableNotice:
		rest := "Try again in a minute."
		if a := v.c.Organisation.Address; a != "" {
			rest = "Try again in a minute, or mail a check to " + a + "."
		}
		return &noticeView{"We couldn’t reach our payment provider.", "You have not been charged.", rest}
	case limitedNotice:
		return &noticeView{"Too many tries.", "You have not been charged.", "Wait a minute, then try again. Your choices are still here."}
	case conflictNotice:
		return &noticeView{
			"Your choices changed after the payment page was opened.",
			"You have not been charged for these.", "Check them below and send them again.",
		}
	default:
		return nil
	}
}
