package stripesim

import (
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

func TestTheWordsOfAPaymentThatWasMadeCanBeChanged(t *testing.T) {
	w := newWorld(t, nil)
	cs := w.begin()
	w.submit(cs, "succeeds")
	w.deliver()
	intent := w.session(cs.ID).PaymentIntent
	words := stripe.Params{Metadata: map[string]string{"appeal_token": "", "appeal_erased": "2026-11-27"}}
	pi, err := w.api.PaymentIntents.Update(intent.ID, &stripe.PaymentIntentParams{Params: words, ReceiptEmail: stripe.String("a@example.org")})
	if err != nil || pi.Metadata["appeal_erased"] != "2026-11-27" || pi.Metadata["appeal_token"] != "" || pi.ReceiptEmail != "a@example.org" || pi.Amount != intent.Amount {
		t.Fatalf("seed %d: %+v, %v", testSeed, pi, err)
	}
	if pi, err = w.api.PaymentIntents.Update(intent.ID, &stripe.PaymentIntentParams{ReceiptEmail: stripe.String("")}); err != nil || pi.ReceiptEmail != "" {
		t.Errorf("seed %d: the address stays: %v", testSeed, err)
	}
	// Its charge was given the metadata when it was made, and keeps it.
	before := intent.LatestCharge.Metadata
	ch, err := w.api.Charges.Update(intent.LatestCharge.ID, &stripe.ChargeParams{Params: stripe.Params{Metadata: map[string]string{"appeal_erased": "2026-11-27"}}})
	if err != nil || ch.Metadata["appeal_erased"] != "2026-11-27" || ch.Metadata["appeal_token"] != before["appeal_token"] {
		t.Fatalf("seed %d: %+v, %v", testSeed, ch, err)
	}
	if _, err := w.api.Charges.Update(ch.ID, &stripe.ChargeParams{Params: stripe.Params{Metadata: map[string]string{"appeal_erased": "2026-11-27"}}}); err != nil {
		t.Errorf("seed %d: %v", testSeed, err)
	}
	w.deliver()
	if n := w.heard("charge.updated"); n != 1 {
		t.Errorf("seed %d: of one change %d events tell", testSeed, n)
	}
	if _, err := w.api.Charges.Update(ch.ID, &stripe.ChargeParams{ReceiptEmail: stripe.String("")}); !strings.Contains(refusal(t, err).Msg, "cannot be unset") {
		t.Errorf("seed %d: %v", testSeed, err)
	}
	for _, err := range []error{
		lastOf(w.api.PaymentIntents.Update("pi_none", &stripe.PaymentIntentParams{Params: words})),
		lastOf(w.api.Charges.Update("ch_none", &stripe.ChargeParams{Params: words})),
	} {
		if refusal(t, err).Code != stripe.ErrorCodeResourceMissing {
			t.Errorf("seed %d: %v", testSeed, err)
		}
	}
}

func TestNoAddressForReceiptsIsChangedWhileABankDebitIsUnderWay(t *testing.T) {
	w := newWorld(t, nil)
	cs, _ := w.debited()
	intent := w.session(cs.ID).PaymentIntent
	_, err := w.api.PaymentIntents.Update(intent.ID, &stripe.PaymentIntentParams{ReceiptEmail: stripe.String("")})
	if said := refusal(t, err); said.Param != "receipt_email" || !strings.Contains(said.Msg, "status of processing") {
		t.Errorf("seed %d: %v", testSeed, err)
	}
	marked := &stripe.PaymentIntentParams{Params: stripe.Params{Metadata: map[string]string{"appeal_erased": "2026-11-27"}}}
	if pi, err := w.api.PaymentIntents.Update(intent.ID, marked); err != nil || pi.Metadata["appeal_erased"] == "" {
		t.Errorf("seed %d: %v", testSeed, err)
	}
}
