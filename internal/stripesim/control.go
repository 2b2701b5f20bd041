package stripesim

import (
	"context"
	_ "embed"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// ControlPath is the page from which a person makes happen what banks, donors and time do to money after a payment.
const ControlPath = "/control"

const perPage = 20 // payments on a page

//go:embed control.css
var controlCSS []byte

//go:embed control.html
var controlHTML string

var controlPages = template.Must(template.New("control").Parse(controlHTML))

// controlView is what the control page shows.
type controlView struct {
	Notice   string
	Problem  string
	Balance  []balanceLine
	Payouts  []payoutLine
	Account  []button
	Payments []paymentLine
	// Subscriptions are the newest ones.
	Subscriptions []paymentLine
	After         string // the payment before this page's first, or empty
	Next          string // the last payment here, when there are more
}

type balanceLine struct{ Available, Pending string }

type payoutLine struct{ ID, Amount, Status, Arrival string }

type paymentLine struct {
	ID, Amount, When, Email string
	States                  []string
	Actions                 []button
}

// button is one action as a form.
type button struct {
	Path   string
	Label  string
	Amount bool
}

func (s *Simulator) controlRoutes(mux *http.ServeMux) {
	// A page of another site must not move pretend money either: it would confuse whoever tries things out.
	guard := func(h http.Handler) http.Handler { return s.underOwnName(http.NewCrossOriginProtection().Handler(h)) }
	mux.HandleFunc("GET /control.css", s.serveCSS(controlCSS))
	mux.Handle("GET "+ControlPath, guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.showControl(w, r, http.StatusOK, "") })))
	mux.Handle("POST "+ControlPath+"/account/{action}", guard(actionHandler(s, accountActions, (*tx).findAccount)))
	mux.Handle("POST "+ControlPath+"/payments/{id}/{action}", guard(actionHandler(s, paymentActions, (*tx).findPayment)))
	mux.Handle("POST "+ControlPath+"/subscriptions/{id}/{action}", guard(actionHandler(s, subscriptionActions, (*tx).findRepeated)))
}

// underOwnName answers only who asks for this machine or for the public address: to a name that somebody else's DNS points
// here, a page of theirs would be of the same site.
func (s *Simulator) underOwnName(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked := (&url.URL{Host: r.Host}).Hostname(); asked != "localhost" && !loopback(asked) && asked != s.host {
			http.Error(w, "not served under this name", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// action is something a person can make happen to a thing of type T. The page offers those that make sense in its state.
type action[T any] struct {
	name    string // in the form's address
	label   string // on the button
	done    string // in the notice afterwards
	amount  bool   // asks how much; empty means all
	offered func(T) bool
	run     func(ctx context.Context, s *Simulator, on T, amount int64) error
}

// buttons are the actions offered on a thing, whose forms post below base.
func buttons[T any](actions []action[T], on T, base string) (out []button) {
	for _, a := range actions {
		if a.offered(on) {
			out = append(out, button{base + "/" + a.name, a.label, a.amount})
		}
	}
	return out
}

// actionHandler does the action that the address names to the thing it names, and leads back with a notice.
func actionHandler[T interface{ currency() string }](s *Simulator, actions []action[T], find func(*tx, string) (T, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		for _, a := range actions {
			if a.name != r.PathValue("action") {
				continue
			}
			if err := perform(s, r, a, find); err != nil {
				e := s.asAPI(err)
				s.showControl(w, r, e.Status, e.Message)
				return
			}
			back := url.Values{"done": {a.done}}
			if after := r.PostFormValue("after"); after != "" {
				back.Set("after", after)
			}
			http.Redirect(w, r, ControlPath+"?"+back.Encode(), http.StatusSeeOther)
			return
		}
		s.showControl(w, r, http.StatusNotFound, "There is no such action.")
	})
}

func perform[T interface{ currency() string }](s *Simulator, r *http.Request, a action[T], find func(*tx, string) (T, error)) error {
	var on T
	err := s.do(r.Context(), func(t *tx) (err error) {
		on, err = find(t, r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	if !a.offered(on) {
		return invalid("", "", "That can't happen now: %s.", a.label)
	}
	var amount int64
	if a.amount {
		if amount, err = parseAmount(r.PostFormValue("amount"), on.currency()); err != nil {
			return err
		}
	}
	return a.run(r.Context(), s, on, amount)
}

// showControl draws the page, with a problem where something was refused.
func (s *Simulator) showControl(w http.ResponseWriter, r *http.Request, status int, problem string) {
	v := controlView{Problem: problem, After: r.FormValue("after")}
	if problem == "" {
		v.Notice = noticeOf(r.FormValue("done"))
	}
	err := s.do(r.Context(), func(t *tx) error { return t.fillControl(&v) })
	if err != nil {
		e := s.asAPI(err)
		status, v.Problem = e.Status, e.Message
	}
	s.draw(w, status, controlPages, v, "'self'")
}

// noticeOf accepts what an action says when it is done, and no words that somebody put into a link.
func noticeOf(said string) string {
	for _, a := range paymentActions {
		if a.done == said {
			return said
		}
	}
	for _, a := range accountActions {
		if a.done == said {
			return said
		}
	}
	for _, a := range subscriptionActions {
		if a.done == said {
			return said
		}
	}
	return ""
}

func (t *tx) fillControl(v *controlView) error {
	acc, err := t.findAccount("")
	if err != nil {
		return err
	}
	v.Account = buttons(accountActions, acc, ControlPath+"/account")
	for _, b := range acc.balance {
		v.Balance = append(v.Balance, balanceLine{signed(b.available, b.currency), signed(b.pending, b.currency)})
	}
	for _, p := range acc.payouts {
		v.Payouts = append(v.Payouts, payoutLine{p.ID, signed(p.Amount, p.Currency), words(p.Status), day(p.ArrivalDate)})
	}
	if v.Subscriptions, err = t.latestSubscriptions(perPage); err != nil {
		return err
	}
	payments, more, err := t.latestPayments(v.After, perPage)
	if err != nil {
		return err
	}
	for _, p := range payments {
		v.Payments = append(v.Payments, paymentLine{
			ID: p.ID, Amount: display(p.Amount, p.Currency), When: time.Unix(p.Created, 0).UTC().Format("2 Jan 2006, 15:04 UTC"),
			Email: p.BillingDetails.Email, States: p.states(), Actions: buttons(paymentActions, p, ControlPath+"/payments/"+p.ID),
		})
	}
	if more {
		v.Next = payments[len(payments)-1].ID
	}
	return nil
}

func day(at int64) string { return time.Unix(at, 0).UTC().Format("2 Jan 2006") }
