//go:build !race

package finance_test

import (
	"context"
	"html"
	"log/slog"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/campaign"
	"github.com/corruptionproject/appeal/internal/links"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/outbox"
	"github.com/corruptionproject/appeal/internal/storetest"
	"github.com/corruptionproject/appeal/models"
)

// box keeps what is sent to one address.
type box struct {
	address string
	got     []mail.Message
}

func (b *box) Send(_ context.Context, messages []mail.Message) []error {
	for _, m := range messages {
		if m.To.Email == b.address {
			b.got = append(b.got, m)
		}
	}
	return make([]error, len(messages))
}

func (b *box) Check(context.Context) error { return nil }

var (
	mailed = regexp.MustCompile(`(?m)^(.+): −?(\$?[\d,.]+)$`)
	lead   = regexp.MustCompile(`https://give\.example\.org(/finance\S*)`)
	summed = regexp.MustCompile(`<dt>([^<]+)</dt><dd[^>]*><a [^>]*>−?([^<]*)</a></dd>`)
	listed = regexp.MustCompile(`(?s)<tr><th scope="row"><a [^>]*>([^<]*)</a></th>.*?([^<>]*)(?:</a>)?</td></tr>`)
)

// Whoever follows the links of the week's mail reads there what it says.
func TestTheWeeksMailSaysWhatItsPagesSay(t *testing.T) {
	t.Parallel()
	c, err := campaign.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	c.Notices.Weekly = []string{"desk@example.org"}
	for name, address := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const before = 28 * 24 * time.Hour // the books are older than what happens
			clock := &storetest.Clock{}
			clock.Advance(-before)
			h := openOn(t, storetest.OpenWith(t, models.Options{URL: address(t), Slug: c.Slug, Now: clock.Now, Zone: c.Zone, Notices: c.Notices}), clock, "")
			clock.Advance(before)
			h.fates()
			desk := &box{address: "desk@example.org"}
			worker := &outbox.Worker{
				Store: h.store, Sender: desk, Campaign: c, Links: links.New(make([]byte, 32)), BaseURL: &url.URL{Scheme: "https", Host: "give.example.org"},
				From: mail.Address{Email: "giving@example.org"}, Log: slog.New(slog.DiscardHandler),
			}
			who := h.add("finance@example.org", models.Finance)
			for _, monday := range []string{"2026-11-16", "2026-11-23"} { // of which the week is told
				clock.Advance(h.at(t, monday).AddDate(0, 0, 7).Add(8 * time.Hour).Sub(clock.Now()))
				week, ok := c.WeekTold(clock.Now())
				if err := h.store.QueueWeekly(t.Context(), week); err != nil || !ok {
					t.Fatal(ok, err)
				}
				desk.got = nil
				if err := worker.Once(t.Context()); err != nil || len(desk.got) != 1 {
					t.Fatalf("%d mails came: %v", len(desk.got), err)
				}
				text := desk.got[0].Text
				says := map[string]string{}
				for _, row := range mailed.FindAllStringSubmatch(text, -1) {
					says[row[1]] = row[2]
				}
				to := lead.FindAllStringSubmatch(text, -1)
				if len(to) != 2 || !strings.Contains(to[0][1], "from="+monday) {
					t.Fatalf("it leads to %v", to)
				}
				finance, pages := h.as(who), map[string]string{} // another week, another session
				for _, f := range summed.FindAllStringSubmatch(finance.get(to[0][1]).body, -1) {
					pages[f[1]] = f[2]
				}
				for _, row := range listed.FindAllStringSubmatch(finance.get(to[1][1]).body, -1) {
					pages[html.UnescapeString(row[1])] = row[2]
				}
				delete(says, "Monthly gifts begun")
				delete(says, "Yearly gifts begun")
				maps.DeleteFunc(pages, func(name, _ string) bool { return says[name] == "" })
				if diff := cmp.Diff(says, pages); diff != "" || len(says) < 5 || says["Raised"] == "$0.00" {
					t.Errorf("%s (−the mail +its pages):\n%s\n%s", monday, diff, text)
				}
			}
		})
	}
}

// at is the first moment of a day in the campaign's zone.
func (h *house) at(t *testing.T, day string) time.Time {
	t.Helper()
	on, err := time.ParseInLocation(time.DateOnly, day, h.zone)
	if err != nil {
		t.Fatal(err)
	}
	return on
}
