package erasure_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/erasure"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/internal/stripeapi"
	"github.com/corruptionproject/appeal/models"
)

// broken is a Stripe in whose middle the process is told to stop.
type broken struct{ off context.CancelFunc }

func (b broken) Forget(ctx context.Context, _ stripeapi.Known, _ time.Time) ([]string, error) {
	b.off()
	return nil, ctx.Err()
}

func TestAnErasureThatIsBrokenOffIsTakenUpAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *models.Store, _ *storetest.Clock) {
		if err := s.RequestNewsletter(t.Context(), "reader@example.org"); err != nil {
			t.Fatal(err)
		}
		e, err := s.Erase(t.Context(), models.Operator, "reader@example.org")
		if err != nil {
			t.Fatal(err)
		}
		ctx, breakOff := context.WithCancel(t.Context())
		defer breakOff()
		worker := &erasure.Worker{Store: s, Stripe: broken{breakOff}, Log: slog.New(slog.DiscardHandler)}
		if err := worker.Once(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("it goes on: %v", err)
		}
		if _, found, err := s.ClaimErasure(t.Context(), e.ID, time.Minute); err != nil || !found {
			t.Errorf("nobody can go on with it: %v", err)
		}
	})
}
