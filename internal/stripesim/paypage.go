package stripesim

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"strings"
)

//go:embed paypage.css
var payCSS []byte

//go:embed paypage.html
var payHTML string

var payPages = template.Must(template.New("pay").Parse(payHTML))

// payView is what the payment page shows.
type payView struct {
	Title     string
	Session   string
	Short     string // the session's id, without its middle
	Amount    string
	Lines     []payLine
	Email     string
	Name      string
	Address   []addressField // none where the page asks for none
	Chosen    string
	Outcomes  []outcome
	Problems  []problem
	CancelURL string
	State     string // open, authenticate, complete, expired, missing
	Back      string
}

type payLine struct{ Name, Amount string }

// problem is one line of the summary of what went wrong; Field is the id of the input it is about, or empty.
type problem struct{ Field, Text string }

func (s *Simulator) payRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /pay.css", s.serveCSS(payCSS))
	mux.HandleFunc("GET /pay/{id}", s.showPay)
	mux.HandleFunc("POST /pay/{id}", s.postPay)
	mux.HandleFunc("GET /pay/{id}/authenticate", s.showAuthenticate)
	mux.HandleFunc("POST /pay/{id}/authenticate", s.postAuthenticate)
	mux.HandleFunc("GET /portal/{id}", s.showPortal)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.page(w, http.StatusNotFound, payView{State: "missing", Title: "There is no page here"})
	})
}

func (s *Simulator) serveCSS(sheet []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-cache")
		if _, err := w.Write(sheet); err != nil {
			s.cfg.Log.Debug("the client went away", "error", err)
		}
	}
}

func (s *Simulator) page(w http.ResponseWriter, status int, v payView) {
	// Chromium applies form-action to the redirect after a form post, which leads to the product's own origin.
	s.draw(w, status, payPages, v, "'self' http: https:")
}

// draw answers with a page whose forms may lead to the places named.
func (s *Simulator) draw(w http.ResponseWriter, status int, pages *template.Template, v any, forms string) {
	var b bytes.Buffer
	if err := pages.Execute(&b, v); err != nil {
		s.cfg.Log.Error("a page can't be drawn", "error", err)
		http.Error(w, "The simulator failed.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action "+forms+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := w.Write(b.Bytes()); err != nil {
		s.cfg.Log.Debug("the client went away", "error", err)
	}
}

// showPay draws a session as it stands: to be paid, with what the last try came to, or over.
func (s *Simulator) showPay(w http.ResponseWriter, r *http.Request) {
	s.drawPay(w, r, http.StatusOK, nil)
}

// drawPay draws the page; edit, when given, changes the view of an open session.
func (s *Simulator) drawPay(w http.ResponseWriter, r *http.Request, status int, edit func(*payView)) {
	var v payView
	var pi paymentIntent
	err := s.do(r.Context(), func(t *tx) error {
		cs, hidden, err := t.findSession(r.PathValue("id"))
		if err != nil {
			return err
		}
		if id := hidden.intentOf(cs); id != "" {
			if err := t.load(intentKind, id, &pi, nil); err != nil {
				return err
			}
		}
		if cs.Status == "open" && t.now.Unix() >= cs.ExpiresAt {
			cs.Status = "expired"
		}
		v = viewOf(cs, hidden)
		return nil
	})
	if err != nil {
		s.payFailed(w, err)
		return
	}
	if v.State == "open" && pi.LastPaymentError != nil {
		v.Problems = []problem{{Text: pi.LastPaymentError.Message + " Nothing was charged; try again or leave."}}
	}
	if v.State == "open" && edit != nil {
		edit(&v)
	}
	s.page(w, status, v)
}

func viewOf(cs session, hidden sessionHidden) payView {
	v := payView{
		Session: cs.ID, Short: cs.ID[:min(16, len(cs.ID))] + "…", Amount: display(cs.AmountTotal, cs.Currency), State: cs.Status, Outcomes: outcomesOf(cs),
		Chosen: outcomes[0].Value, Email: "reader@example.org", Name: "Sample Donor",
	}
	if cs.Mode == subscriptionMode {
		v.Amount += " every " + hidden.Items[0].Price.Recurring.Interval
	}
	v.Title = "Pretend to pay " + v.Amount
	for _, item := range hidden.Items {
		v.Lines = append(v.Lines, payLine{item.Description, display(item.AmountTotal, item.Currency)})
	}
	if cs.CustomerEmail != nil {
		v.Email = *cs.CustomerEmail
	}
	if hidden.Email != "" {
		v.Email, v.Name = hidden.Email, hidden.Name
	}
	if cs.asksAddress() {
		v.Address = addressFields()
	}
	if cs.CancelURL != nil {
		v.CancelURL = *cs.CancelURL
	}
	switch cs.Status {
	case "complete":
		v.Title, v.Back = "This pretend payment is complete", successURL(cs)
	case "expired":
		v.Title, v.Back = "This checkout has expired", v.CancelURL
	}
	return v
}

func successURL(cs session) string {
	return strings.ReplaceAll(cs.SuccessURL, sessionPlaceholder, cs.ID)
}

// postPay does what the donor chose and sends them on: to the product, to the bank's page, or back here.
func (s *Simulator) postPay(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	who := payer{Email: strings.TrimSpace(r.PostFormValue("email")), Name: strings.TrimSpace(r.PostFormValue("name"))}
	value := r.PostFormValue("outcome")
	var problems []problem
	if !isEmail(who.Email) {
		problems = append(problems, problem{"email", "Enter an email address, such as reader@example.org."})
	}
	o, ok := outcomeOf(value)
	if !ok {
		problems = append(problems, problem{"outcome-" + outcomes[0].Value, "Choose what should happen."})
	}
	home, fields, unsaid := readAddress(r)
	var cs session
	var wrong bool
	err := s.do(r.Context(), func(t *tx) (err error) {
		if cs, _, err = t.findSession(r.PathValue("id")); err != nil {
			return err
		}
		if cs.asksAddress() {
			who.Address, problems = home, append(problems, unsaid...)
		}
		if wrong = len(problems) > 0; wrong {
			return nil
		}
		cs, err = t.submit(cs.ID, who, o)
		return err
	})
	if wrong {
		s.drawPay(w, r, http.StatusUnprocessableEntity, func(v *payView) {
			v.Email, v.Name, v.Chosen, v.Problems = who.Email, who.Name, value, problems
			if v.Address != nil {
				v.Address = fields
			}
		})
		return
	}
	next := "/pay/" + cs.ID
	if o.Value == "authenticate" {
		next += "/authenticate"
	}
	s.onward(w, r, cs, next, err)
}

// showAuthenticate draws the page the donor's bank would show.
func (s *Simulator) showAuthenticate(w http.ResponseWriter, r *http.Request) {
	var v payView
	err := s.do(r.Context(), func(t *tx) error {
		cs, hidden, pi, err := t.openSession(r.PathValue("id"))
		if err != nil {
			return err
		}
		if pi.Status != "requires_action" {
			return errNoQuestion
		}
		v = viewOf(cs, hidden)
		v.State, v.Title = "authenticate", "Pretend to be the bank"
		return nil
	})
	switch {
	case errors.Is(err, errNotOpen), errors.Is(err, errNoQuestion):
		http.Redirect(w, r, "/pay/"+r.PathValue("id"), http.StatusSeeOther) //nolint:gosec // it begins with /pay/, so it stays here
	case err != nil:
		s.payFailed(w, err)
	default:
		s.page(w, http.StatusOK, v)
	}
}

func (s *Simulator) postAuthenticate(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	verdict := r.PostFormValue("verdict")
	if verdict != "approve" && verdict != "refuse" {
		http.Redirect(w, r, "/pay/"+r.PathValue("id")+"/authenticate", http.StatusSeeOther) //nolint:gosec // likewise
		return
	}
	var cs session
	err := s.do(r.Context(), func(t *tx) (err error) {
		cs, err = t.authenticate(r.PathValue("id"), verdict == "approve")
		return err
	})
	s.onward(w, r, cs, "/pay/"+cs.ID, err)
}

// onward redirects after a post: a complete session to the product, an open one to next, others to their page.
func (s *Simulator) onward(w http.ResponseWriter, r *http.Request, cs session, next string, err error) {
	switch {
	case errors.Is(err, errNotOpen), errors.Is(err, errNoQuestion), errors.Is(err, errNotOffered):
		http.Redirect(w, r, "/pay/"+cs.ID, http.StatusSeeOther)
	case err != nil:
		s.payFailed(w, err)
	case cs.Status == "complete":
		http.Redirect(w, r, successURL(cs), http.StatusSeeOther)
	default:
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

// payFailed shows that there is no such session, or that the simulator itself failed.
func (s *Simulator) payFailed(w http.ResponseWriter, err error) {
	e := s.asAPI(err)
	v := payView{State: "missing", Title: "The simulator failed"}
	if e.Status == http.StatusNotFound {
		v.Title = "There is no such checkout"
	}
	s.page(w, e.Status, v)
}
