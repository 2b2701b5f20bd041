package outbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corruptionproject/appeal/internal/hostile"
	"github.com/corruptionproject/appeal/internal/mail"
	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// weekOf has things happen in the next whole week, from its Tuesday on, sends
// what comes of them, and comes to the Monday after, when the week is told.
func (o *office) weekOf(happens func()) {
	o.t.Helper()
	here := o.clock.Now().In(o.Campaign.Zone)
	monday := models.CivilDay(here).AddDate(0, 0, 7-int(here.Weekday()+6)%7)
	at := func(day, hour int) time.Duration {
		return time.Date(monday.Year(), monday.Month(), monday.Day()+day, hour, 0, 0, 0, o.Campaign.Zone).Sub(o.clock.Now())
	}
	o.clock.Advance(at(1, 12))
	happens()
	o.once()
	o.clock.Advance(at(7, 8))
	o.tellWeek()
}

func (o *office) tellWeek() {
	o.t.Helper()
	week, ok := o.Campaign.WeekTold(o.Store.Now())
	if !ok {
		o.t.Fatalf("no week is told at %v", o.Store.Now())
	}
	if err := o.Store.QueueWeekly(o.t.Context(), week); err != nil {
		o.t.Fatal(err)
	}
}

// givenNow has a gift out of an article made and paid now.
func (o *office) givenNow(charge, src string, f models.Frequency, amount money.Minor) models.Donation {
	o.t.Helper()
	d := o.start(models.Choices{Frequency: f, Amount: amount, Tribute: models.NoTribute, Src: src})
	fact := charged(d, charge, "Jordan Sample", charge+"@example.org")
	fact.At = o.clock.Now()
	o.book(fact)
	return d
}

// aWeek is one of thirteen articles, a gift out of none, and a refund.
func (o *office) aWeek() {
	for i := range 13 {
		f := models.Once
		if i%5 == 2 {
			f = models.Monthly
		}
		o.givenNow(fmt.Sprintf("ch_%d", i), fmt.Sprintf("article-%02d", i), f, money.Minor(1400-100*i)*100)
	}
	d := o.givenNow("ch_none", "", models.Once, 50_00)
	back := refunded(d, "re_1", "ch_none", 12_50)
	back.At = o.clock.Now()
	o.book(back)
}

// aWeekOfRefunds is one in which more went back than came in.
func (o *office) aWeekOfRefunds() {
	o.givenNow("ch_late", "article-00", models.Once, 50_00)
	page, err := o.Store.ListGifts(o.t.Context(), models.GiftQuery{}, 3)
	if err != nil {
		o.t.Fatal(err)
	}
	for i, g := range page.Gifts {
		back := refunded(g.Donation, fmt.Sprintf("re_late_%d", i), "", 50_00)
		back.At = o.clock.Now()
		o.book(back)
	}
}

func TestTheWeeksMailIsDroppedOnceItIsForNobodyOrOfAWeekPast(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(*office){
		"its week is told no longer":     func(o *office) { o.clock.Advance(7 * 24 * time.Hour) },
		"this address is told no longer": func(o *office) { o.Campaign.Notices.Weekly = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newDesk(t, 500000)
			o.weekOf(func() {})
			happens(o)
			o.once()
			dropped, err := o.Store.ListMail(t.Context(), models.MailIsDropped, 10)
			if err != nil || len(dropped) != 1 || dropped[0].Problem != name || len(o.relay.mails()) > 0 {
				t.Errorf("dropped are %+v, %v; sent %+v", dropped, err, o.relay.mails())
			}
		})
	}
}

func TestNoWeeksMailSaysItIsTheLastWhereClocksAreSetBackBeforeTheNext(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	w := &Worker{}
	w.Campaign = models.Campaign{Zone: zone, Opens: time.Date(2026, 9, 1, 0, 0, 0, 0, zone), Deadline: time.Date(2027, 6, 1, 0, 0, 0, 0, zone)}
	if said := w.howLong(time.Date(2026, 10, 26, 7, 5, 0, 0, zone).UTC()); strings.Contains(said, "over") {
		t.Error(said)
	}
}

// Whatever link somebody made, its src is a name in a row; and of an address in
// one no more is told than viewers see.
func TestTheWeeksMailShowsArticlesAsTypedAndNamesNobody(t *testing.T) {
	t.Parallel()
	var harmless []string
	for i, p := range append([]hostile.Payload{{Name: "harmless", Text: "county-contracts"}, {Name: "an address", Text: "letter-to-ruth@example.org"}}, hostile.Payloads()...) {
		letter := mail.Letter{Heading: "A week", Blocks: []mail.Block{{Rows: ofArticles([]models.Article{{Name: "src/" + p.Text, DayFigures: models.DayFigures{Gross: 50_00}}})}}}
		page := must(letter.HTML())(t)
		for part, text := range map[string]string{"text": letter.Text(), "HTML": words(t, page)} {
			if !strings.Contains(seen(text), seen(models.MaskEmails(p.Text)+": $50.00")) {
				t.Errorf("%s: the %s doesn't show it as typed:\n%s", p.Name, part, text)
			}
			if strings.Contains(text, "ruth") {
				t.Errorf("the %s names somebody:\n%s", part, text)
			}
		}
		if i == 0 {
			harmless = shape(t, mail.Captured{HTML: page})
		}
		if diff := cmp.Diff(harmless, shape(t, mail.Captured{HTML: page})); diff != "" {
			t.Errorf("%s: it has another shape (−want +got):\n%s", p.Name, diff)
		}
	}
}
