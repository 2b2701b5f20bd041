// Package outbox sends what the books have committed to be sent. It issues the
// receipts that are due, makes each mail of what the books say at the moment it
// is sent, gives it to a mail server, and tells the books what came of it.
//
// It refuses to send anything that isn't a committed row, to keep a queue of
// its own, and to make money wait: whoever gives and whoever books never waits
// for a mail. A process that dies between a server's answer and the books'
// knowing of it sends that mail again, under the same Message-ID and, for a
// receipt, with the same number.
package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/models"
)

// Worker empties the outbox. Its fields are set once, before it runs.
type Worker struct {
	Store    *models.Store
	Sender   mail.Sender // nil: nothing is sent, and receipts are issued all the same
	Campaign models.Campaign
	Links    links.Signer
	BaseURL  *url.URL // the site's public address
	From     mail.Address
	TestMode bool // no real money moves, which each mail says
	Log      *slog.Logger
}

const (
	lookEvery = 2 * time.Second
	atOnce    = 50 // receipts issued, and mails sent over one connection
	// perComposing and perBatch bound the composing and the sending of a batch.
	// Both together are shorter than hold, for which no other process is given
	// the batch's mails.
	perComposing = 2 * time.Minute
	perBatch     = 5 * time.Minute
	hold         = 10 * time.Minute
)

// Run issues and sends until ctx ends. A server that hangs delays no receipt's
// number, only its mail.
func (w *Worker) Run(ctx context.Context) {
	var loops sync.WaitGroup
	loops.Go(func() { w.every(ctx, "receipts could not be issued", w.issue) })
	if w.Sender != nil {
		loops.Go(func() { w.every(ctx, "mail could not be sent", w.send) })
	}
	loops.Wait()
}

func (w *Worker) every(ctx context.Context, trouble string, do func(context.Context) error) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		// Books that wait for their schema are no trouble of the mail's.
		if err := unbroken(ctx, do); err != nil && ctx.Err() == nil && !errors.Is(err, models.ErrBooksClosed) {
			w.Log.Warn(trouble, "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// unbroken does something, and makes an error of a panic.
func unbroken(ctx context.Context, do func(context.Context) error) (err error) {
	defer rescue(&err)
	return do(ctx)
}

// rescue is deferred where mails are made and sent: a mistake of ours in one
// must neither keep the others back nor end the service, which takes gifts.
// What was panicked with may hold anything, so only where it happened is told.
func rescue(err *error) {
	if broken := recover(); broken != nil {
		*err = fmt.Errorf("panic: %T\n%s", broken, debug.Stack())
	}
}

// Once issues and sends all that is due now.
func (w *Worker) Once(ctx context.Context) error {
	if err := w.issue(ctx); err != nil || w.Sender == nil {
		return err
	}
	return w.send(ctx)
}

func (w *Worker) issue(ctx context.Context) error {
	for {
		issued, err := w.Store.IssueReceipts(ctx, atOnce)
		if err != nil || issued == 0 {
			return err
		}
	}
}

func (w *Worker) send(ctx context.Context) error {
	for {
		claimed, err := w.Store.ClaimMail(ctx, atOnce, hold)
		if err != nil || len(claimed) == 0 {
			return err
		}
		if err := w.deliver(ctx, claimed); err != nil {
			return err
		}
	}
}

// deliver composes a batch, sends it, and tells the books of each.
func (w *Worker) deliver(ctx context.Context, claimed []models.Mail) error {
	composing, cancel := context.WithTimeout(ctx, perComposing)
	defer cancel()
	var keys []string
	var messages []mail.Message
	for _, m := range claimed {
		message, err := w.message(composing, m)
		var why notSent
		switch {
		case err == nil:
			keys, messages = append(keys, m.Key), append(messages, message)
			continue
		case composing.Err() != nil:
			return composing.Err() // the claims run out by themselves
		case errors.As(err, &why):
			err = w.Store.DropMail(ctx, m.Key, string(why))
		default:
			w.Log.Warn("a mail could not be composed", "mail", m.Key, "kind", m.Kind, "error", err)
			err = w.Store.MailFailed(ctx, m.Key, "it could not be composed; the log says why")
		}
		if err != nil {
			return err
		}
	}
	return w.sendBatch(ctx, keys, messages)
}

// sendBatch sends messages over one connection, and keeps what came of each.
func (w *Worker) sendBatch(ctx context.Context, keys []string, messages []mail.Message) (err error) {
	if len(messages) == 0 {
		return nil
	}
	sending, cancel := context.WithTimeout(ctx, perBatch)
	defer cancel()
	results := w.Sender.Send(sending, messages)
	// What was accepted is kept even if the service is about to stop.
	keeping := context.WithoutCancel(ctx)
	for i, failure := range results {
		switch {
		case failure == nil:
			err = errors.Join(err, w.Store.MailSent(keeping, keys[i]))
		case ctx.Err() != nil:
			// It was stopped, which is no fault of the mail's: its claim runs out.
		default:
			w.Log.Info("a mail was not accepted", "mail", keys[i], "error", failure)
			err = errors.Join(err, w.Store.MailFailed(keeping, keys[i], failure.Error()))
		}
	}
	return err
}

// message is a claimed mail as it is sent now. It returns notSent, with the
// reason, if it is not to be sent any more.
func (w *Worker) message(ctx context.Context, m models.Mail) (_ mail.Message, err error) {
	defer rescue(&err)
	if m.To == "" {
		return mail.Message{}, notSent("no e-mail address is known")
	}
	letter, err := w.compose(ctx, m)
	if err != nil {
		return mail.Message{}, err
	}
	html, err := letter.HTML()
	if err != nil {
		return mail.Message{}, fmt.Errorf("draw the %s: %w", m.Kind, err)
	}
	o := w.Campaign.Organisation
	return mail.Message{
		ID: w.messageID(m.Key), From: w.From, ReplyTo: mail.Address{Name: o.Name, Email: o.Help}, To: mail.Address{Email: m.To},
		Subject: letter.Subject, Text: letter.Text(), HTML: html, Auto: true,
	}, nil
}

// messageID is the same whenever the same row is sent, and tells nothing of it.
func (w *Worker) messageID(key string) string {
	sum := sha256.Sum256([]byte(key))
	host := w.BaseURL.Hostname()
	if strings.Contains(host, ":") { // an IPv6 address is a literal (RFC 5322 §3.6.4)
		host = "[" + host + "]"
	}
	return "<" + hex.EncodeToString(sum[:16]) + "@" + host + ">"
}

// notSent says why a mail is not to be sent any more.
type notSent string

func (n notSent) Error() string { return "not sent: " + string(n) }
