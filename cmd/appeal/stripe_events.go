package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/corruptionproject/appeal/models"
)

type stripeEventsCommand struct{}

// Run prints what came from Stripe and is not booked, a line each, and the
// gifts that were paid twice.
func (stripeEventsCommand) Run(p *program) error {
	return p.withBooks(func(store *models.Store, _ models.Campaign) error {
		events, err := store.OpenEvents(p.ctx)
		if err != nil {
			return err
		}
		for _, e := range events {
			err := p.printf("%s  %-9s  %s  %s: %s\n", e.ReceivedAt.UTC().Format(time.RFC3339), e.State, e.ID, e.Type, e.Problem)
			if err != nil {
				return err
			}
		}
		gifts, err := store.OverpaidGifts(p.ctx)
		if err != nil {
			return err
		}
		for _, d := range gifts {
			surplus := d.Captured - d.Refunded - d.Disputed - d.AmountCharged
			err := p.printf("%s  paid twice: %s more than agreed. Refund it in Stripe, unless the donor meant it\n", d.Reference, surplus.Decimal())
			if err != nil {
				return err
			}
		}
		switch {
		case len(events) == 0 && len(gifts) > 0:
			return nil
		case len(events) == 0:
			return p.printf("Everything that came from Stripe is settled.\n")
		}
		return p.printf("After a fix, have them booked: appeal stripe replay ID …, or --all\n")
	})
}

type stripeReplayCommand struct {
	Events []string `arg:"" optional:"" name:"id" help:"The events, as appeal stripe events names them."`
	All    bool     `help:"Every event that waits or needs attention."`
}

// Run has events tried again by the running service.
func (r stripeReplayCommand) Run(p *program) error {
	if r.All == (len(r.Events) > 0) {
		return usage{errors.New("name the events to replay, or --all")}
	}
	return p.withBooks(func(store *models.Store, _ models.Campaign) error {
		ids := r.Events
		if r.All {
			events, err := store.OpenEvents(p.ctx)
			if err != nil {
				return err
			}
			for _, e := range events {
				ids = append(ids, e.ID)
			}
		}
		for _, id := range ids {
			err := store.Replay(p.ctx, models.Operator, id)
			if errors.Is(err, models.ErrNotFound) {
				err = fmt.Errorf("no event %s ever came: appeal stripe events lists those that are not settled", id)
			}
			if err != nil {
				return err
			}
		}
		return p.printf("%d to be tried again. A running service does it at once; see appeal stripe events.\n", len(ids))
	})
}
