package outbox

import (
	"strings"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/models"
)

func TestTheMorningsMailSaysWhatWaitsWhenItIsSentAndNamesNobody(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o *office) {
		d := o.give("ch_1", "reader@example.org")
		o.once()
		before := len(o.relay.mails())
		o.employ("ada@example.org", models.Finance)
		o.employ("viewer@example.org", models.Viewer)
		o.clock.Advance(24 * time.Hour)
		o.poison("evt_1")
		o.tellMorning()
		o.disputed(d, "dp_1", "ch_1", 48*time.Hour) // after it was queued
		o.once()
		sent := o.relay.mails()[before:]
		if len(sent) != 1 || sent[0].To.Email != "ada@example.org" || !strings.HasPrefix(sent[0].Subject, "2 things wait for a person") {
			t.Fatalf("sent are %+v", sent)
		}
		for _, text := range []string{sent[0].Text, sent[0].HTML} {
			for _, says := range []string{"Dispute of " + d.Reference, "$50.00, respond by November 27, 2026, 2 days left", "Events that are not booked", "https://give.example.org/finance/events"} {
				if !strings.Contains(text, says) {
					t.Errorf("it does not say %q:\n%s", says, text)
				}
			}
			for _, hides := range []string{"reader@", "Jordan", "dp_1"} {
				if strings.Contains(text, hides) {
					t.Errorf("it says %q:\n%s", hides, text)
				}
			}
		}
		o.tellMorning()
		o.once()
		if got := len(o.relay.mails()) - before; got != 1 {
			t.Errorf("%d are sent in one morning", got)
		}
	})
}

func TestTheMorningsMailIsDroppedOnceItSaysNothingToAnybody(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(*office){
		"nothing waits any more": func(o *office) {
			if err := o.Store.Resolve(o.t.Context(), "ada@example.org", "", "evt_1", "", "It was nothing."); err != nil {
				o.t.Fatal(err)
			}
		},
		"its morning is over": func(o *office) { o.clock.Advance(24 * time.Hour) },
		"this address is told no longer": func(o *office) {
			if err := o.Store.DisableStaff(o.t.Context(), models.Operator, "ada@example.org"); err != nil {
				o.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newDesk(t, 500000)
			o.employ("ada@example.org", models.Finance)
			o.clock.Advance(24 * time.Hour)
			o.poison("evt_1")
			o.tellMorning()
			happens(o)
			o.once()
			dropped, err := o.Store.ListMail(t.Context(), models.MailIsDropped, 10)
			if err != nil || len(dropped) != 1 || dropped[0].Problem != name || len(o.relay.mails()) > 0 {
				t.Errorf("dropped are %+v, %v; sent %+v", dropped, err, o.relay.mails())
			}
		})
	}
}
