package finance

import (
	"time"

	"github.com/corruptionproject/appeal/models"
)

// From when on something is late.
const (
	quietAfter   = 72 * time.Hour // without any event
	lateEvent    = time.Minute
	stuckEvent   = time.Hour
	lateMail     = 15 * time.Minute
	stuckMail    = 2 * time.Hour
	lateSync     = 15 * time.Minute // or three times the interval, if that is longer
	stuckSync    = 24 * time.Hour
	lateCards    = 10 * time.Minute
	lateForgot   = 24 * time.Hour
	manyUnfolded = 4 // times as many as may stand
)

func (s *reader) arrived() check {
	a := s.h.Arrived
	c := check{Name: "Last event received"}
	if a == nil {
		c.State, c.Says = "None yet", "Stripe has sent no event."
		return s.is(watch, c, &adviceHooks)
	}
	c.Says, c.When = a.Type+", "+s.ago(a.ReceivedAt), s.r.moment(a.ReceivedAt)
	switch {
	case s.h.BySync != nil:
		c.State, c.Says = "Not arriving", "On "+s.r.moment(*s.h.BySync)+" a sync booked what no event had told. The last was "+c.Says+"."
		return s.is(wrong, c, &adviceHooks)
	case s.h.At.Sub(a.ReceivedAt) > quietAfter:
		c.State = "Quiet"
		return s.is(watch, c, &adviceHooks)
	default:
		c.State = "Arriving"
		return s.is(fine, c, nil)
	}
}

func (s *reader) booked() check {
	c := check{Name: "Last event booked"}
	if s.h.Booked == nil {
		c.State, c.Says = "None yet", "Nothing that came has moved a gift."
		return s.is(told, c, nil)
	}
	c.State, c.Says, c.When = "Booked", s.h.Booked.Type+", "+s.ago(s.h.Booked.ReceivedAt), s.r.moment(s.h.Booked.ReceivedAt)
	return s.is(fine, c, nil)
}

func (s *reader) lag() check {
	c := check{Name: "Lag of the last event"}
	if s.h.Arrived == nil {
		c.State = "Not known"
		return s.is(told, c, nil)
	}
	lag := s.h.Arrived.Lag()
	c.Says = spanOf(lag) + " from Stripe’s making it to its arriving here."
	if lag > lateEvent {
		c.State = "Late"
		return s.is(watch, c, &adviceHooks)
	}
	c.State = "Prompt"
	return s.is(fine, c, nil)
}

func (s *reader) waiting() check {
	c, w := check{Name: "Events not booked yet"}, s.h.Waiting
	if w.Since == nil {
		c.State, c.Says = "None", "All that came is settled."
		return s.is(fine, c, nil)
	}
	age := s.h.At.Sub(*w.Since)
	c.Says, c.When = counted(w.Count, "waits", "wait")+" to be looked up at Stripe, the oldest for "+spanOf(age)+".", s.r.moment(*w.Since)
	switch {
	case age > stuckEvent:
		c.State = "Stuck"
		return s.is(wrong, c, &adviceEvents)
	case age > models.BehindAfter:
		c.State = "Waiting"
		return s.is(watch, c, &adviceEvents)
	default:
		c.State = "Being booked"
		return s.is(fine, c, nil)
	}
}

func (s *reader) failed() check {
	c := check{Name: "Events that failed"}
	if s.h.Failed == 0 {
		c.State = "None"
		return s.is(fine, c, nil)
	}
	c.State, c.Says = "Need a person", counted(s.h.Failed, "is listed", "are listed")+" below."
	return s.is(wrong, c, &adviceEvents)
}

func (s *reader) synced() check {
	c, sync := check{Name: "Last sync with Stripe"}, s.h.Sync
	if sync.RunningFor != nil {
		c.Says = "One is under way since " + s.r.moment(*sync.RunningFor) + ", at “" + words(sync.Stage) + "”. "
	}
	if sync.CompletedAt == nil {
		c.State = "None yet"
		c.Says += "None has reached its end."
		return s.is(watch, c, &adviceSync)
	}
	age := s.h.At.Sub(*sync.CompletedAt)
	c.Says, c.When = c.Says+"The last ended "+s.ago(*sync.CompletedAt)+".", s.r.moment(*sync.CompletedAt)
	switch {
	case s.r.SyncEvery == 0:
		c.State = "Turned off"
		return s.is(watch, c, &adviceSync)
	case age > max(stuckSync, 3*s.r.SyncEvery):
		c.State = "Stopped"
		return s.is(wrong, c, &adviceSync)
	case age > max(lateSync, 3*s.r.SyncEvery):
		c.State = "Late"
		return s.is(watch, c, &adviceSync)
	default:
		c.State = "On time"
		return s.is(fine, c, nil)
	}
}

func (s *reader) differs() check {
	c, m := check{Name: "Difference from Stripe"}, s.h.Match
	switch {
	case m.At == nil:
		c.State, c.Says = "Not compared yet", "The first sync does that."
		return s.is(told, c, nil)
	case m.Differences > 0 && m.Resolved == m.Differences:
		c.State, c.Says = "Resolved", m.Amount.String()+" in "+counted(m.Differences, "item", "items")+", resolved with a note and still different."
		return s.is(watch, c, &adviceResolved)
	case m.Differences > 0:
		c.State, c.Says = "Differs", m.Amount.String()+" in "+counted(m.Differences, "item", "items")+"."
		return s.is(wrong, c, &adviceDiffers)
	default:
		c.State, c.Says, c.When = "Matches", "Difference $0.00.", s.r.moment(*m.At)
		return s.is(fine, c, nil)
	}
}

func (s *reader) payout() check {
	c, p := check{Name: "Last payout seen"}, s.h.Payout
	if p == nil {
		c.State, c.Says = "None yet", "Stripe has paid out nothing that a sync has seen."
		return s.is(told, c, nil)
	}
	c.State, c.Says, c.When = "Seen", p.Amount.String()+", "+words(p.Status)+".", shortDay(p.ArrivalOn)
	if p.Undone() {
		c.State = "Did not arrive"
		return s.is(wrong, c, &advicePayout)
	}
	return s.is(fine, c, nil)
}

func (s *reader) receipts() check {
	c, due := check{Name: "Gifts without their receipt"}, s.h.Receipts
	switch {
	case due.Behind > 0:
		c.State, c.Says = "Behind", counted(due.Behind, "receipt is", "receipts are")+" due for more than "+spanOf(models.BehindAfter)+"."
		return s.is(wrong, c, &adviceWork)
	case due.Count > 0:
		c.State, c.Says = "Being issued", counted(due.Count, "is due", "are due")+"."
	default:
		c.State = "None"
	}
	return s.is(fine, c, nil)
}

func (s *reader) queued() check {
	c := check{Name: "Oldest queued mail"}
	if s.h.Queued == nil {
		c.State = "None"
		if !s.r.Mailed {
			c.State, c.Says = "Not set up", "No mail is sent."
			return s.is(watch, c, &adviceMail)
		}
		return s.is(fine, c, nil)
	}
	age := s.h.At.Sub(*s.h.Queued)
	c.Says, c.When = "Queued "+s.ago(*s.h.Queued)+".", s.r.moment(*s.h.Queued)
	switch {
	case !s.r.Mailed:
		c.State = "Not set up"
		return s.is(wrong, c, &adviceMail)
	case age > stuckMail:
		c.State = "Stuck"
		return s.is(wrong, c, &adviceMail)
	case age > lateMail:
		c.State = "Late"
		return s.is(watch, c, &adviceMail)
	default:
		c.State = "On its way"
		return s.is(fine, c, nil)
	}
}

func (s *reader) givenUp() check {
	c, n := check{Name: "Mail given up"}, s.h.Mail[models.MailIsFailed]
	if n == 0 {
		c.State = "None"
		return s.is(fine, c, nil)
	}
	c.State, c.Says = "Need a person", counted(n, "mail was", "mails were")+" refused for three days."
	return s.is(wrong, c, &adviceMail)
}

func (s *reader) held() check {
	c, n := check{Name: "Mail held"}, s.h.Mail[models.MailIsHeld]
	if n == 0 {
		c.State = "None"
		return s.is(fine, c, nil)
	}
	c.State, c.Says = "Need a person", counted(n, "receipt", "receipts")+" of gifts that were booked late. Their donors may have had one."
	return s.is(watch, c, &adviceMail)
}

func (s *reader) lookups() check {
	c := check{Name: "Looking events up at Stripe"}
	if n := s.h.Waiting.Behind; n > 0 {
		c.State, c.Says = "Behind", counted(n, "try is", "tries are")+" overdue."
		return s.is(wrong, c, &adviceWork)
	}
	c.State = "Keeping up"
	return s.is(fine, c, nil)
}

func (s *reader) sending() check {
	c := check{Name: "Sending mail"}
	switch n := s.h.Letters.Behind; {
	case !s.r.Mailed:
		c.State, c.Says = "Off", "Mail is not set up."
		return s.is(told, c, nil)
	case n > 0:
		c.State, c.Says = "Behind", counted(n, "mail is", "mails are")+" overdue."
		return s.is(wrong, c, &adviceWork)
	default:
		c.State = "Keeping up"
		return s.is(fine, c, nil)
	}
}

func (s *reader) cards() check {
	c, until := check{Name: "Looking for cards that expire"}, s.h.Cards
	switch {
	case until == nil:
		c.State = "Not yet"
		return s.is(told, c, nil)
	case s.h.At.Sub(*until) > lateCards:
		c.State, c.Says, c.When = "Stopped", "Overdue for "+spanOf(s.h.At.Sub(*until))+".", s.r.moment(*until)
		return s.is(watch, c, &adviceWork)
	default:
		c.State = "Keeping up"
		return s.is(fine, c, nil)
	}
}

func (s *reader) forgetting() check {
	c, last := check{Name: "Forgetting what is old"}, s.h.Forgot
	if last == nil {
		c.State = "Not yet"
		return s.is(told, c, nil)
	}
	c.Says, c.When = "Persons are taken out of events after "+spanOf(models.PayloadsKept)+". Nothing due was left "+s.ago(*last)+".", s.r.moment(*last)
	if s.h.At.Sub(*last) > lateForgot {
		c.State = "Stopped"
		return s.is(watch, c, &adviceWork)
	}
	c.State = "Keeping up"
	return s.is(fine, c, nil)
}

func (s *reader) folding() check {
	c := check{Name: "Summing up figures", Says: counted(s.h.Unfolded, "row", "rows") + " to sum."}
	if s.h.Unfolded > manyUnfolded*s.h.MayStand {
		c.State = "Behind"
		return s.is(watch, c, &adviceWork)
	}
	c.State = "Keeping up"
	return s.is(fine, c, nil)
}

func (s *reader) schema() check {
	c := check{Name: "Schema", State: "Current", Says: "The database has what this program needs."}
	switch {
	case s.h.Schema < s.h.Known:
		c.State, c.Says = "Behind", "The database’s schema is older than this program."
		return s.is(wrong, c, &adviceSchema)
	case s.h.Schema > s.h.Known:
		c.State, c.Says = "Ahead", "The database’s schema is newer than this program."
		return s.is(wrong, c, &adviceSchema)
	}
	return s.is(fine, c, nil)
}

// backup says what can't be known here, rather than nothing.
func (s *reader) backup() check {
	return s.is(told, check{Name: "Last backup", State: "Not known here", Says: "The service makes no backups, and sees none."}, &adviceBackup)
}
