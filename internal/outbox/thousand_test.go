//go:build !race

package outbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/mailtest"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

func TestAThousandReceiptsOutliveAServerThatRefusesThem(t *testing.T) {
	t.Parallel()
	const gifts = 1000
	clock := &storetest.Clock{}
	o := newOffice(t, storetest.Open(t, storetest.InMemory(t), clock), clock)
	server := o.atServer()
	to := map[string]string{}
	for i := range gifts {
		email := fmt.Sprintf("reader-%d@example.org", i)
		to[email] = o.give(fmt.Sprintf("ch_%d", i), email).Reference
	}
	for _, mode := range []mailtest.Mode{mailtest.Refuse, mailtest.Busy} {
		server.Set(mode)
		o.once()
		o.clock.Advance(2 * time.Hour)
	}
	if len(server.Mails()) != 0 {
		t.Fatalf("%d mails came from a server that refuses all", len(server.Mails()))
	}
	server.Set(mailtest.OK)
	o.once()
	if diff := cmp.Diff(map[models.MailState]int64{models.MailIsSent: gifts}, o.states()); diff != "" {
		t.Error(diff)
	}
	numbers, ids := map[string]bool{}, map[string]bool{}
	received := server.Mails()
	for i, m := range readBack(t, received) {
		numbers[numberIn(t, m)], ids[header(t, m, "Message-ID")] = true, true
		if reference := referenceIn(t, m); to[received[i].To] != reference {
			t.Errorf("%s is sent the receipt of %s", received[i].To, reference)
		}
		delete(to, received[i].To)
	}
	if len(received) != gifts || len(to) != 0 || len(numbers) != gifts || len(ids) != gifts || !numbers["000001"] || !numbers["001000"] {
		t.Errorf("%d mails came, %d donors had none, with %d numbers and %d ids", len(received), len(to), len(numbers), len(ids))
	}
	o.sound()
}
