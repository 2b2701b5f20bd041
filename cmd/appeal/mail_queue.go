package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/corruptionproject/appeal/models"
)

type mailCommands struct {
	List    mailListCommand    `cmd:"" help:"Print how many mails are in each state, and those in one of them."`
	Retry   mailRetryCommand   `cmd:"" help:"Have mails that were given up tried again, at once and for another three days."`
	Release mailReleaseCommand `cmd:"" help:"Send mails that are held."`
}

type mailListCommand struct {
	State string `enum:"queued,held,failed,sent,dropped," default:"" help:"Which: queued (to be sent), held (waits for a person), failed (given up after three days), sent, dropped (not to be sent any more). Without it, those that need a person: failed and held." placeholder:"STATE"`
	Most  int    `default:"100" help:"At most so many of them, the newest first (default ${default})." placeholder:"N"`
}

// mailStates are all of them, in the order of a mail's way.
var mailStates = []models.MailState{models.MailIsQueued, models.MailIsHeld, models.MailIsSent, models.MailIsFailed, models.MailIsDropped}

// Run prints the counts, and then a line for each mail. No address stands in
// it: a key leads to the gift.
func (l mailListCommand) Run(p *program) error {
	if l.Most < 1 {
		return usage{errors.New("--most must be at least 1")}
	}
	return p.withBooks(func(store *models.Store, _ models.Campaign) error {
		count, err := store.MailQueue(p.ctx)
		if err != nil {
			return err
		}
		for _, state := range mailStates {
			if err := p.printf("%-8s %d\n", state, count[state]); err != nil {
				return err
			}
		}
		shown := []models.MailState{models.MailIsFailed, models.MailIsHeld}
		if l.State != "" {
			shown = []models.MailState{models.MailState(l.State)}
		}
		for _, state := range shown {
			if err := l.print(p, store, state); err != nil {
				return err
			}
		}
		return adviseMail(p, count)
	})
}

func (l mailListCommand) print(p *program, store *models.Store, state models.MailState) error {
	mails, err := store.ListMail(p.ctx, state, l.Most)
	if err != nil || len(mails) == 0 {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	_, err = fmt.Fprintf(table, "\nstate\tqueued\tkind\ttries\tkey\twhy\n")
	for _, m := range mails {
		if err == nil {
			_, err = fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\n",
				m.State, m.QueuedAt.Format(time.RFC3339), m.Kind, m.Attempts, m.Key, cmp.Or(m.Problem, "-"))
		}
	}
	return errors.Join(err, table.Flush())
}

// adviseMail says what to do about mails that wait for a person.
func adviseMail(p *program, count map[models.MailState]int64) error {
	if count[models.MailIsFailed] > 0 {
		if err := p.printf("\nOnce the mail server takes mail again: appeal mail retry KEY …, or --all-failed\n"); err != nil {
			return err
		}
	}
	if count[models.MailIsHeld] > 0 {
		return p.printf("\nHeld are receipts of gifts that these books learned of late, as after a restore: their donors may have had one.\nTo send them: appeal mail release KEY …, or --held\n")
	}
	return nil
}

type mailRetryCommand struct {
	Keys      []string `arg:"" optional:"" name:"key" help:"The mails, as appeal mail list names them."`
	AllFailed bool     `help:"Every mail that was given up."`
}

// Run has mails tried again by the running service.
func (r mailRetryCommand) Run(p *program) error {
	return p.requeue(r.Keys, r.AllFailed, models.MailIsFailed)
}

type mailReleaseCommand struct {
	Keys []string `arg:"" optional:"" name:"key" help:"The mails, as appeal mail list names them."`
	Held bool     `help:"Every mail that is held. Make sure first that their donors have not had them."`
}

// Run has held mails sent by the running service.
func (r mailReleaseCommand) Run(p *program) error {
	return p.requeue(r.Keys, r.Held, models.MailIsHeld)
}

// requeue makes due the mails that are named, or all in a state.
func (p *program) requeue(keys []string, all bool, state models.MailState) error {
	if all == (len(keys) > 0) {
		return usage{fmt.Errorf("name the mails, as appeal mail list --state %s does, or all of them", state)}
	}
	return p.withBooks(func(store *models.Store, _ models.Campaign) error {
		for _, key := range keys {
			err := store.RetryMail(p.ctx, models.Operator, key)
			if errors.Is(err, models.ErrNotFound) {
				err = fmt.Errorf("no mail %s is failed or held: appeal mail list names those that are", key)
			}
			if err != nil {
				return err
			}
		}
		done := len(keys)
		if all {
			var err error
			if done, err = retryAll(p.ctx, store, state); err != nil {
				return err
			}
		}
		return p.printf("%d to be sent. A running service does it within seconds; see appeal mail list.\n", done)
	})
}

// retryAll makes due every mail in a state, and returns how many there were.
func retryAll(ctx context.Context, store *models.Store, state models.MailState) (done int, err error) {
	for {
		mails, err := store.ListMail(ctx, state, 500)
		if err != nil || len(mails) == 0 {
			return done, err
		}
		for _, m := range mails {
			err := store.RetryMail(ctx, models.Operator, m.Key)
			if errors.Is(err, models.ErrNotFound) {
				continue // somebody else was first
			}
			if err != nil {
				return done, err
			}
			done++
		}
	}
}
