package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/corruptionproject/appeal/internal/erasure"
	"github.com/corruptionproject/appeal/models"
)

type eraseCommand struct {
	Who string `arg:"" help:"Whom: an e-mail, a donor's id, or the reference of one of their gifts." placeholder:"WHO"`
	Yes bool   `help:"Erase them. Left out, it is only said what would go and what would stay."`
}

// Run erases a donor, or says what that would do. One that was broken off is gone
// on with by the next, or by the service.
func (e eraseCommand) Run(p *program) error {
	if strings.TrimSpace(e.Who) == "" {
		return usage{errors.New("say whom to erase: an e-mail, a donor's id, or the reference of a gift")}
	}
	return p.withBooks(func(store *models.Store, c models.Campaign) error {
		plan, err := store.PlanErasure(p.ctx, e.Who)
		if errors.Is(err, models.ErrNotFound) {
			return errors.New("nothing is known of them: nobody gave or asked for the newsletter under that address, id or reference")
		}
		if err != nil {
			return err
		}
		if plan.Erased == nil {
			if err := printErasure(p, plan); err != nil || !e.Yes {
				return errors.Join(err, p.printf("Nothing was erased. With --yes, they are; it can't be taken back.\n"))
			}
		}
		done, err := store.Erase(p.ctx, models.Operator, e.Who)
		if err != nil {
			return err
		}
		if err := emptyEvents(p, store, done); err != nil {
			return fmt.Errorf("%w; their person is out of the books' rows, and the same command goes on with the raw events from there", err)
		}
		if done, err = store.FindErasure(p.ctx, done.DonorID); err != nil {
			return err
		}
		return printErased(p, done, c.Zone)
	})
}

// printErasure says what would go and what would stay.
func printErasure(p *program, plan models.ErasurePlan) error {
	whose := "Somebody who never gave"
	if plan.DonorID != "" {
		whose = "Donor " + plan.DonorID
	}
	lines := []string{
		fmt.Sprintf("%s: %s, %s in all.", whose, counted(plan.Gifts, "gift"), plan.Given),
		"Goes: name, e-mail, address, comment, dedication and the card's last digits; notes about them; the newsletter and links to their gifts;",
		"      the same in Stripe's raw events, in captured mail, and at Stripe, as far as Stripe lets go of it.",
		"Stays: amounts, days, receipts' numbers, how it was paid and on which way it came; nobody is mailed about it.",
	}
	if plan.Running > 0 {
		lines = append(lines, "Ends: "+counted(plan.Running, "repeated gift")+" at Stripe, at once, since Stripe's customer is deleted.")
	}
	for _, year := range plan.Named {
		lines = append(lines, fmt.Sprintf("Mind: their gifts of %d come to %s or more. Schedule B of Form 990 wants the name and address: take the export first, or don't erase them yet.", year, models.NamedFrom.Short()))
	}
	return p.printf("%s\n", strings.Join(lines, "\n"))
}

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// emptyEvents goes through the raw events, with a bar where somebody looks on.
func emptyEvents(p *program, store *models.Store, e models.Erasure) error {
	worker := erasure.Worker{Store: store, Log: slog.New(slog.DiscardHandler)}
	if !isTerminal(p.errs) {
		return worker.Empty(p.ctx, e.ID, func(int) {})
	}
	total, err := store.CountEvents(p.ctx, e)
	if err != nil {
		return err
	}
	bar := progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.errs), progressbar.OptionSetDescription("Looking through raw events"),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	looked := 0
	err = worker.Empty(p.ctx, e.ID, func(n int) { looked += n; show(bar, looked) })
	return errors.Join(err, bar.Exit())
}

// printErased says how far an erasure has come.
func printErased(p *program, e models.Erasure, zone *time.Location) error {
	if err := p.printf("Erased on %s by %s: donor %s.\n", e.AskedAt.In(zone).Format("2006-01-02 15:04 MST"), e.AskedBy, e.DonorID); err != nil {
		return err
	}
	switch {
	case e.State == models.ErasureDone && e.Problem != "":
		return p.printf("Done at Stripe too, as far as it lets go of a person. %s: their words in it are kept out of the books.\n", e.Problem)
	case e.State == models.ErasureDone:
		return p.printf("Done at Stripe too, as far as it lets go of a person.\n")
	case e.EventsAt == nil:
		return p.printf("Somebody else is at the raw events now.\n")
	case e.Problem != "":
		return p.printf("Not done at Stripe yet: %s. The service asks it again until it has.\n", e.Problem)
	default:
		return p.printf("The service has Stripe forget them next: within seconds, if it runs.\n")
	}
}
