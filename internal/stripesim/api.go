package stripesim

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

const maxBody = 1 << 20

// call is one API request while it is answered, inside its transaction.
type call struct {
	*tx
	reqID  string // the Request-Id
	key    string // the Idempotency-Key, or empty
	path   string
	params *node
	req    *http.Request
}

// operation is one line of the API: what it is called, which parameters it takes, what it does.
type operation struct {
	pattern string // as http.ServeMux reads it
	params  []string
	do      func(*call) (any, error)
}

func (s *Simulator) operations() []operation {
	return []operation{
		{"POST /v1/checkout/sessions", sessionParams, createSession},
		{"GET /v1/checkout/sessions", listParams("payment_intent", "customer", "subscription", "status"), listSessions},
		{"GET /v1/checkout/sessions/{id}", nil, getOne(sessionKind)},
		{"GET /v1/checkout/sessions/{id}/line_items", listParams(), listLineItems},
		{"POST /v1/checkout/sessions/{id}/expire", nil, expireSession},
		{"GET /v1/payment_intents", listParams(), listAll(intentKind)},
		{"GET /v1/payment_intents/{id}", []string{"client_secret"}, getOne(intentKind)},
		{"POST /v1/payment_intents/{id}", wordParams, updateIntent},
		{"GET /v1/charges", listParams("payment_intent", "customer"), listCharges},
		{"GET /v1/charges/{id}", nil, getOne(chargeKind)},
		{"POST /v1/charges/{id}", wordParams, updateCharge},
		{"GET /v1/customers", listParams("email"), listCustomers},
		{"GET /v1/customers/{id}", nil, getOne(customerKind)},
		{"POST /v1/customers/{id}", customerParams, updateCustomer},
		{"DELETE /v1/customers/{id}", nil, deleteCustomer},
		{"GET /v1/payment_methods", listParams("customer", "type"), listMethods},
		{"GET /v1/payment_methods/{id}", nil, getOne(methodKind)},
		{"GET /v1/subscriptions", listParams("customer", "status", "price"), listSubscriptions},
		{"GET /v1/subscriptions/{id}", nil, getOne(subscriptionKind)},
		{"POST /v1/subscriptions/{id}", subscriptionParams, updateSubscription},
		{"DELETE /v1/subscriptions/{id}", cancelParams, cancelSubscription},
		{"GET /v1/subscription_items", []string{"subscription", "limit"}, listItems},
		{"GET /v1/subscription_items/{id}", nil, getItem},
		{"POST /v1/subscription_items/{id}", itemParams, updateItem},
		{"GET /v1/invoices", listParams("subscription", "customer", "status"), listInvoices},
		{"GET /v1/invoices/{id}", nil, getOne(invoiceKind)},
		{"GET /v1/invoices/{id}/lines", []string{"limit"}, listInvoiceLines},
		{"POST /v1/invoices/{id}/finalize", nil, finalizeInvoice},
		{"POST /v1/invoices/{id}/pay", []string{"paid_out_of_band"}, payInvoice},
		{"POST /v1/invoices/{id}/void", nil, closeInvoice("void")},
		{"POST /v1/invoices/{id}/mark_uncollectible", nil, closeInvoice("uncollectible")},
		{"POST /v1/prices", priceParams, createPrice},
		{"GET /v1/prices", listParams("product", "type", "currency", "active"), listPrices},
		{"GET /v1/prices/{id}", nil, getOne(priceKind)},
		{"GET /v1/balance", nil, getBalance},
		{"POST /v1/refunds", refundParams, createRefund},
		{"GET /v1/refunds", listParams("charge", "payment_intent"), listOf(refundKind)},
		{"GET /v1/refunds/{id}", nil, getOne(refundKind)},
		{"POST /v1/refunds/{id}/cancel", nil, cancelRefund},
		{"GET /v1/disputes", listParams("charge", "payment_intent"), listOf(disputeKind)},
		{"GET /v1/disputes/{id}", nil, getOne(disputeKind)},
		{"GET /v1/radar/early_fraud_warnings", listParams("charge", "payment_intent"), listOf(warningKind)},
		{"GET /v1/radar/early_fraud_warnings/{id}", nil, getOne(warningKind)},
		{"GET /v1/payouts", listParams(append(rangeParams("arrival_date"), "status")...), listPayouts},
		{"GET /v1/payouts/{id}", nil, getOne(payoutKind)},
		{"GET /v1/balance_transactions", listParams("type", "source", "currency", "payout"), listTransactions},
		{"GET /v1/balance_transactions/{id}", nil, getOne(transactionKind)},
		{"GET /v1/events", listParams("type", "types[]", "delivery_success"), listEvents},
		{"GET /v1/events/{id}", nil, getEvent},
		{"POST /v1/webhook_endpoints", endpointParams, createEndpoint},
		{"GET /v1/webhook_endpoints", listParams(), listAll(endpointKind)},
		{"GET /v1/webhook_endpoints/{id}", nil, getOne(endpointKind)},
		{"POST /v1/webhook_endpoints/{id}", endpointUpdateParams, updateEndpoint},
		{"DELETE /v1/webhook_endpoints/{id}", nil, deleteEndpoint},
		{"POST /v1/products", productParams, createProduct},
		{"GET /v1/products", listParams("active"), listProducts},
		{"GET /v1/products/{id}", nil, getOne(productKind)},
		{"POST /v1/products/{id}", productUpdateParams, updateProduct},
		{"POST /v1/billing_portal/configurations", portalParams, createPortal},
		{"GET /v1/billing_portal/configurations", portalListParams, listPortals},
		{"GET /v1/billing_portal/configurations/{id}", nil, getPortal},
		{"POST /v1/billing_portal/configurations/{id}", append(portalParams, "active"), updatePortal},
		{"POST /v1/billing_portal/sessions", portalSessionParams, createPortalSession},
		{"GET /v1/account", nil, getAccount},
	}
}

func (s *Simulator) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, op := range s.operations() {
		mux.HandleFunc(op.pattern, func(w http.ResponseWriter, r *http.Request) { s.serveAPI(w, r, op) }) //nolint:contextcheck // the call carries its request, context and all
	}
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		s.serveAPI(w, r, operation{pattern: "unrecognized"}) //nolint:contextcheck // likewise
	})
	s.payRoutes(mux)
	s.controlRoutes(mux)
	return mux
}

// serveAPI is the one door of the API: key, version, limit, idempotency, then the operation.
func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request, op operation) {
	c := &call{req: r, path: r.URL.Path, key: r.Header.Get("Idempotency-Key"), reqID: s.requestID()}
	h := w.Header()
	h.Set("Request-Id", c.reqID)
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Stripe-Version", APIVersion)
	if c.key != "" {
		h.Set("Idempotency-Key", c.key)
		h.Set("Original-Request", c.reqID)
	}
	fault := s.fault(r)
	if fault.Drop && !fault.After {
		panic(http.ErrAbortHandler) // net/http's own way to hang up
	}
	out, err := s.answer(c, op, fault, h)
	if err != nil {
		out = s.asAPI(err).answer()
	}
	if fault.Drop {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(out.status)
	if _, err := w.Write(out.body); err != nil {
		s.cfg.Log.Debug("the client went away", "error", err)
	}
}

func (s *Simulator) answer(c *call, op operation, fault Fault, h http.Header) (answer, error) {
	if err := s.authorize(c.req); err != nil {
		return answer{}, err
	}
	if err := s.permit(permission(c.req.Method, c.path)); err != nil {
		return answer{}, err
	}
	if op.do == nil {
		return answer{}, unrecognized(c.req.Method, c.path)
	}
	if v := c.req.Header.Get("Stripe-Version"); v != "" && v != APIVersion {
		return answer{}, invalid("", "", "Invalid Stripe API version: %s. The simulator speaks %s only.", v, APIVersion)
	}
	if !s.limits.allow(op.pattern) {
		return answer{}, &apiError{
			Status: http.StatusTooManyRequests, Type: "invalid_request_error", Code: "rate_limit",
			Message: "Testmode request rate limit exceeded, the rate limits in testmode are lower than livemode. You can learn more about rate limits here https://stripe.com/docs/rate-limits.",
		}
	}
	encoded, err := encodedParams(c.req)
	if err != nil {
		return answer{}, err
	}
	if c.params, err = parseForm(encoded); err != nil {
		return answer{}, err
	}
	if c.req.Method == http.MethodPost && c.key != "" {
		return s.once(c, op, fault, encoded, h)
	}
	return s.perform(c, op, fault, nil)
}

// perform runs the operation in its transaction; keep, when given, is called with the answer before the commit.
func (s *Simulator) perform(c *call, op operation, fault Fault, keep func(*call, answer) error) (answer, error) {
	var out answer
	err := s.do(c.req.Context(), func(t *tx) error {
		c.tx = t
		if fault.Status != 0 && !fault.After {
			out = fault.answer()
			if keep != nil && fault.Status == http.StatusInternalServerError {
				return keep(c, out)
			}
			return nil
		}
		if err := c.params.onlyKnown(op.params); err != nil {
			return err
		}
		body, err := op.do(c)
		if err != nil {
			return err
		}
		if out, err = c.render(body); err != nil {
			return err
		}
		if fault.Status != 0 {
			out = fault.answer()
		}
		if keep != nil {
			return keep(c, out)
		}
		return nil
	})
	return out, err
}

// render encodes an object, expanding what expand[] asks for.
func (c *call) render(v any) (answer, error) {
	body, ok := v.(json.RawMessage)
	if !ok {
		var err error
		if body, err = json.Marshal(v); err != nil {
			return answer{}, fmt.Errorf("stripesim: encode answer: %w", err)
		}
	}
	body, err := c.expand(body, c.params.at("expand"))
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, body}, nil
}

// authorize accepts the key as a bearer token or as a Basic user name, as Stripe does.
func (s *Simulator) authorize(r *http.Request) error {
	key, _, basic := r.BasicAuth()
	if !basic {
		key, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	e := &apiError{Status: http.StatusUnauthorized, Type: "invalid_request_error"}
	if key == "" {
		e.Message = "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/."
		return e
	}
	if subtle.ConstantTimeCompare([]byte(key), []byte(s.cfg.SecretKey)) != 1 {
		e.Message = "Invalid API Key provided: " + redacted(key)
		return e
	}
	return nil
}

// redacted shows a key's kind and last four characters, as Stripe's message does.
func redacted(key string) string {
	if len(key) < 16 {
		return strings.Repeat("*", len(key))
	}
	return key[:8] + strings.Repeat("*", len(key)-12) + key[len(key)-4:]
}

// encodedParams is the query of a GET or DELETE, the form of a POST.
func encodedParams(r *http.Request) (string, error) {
	if r.Method != http.MethodPost {
		return r.URL.RawQuery, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return "", invalid("", "", "The request's body could not be read.")
	}
	if len(body) > maxBody {
		e := invalid("", "", "The request's body is larger than %d bytes.", maxBody)
		e.Status = http.StatusRequestEntityTooLarge
		return "", e
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		return "", invalid("", "", "Invalid request: the API takes form-encoded bodies, not %s.", kind)
	}
	return string(body), nil
}

// requestID makes an id outside of any transaction: a refused request has one too.
func (s *Simulator) requestID() string {
	return spell("req_", 14, digest("request", s.cfg.Seed, s.start, s.requests.Add(1)))
}

// pathID is the id in the request's path.
func (c *call) pathID() string { return c.req.PathValue("id") }

// getOne answers with one stored object.
func getOne(kind string) func(*call) (any, error) {
	return func(c *call) (any, error) {
		r, err := c.find(kind, c.pathID())
		if errors.Is(err, errMissing) {
			return nil, noSuch(http.StatusNotFound, nounOf(kind), c.pathID(), "id")
		}
		if err != nil {
			return nil, err
		}
		return json.RawMessage(r.body), nil
	}
}

// nounOf is what Stripe's messages call a kind: payment_intent, charge, checkout.session.
func nounOf(kind string) string {
	if kind == transactionKind {
		return "balance transaction"
	}
	return kind
}

// Fault spoils one API call. The zero value spoils nothing.
type Fault struct {
	// Status answers with this status and an error of Stripe's shape. A 500 is kept under the call's idempotency key.
	Status int
	// After lets the call do its work first: only the answer is lost.
	After bool
	// Drop closes the connection without an answer.
	Drop bool
}

func (s *Simulator) fault(r *http.Request) Fault {
	if s.cfg.Fault == nil {
		return Fault{}
	}
	return s.cfg.Fault(r)
}

func (f Fault) answer() answer {
	e := serverError()
	e.Status = f.Status
	return e.answer()
}

// Undelivered counts the webhooks still waiting to be delivered, those that wait for a retry included.
func (s *Simulator) Undelivered(ctx context.Context) (int, error) {
	var n int
	err := s.do(ctx, func(t *tx) error {
		return t.QueryRowContext(t.ctx, `SELECT COUNT(*) FROM deliveries WHERE state = 0`).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("stripesim: count deliveries: %w", err)
	}
	return n, nil
}
