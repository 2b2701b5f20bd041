package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/mailtest"
	"github.com/corruptionproject/appeal/models"
)

// atServer has the office send by SMTP to a server that a test commands.
func (o *office) atServer() *mailtest.Server {
	o.t.Helper()
	server := mailtest.New(o.t, mailtest.Options{})
	o.Sender = mail.NewSMTP(server.Config())
	return server
}

// readBack reads mails as a mail program does.
func readBack(t testing.TB, mails []mailtest.Received) []mail.Captured {
	t.Helper()
	var all []mail.Captured
	for _, m := range mails {
		all = append(all, must(mail.Parse(m.Raw))(t))
	}
	return all
}

// header is a mail's only header of a name.
func header(t testing.TB, m mail.Captured, name string) string {
	t.Helper()
	var found []string
	for _, field := range m.Header {
		if strings.EqualFold(field.Name, name) {
			found = append(found, field.Value)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d headers are called %s", len(found), name)
	}
	return found[0]
}

// numberIn is the number of the receipt that a mail is.
func numberIn(t testing.TB, m mail.Captured) string {
	t.Helper()
	return after(t, m, "Receipt number: No. ")
}

// referenceIn is the reference of the gift that a mail is about.
func referenceIn(t testing.TB, m mail.Captured) string { t.Helper(); return after(t, m, "Reference: ") }

func after(t testing.TB, m mail.Captured, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(m.Text, name)
	if !found {
		t.Fatalf("no %q stands in\n%s", name, m.Text)
	}
	value, _, _ := strings.Cut(strings.ReplaceAll(rest, "\r", ""), "\n")
	return value
}

func TestAReceiptGoesToTheDonorAndRepliesGoToTheNewsroom(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o *office) {
		server := o.atServer()
		o.give("ch_1", "reader@example.org")
		o.once()
		o.once()
		sent := server.Mails()
		if len(sent) != 1 || sent[0].To != "reader@example.org" {
			t.Fatalf("%d mails: %+v", len(sent), sent)
		}
		m := readBack(t, sent)[0]
		if m.Subject != "Receipt for your $50.00 gift to Mother Jones" || !strings.Contains(m.From, "giving@example.org") || !strings.Contains(m.ReplyTo, o.Campaign.Organisation.Help) {
			t.Errorf("from %s, replies to %s: %s", m.From, m.ReplyTo, m.Subject)
		}
		for _, part := range []string{m.Text, m.HTML} {
			for _, says := range []string{"$50.00", "provided no goods or services in exchange for this contribution."} {
				if !strings.Contains(part, says) {
					t.Errorf("%q does not stand in\n%s", says, part)
				}
			}
		}
		id, ok := o.Links.OpenReceipt(link(t, mail.Message{Text: m.Text}, "https://give.example.org/receipts/"), o.clock.Now())
		if d, err := o.Store.FindReceipt(t.Context(), id); !ok || err != nil || d.Receipt.Number != 1 {
			t.Errorf("its link opens %s: %+v, %v", id, d.Receipt, err)
		}
		o.sound()
	})
}

func TestWithoutAMailServerReceiptsAreIssuedAndTheirMailWaits(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o *office) {
		o.Sender = nil
		d := o.give("ch_1", "reader@example.org")
		o.once()
		if receipts := must(o.Store.ReceiptsOf(t.Context(), d.ID))(t); len(receipts) != 1 {
			t.Errorf("there are %d receipts", len(receipts))
		}
		if diff := cmp.Diff(map[models.MailState]int64{models.MailIsQueued: 1}, o.states()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAMailWhoseAcceptanceIsUnknownComesAgainAsTheSame(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o *office) {
		server := o.atServer()
		server.Next(mailtest.CutAfterData)
		o.give("ch_1", "reader@example.org")
		o.once()
		if diff := cmp.Diff(map[models.MailState]int64{models.MailIsQueued: 1}, o.states()); diff != "" {
			t.Fatal(diff)
		}
		o.clock.Advance(time.Minute)
		o.once()
		mails := readBack(t, server.Mails())
		if len(mails) != 2 {
			t.Fatalf("it came %d times", len(mails))
		}
		if a, b := header(t, mails[0], "Message-ID"), header(t, mails[1], "Message-ID"); a != b || numberIn(t, mails[0]) != numberIn(t, mails[1]) {
			t.Errorf("once it is %s, then %s", a, b)
		}
		o.sound()
	})
}

func TestAfterThreeDaysOfRefusalAMailIsShownToStaffAndCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o *office) {
		server := o.atServer()
		server.Set(mailtest.Reject)
		o.give("ch_1", "reader@example.org")
		tries := 0
		for waited := time.Duration(0); o.states()[models.MailIsFailed] == 0; waited += 2 * time.Hour {
			if waited > 80*time.Hour {
				t.Fatalf("after %s it is %v", waited, o.states())
			}
			o.once()
			o.clock.Advance(2 * time.Hour)
			tries++
		}
		if tries < 36 {
			t.Errorf("it was given up after %d tries", tries)
		}
		failed := must(o.Store.ListMail(t.Context(), models.MailIsFailed, 10))(t)
		if len(failed) != 1 || failed[0].Problem == "" || strings.Contains(failed[0].Problem, "reader") || strings.Contains(failed[0].Problem, "\n") {
			t.Fatalf("staff are shown %+v", failed)
		}
		server.Set(mailtest.OK)
		o.once()
		if len(server.Mails()) != 0 {
			t.Error("what was given up is sent by itself")
		}
		if err := o.Store.RetryMail(t.Context(), models.Operator, failed[0].Key); err != nil {
			t.Fatal(err)
		}
		o.once()
		if len(server.Mails()) != 1 || o.states()[models.MailIsSent] != 1 {
			t.Errorf("%d mails came, %v", len(server.Mails()), o.states())
		}
		o.sound()
	})
}

func TestOneMailThatIsRefusedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o *office) {
		o.relay.set(func(m mail.Message) error {
			if m.To.Email == "gone@example.org" {
				return errors.New("550 5.1.1 <gone@example.org> unknown here")
			}
			return nil
		})
		o.give("ch_0", "gone@example.org")
		for i := range 3 {
			o.give(fmt.Sprintf("ch_%d", i+1), fmt.Sprintf("reader-%d@example.org", i))
		}
		o.once()
		if diff := cmp.Diff(map[models.MailState]int64{models.MailIsQueued: 1, models.MailIsSent: 3}, o.states()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAServerThatHangsKeepsNoGiftAndNoReceiptWaiting(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o *office) {
		server := o.atServer()
		server.Set(mailtest.Tarpit)
		o.give("ch_1", "reader@example.org")
		if err := o.issue(t.Context()); err != nil {
			t.Fatal(err)
		}
		sent := make(chan error, 1)
		go func() { sent <- o.send(t.Context()) }()
		<-server.Waiting() // it hangs, and will until it is released
		later := o.give("ch_2", "another@example.org")
		if err := o.issue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if receipts := must(o.Store.ReceiptsOf(t.Context(), later.ID))(t); len(receipts) != 1 {
			t.Errorf("while it hangs %d receipts are issued", len(receipts))
		}
		server.Release()
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		if len(server.Mails()) != 2 {
			t.Errorf("%d mails came", len(server.Mails()))
		}
		o.sound()
	})
}

func TestWhatIsOvertakenOrDeadIsNotSent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o *office) {
		sender := o.Sender
		o.Sender = nil
		gift := o.give("ch_1", "reader@example.org")
		o.once() // the receipt is issued, and its mail waits
		o.book(refunded(gift, "re_1", "ch_1", 5000))
		for _, ask := range []func(context.Context, string) error{o.Store.RequestNewsletter, o.Store.RequestManageLink} {
			for _, email := range []string{"reader@example.org", "stranger@example.org"} {
				if err := ask(t.Context(), email); err != nil {
					t.Fatal(err)
				}
			}
		}
		o.clock.Advance(7 * 24 * time.Hour) // both kinds of link have run out
		o.Sender = sender
		o.once()
		sent := o.relay.mails()
		if len(sent) != 1 || !strings.Contains(sent[0].Text, "Void: this contribution was refunded") || !strings.Contains(sent[0].Text, "No. 000001") {
			t.Fatalf("%d mails are sent: %+v", len(sent), sent)
		}
		why := map[models.MailKind][]string{}
		for _, m := range must(o.Store.ListMail(t.Context(), models.MailIsDropped, 10))(t) {
			why[m.Kind] = append(why[m.Kind], m.Problem)
		}
		for _, problems := range why {
			slices.Sort(problems)
		}
		want := map[models.MailKind][]string{
			models.MailReceipt:           {"a newer document replaces it"},
			models.MailConfirmNewsletter: {"its link is good no longer", "its link is good no longer"},
			models.MailManageLink:        {"its link is good no longer", "no e-mail address is known"},
		}
		if diff := cmp.Diff(want, why); diff != "" {
			t.Errorf("dropped (−want +got):\n%s", diff)
		}
		o.sound()
	})
}

func TestAServiceThatStopsAmidABatchLosesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o *office) {
		stopping, stop := context.WithCancel(t.Context())
		taken := 0
		o.relay.set(func(mail.Message) error {
			if taken++; taken > 2 {
				stop()
				return stopping.Err()
			}
			return nil
		})
		for i := range 5 {
			o.give(fmt.Sprintf("ch_%d", i), fmt.Sprintf("reader-%d@example.org", i))
		}
		if err := o.Once(stopping); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[models.MailState]int64{models.MailIsQueued: 3, models.MailIsSent: 2}, o.states()); diff != "" {
			t.Fatal(diff)
		}
		o.relay.set(nil)
		o.clock.Advance(hold)
		o.once()
		times := map[string]int{}
		for _, m := range o.relay.mails() {
			times[m.ID]++
		}
		if len(o.relay.mails()) != 5 || len(times) != 5 {
			t.Errorf("5 mails came so often: %v", times)
		}
		o.sound()
	})
}

func TestAMistakeInMakingAMailNeitherEndsTheServiceNorLosesIt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o *office) {
		address := o.BaseURL
		o.BaseURL = nil // each letter fails on it
		o.give("ch_1", "reader@example.org")
		o.once()
		waiting := must(o.Store.ListMail(t.Context(), models.MailIsQueued, 10))(t)
		if len(waiting) != 1 || waiting[0].Problem != "it could not be composed; the log says why" {
			t.Fatalf("waiting are %+v", waiting)
		}
		o.BaseURL = address
		o.clock.Advance(time.Minute)
		o.relay.set(func(mail.Message) error { panic("a sender's mistake") })
		if err := unbroken(t.Context(), o.send); err == nil || strings.Contains(err.Error(), "a sender's mistake") {
			t.Errorf("the sender's mistake is told as %v", err)
		}
		o.relay.set(nil)
		o.clock.Advance(hold)
		o.once()
		if sent := o.relay.mails(); len(sent) != 1 {
			t.Errorf("in the end %d mails were sent", len(sent))
		}
		o.sound()
	})
}
