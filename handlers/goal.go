package handlers

import (
	"context"
	"sync"
	"time"

	"github.com/corruptionproject/appeal/internal/live"
)

// goalMet remembers the day on which the goal was met. To find it the whole
// journal is read, and it all but never changes, so that is done once an hour.
type goalMet struct {
	mu    sync.Mutex
	at    time.Time
	again time.Time // when to look next
}

const (
	lookForGoal      = time.Hour
	lookForGoalAgain = time.Minute     // where it could not be found
	findGoalWithin   = 2 * time.Second // a page goes without the day rather than wait for it
)

// metAt is when the goal was met; zero while it is not, or is not known.
func (s *Server) metAt(ctx context.Context, snapshot live.Snapshot) time.Time {
	if snapshot.Progress.Raised < s.Campaign.Goal {
		return time.Time{}
	}
	s.goal.mu.Lock()
	defer s.goal.mu.Unlock()
	now := s.Now()
	if now.Before(s.goal.again) || !snapshot.StaleSince.IsZero() {
		return s.goal.at
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), findGoalWithin)
	defer cancel()
	at, err := s.Store.ReachedAt(ctx, s.Campaign.Goal)
	if err != nil || at.IsZero() {
		if err != nil {
			s.Log.Warn("the day on which the goal was met could not be found", "error", err)
		}
		s.goal.again = now.Add(lookForGoalAgain)
		return s.goal.at
	}
	s.goal.at, s.goal.again = at, now.Add(lookForGoal)
	return at
}
