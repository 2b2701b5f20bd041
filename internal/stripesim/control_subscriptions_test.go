package stripesim

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestTheControlPageHasSubscriptions(t *testing.T) {
	for _, c := range []struct {
		name  string
		press []string
		want  string // on the page afterwards
		not   string // no longer offered there
	}{
		{"that renew", []string{"renew"}, "The subscription renewed.", "Open invoice is paid"},
		{"that renew as a draft first", []string{"begin"}, "draft invoice", "Open invoice is paid"},
		{"that fail to", []string{"fail", "fail"}, "open invoice, tried 2 times", ">Pause<"},
		{"that recover", []string{"fail", "recover"}, "The open invoice was paid.", "tried"},
		{"that wait for the bank", []string{"ask"}, "past due", ">Pause<"},
		{"that end for want of money", []string{"exhaust"}, "the subscription is canceled", "Cancel now"},
		{"that stay unpaid", []string{"exhaust-unpaid"}, "unpaid", ">Pause<"},
		{"that cost nothing for once", []string{"nothing"}, "a credit paid for it", "tried"},
		{"that are paid elsewhere", []string{"elsewhere"}, "paid by other means", "tried"},
		{"whose invoice is voided", []string{"fail", "void"}, "The invoice was voided.", "tried"},
		{"whose invoice is given up", []string{"fail", "write-off"}, "uncollectible", "tried"},
		{"of another amount", []string{"amount"}, "$20.75 every month", "$15.75 every month"},
		{"that pause", []string{"pause"}, ">Resume<", "Renew now"},
		{"that go on", []string{"pause", "resume"}, "Renew now", ">Resume<"},
		{"that end with their period", []string{"end"}, "ends with its period", "End with the period"},
		{"that do not after all", []string{"end", "keep"}, "End with the period", "ends with its period"},
		{"that are canceled", []string{"cancel"}, "The subscription is canceled.", "Cancel now"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			id := w.subscribe()
			var page string
			for _, name := range c.press {
				w.pass(time.Second)
				page = w.press("/subscriptions/"+id+"/"+name, url.Values{"amount": {"20"}})
			}
			_, subscriptions, _ := strings.Cut(page, `id="subscriptions"`)
			if !strings.Contains(page, c.want) || strings.Contains(subscriptions, c.not) {
				t.Errorf("seed %d: the page lacks %q or has %q: %s", testSeed, c.want, c.not, subscriptions)
			}
		})
	}
	t.Run("of other products", func(t *testing.T) {
		w := newWorld(t, nil)
		if page := w.press("/account/foreign-subscription", nil); !strings.Contains(page, "$7.00 every month") {
			t.Errorf("seed %d: %s", testSeed, page)
		}
	})
}
