package stripesim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// SampleOptions say what past gifts Sample makes up. Zero values have believable defaults, but for Campaign and To.
type SampleOptions struct {
	// N is how many gifts.
	N int
	// Campaign is the slug the gifts carry in their metadata.
	Campaign string
	// Currency of all gifts; usd when empty.
	Currency string
	// From and To bound the gifts' time; From is 60 days before To when zero.
	From, To time.Time
	// Zone is where the donors live, for mornings and evenings; UTC when nil.
	Zone *time.Location
	// Presets are the form's amounts, in minor units.
	Presets []int64
	// Product names the gift's line.
	Product string
	// Sources are the slugs of articles gifts came from.
	Sources []string
	// FeeBasisPoints and FeeFixed are the price of a card the covered fees are counted with; 290 and 30 when both are zero.
	FeeBasisPoints, FeeFixed int64
	// SuccessURL stands in the sessions; an address below example.org when empty.
	SuccessURL string
	// Addresses: the payment page asked for one.
	Addresses bool
	// Aftermath also makes up what happened to the money since: some refunds, a few disputes, and a payout each week.
	Aftermath bool
}

const sampleBatch = 100 // gifts in one transaction

// Sample makes up N past one-time gifts, spread over the period, and queues their webhooks; Run or Deliver send them.
// The donors are reader-0001@example.org and so on: nobody could take them for people. The same seed, options and state
// give the same gifts. progress, when not nil, hears how many are made after each batch.
func (s *Simulator) Sample(ctx context.Context, o SampleOptions, progress func(done int)) error {
	if err := o.fill(); err != nil {
		return err
	}
	gifts := o.gifts(s.cfg.Seed)
	var prod product
	err := s.do(ctx, func(t *tx) (err error) {
		prod, err = t.newProduct("", o.Product, nil, map[string]string{"appeal_campaign": o.Campaign})
		return err
	})
	if err != nil {
		return err
	}
	done := 0
	var charges []string
	for batch := range slices.Chunk(gifts, sampleBatch) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stripesim: sample: %w", err)
		}
		err := s.do(ctx, func(t *tx) error {
			for _, g := range batch {
				id, err := t.pastGift(o, g, prod)
				if err != nil {
					return err
				}
				charges = append(charges, id)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("stripesim: sample: %w", err)
		}
		if done += len(batch); progress != nil {
			progress(done)
		}
	}
	if !o.Aftermath {
		return nil
	}
	return s.live(ctx, o.aftermath(s.cfg.Seed, gifts, charges))
}

// fill puts the defaults in and refuses what can't be.
func (o *SampleOptions) fill() error {
	if o.N < 0 || o.Campaign == "" || o.To.IsZero() {
		return errors.New("stripesim: a sample needs a count, a campaign and an end")
	}
	o.Currency = cmp.Or(o.Currency, "usd")
	if !knownCurrency(o.Currency) {
		return fmt.Errorf("stripesim: the simulator does not know the currency %q", o.Currency)
	}
	if o.From.IsZero() {
		o.From = o.To.AddDate(0, 0, -60)
	}
	if !o.From.Before(o.To) {
		return errors.New("stripesim: the sample's period ends before it begins")
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if len(o.Presets) == 0 {
		o.Presets = []int64{2500, 5000, 10000, 25000, 50000}
	}
	if len(o.Sources) == 0 {
		o.Sources = []string{"no-bid-contracts", "the-missing-ledger", "who-owns-the-land", "inspector-general", "shell-companies"}
	}
	if o.FeeBasisPoints == 0 && o.FeeFixed == 0 {
		o.FeeBasisPoints, o.FeeFixed = 290, 30
	}
	if o.FeeBasisPoints < 0 || o.FeeBasisPoints > 5000 || o.FeeFixed < 0 {
		return errors.New("stripesim: the sample's fee makes no sense")
	}
	o.Product = cmp.Or(o.Product, "One-time gift")
	o.SuccessURL = cmp.Or(o.SuccessURL, "https://example.org/thanks?session_id="+sessionPlaceholder)
	return nil
}

// gift is one sample gift, before it has any ids.
type gift struct {
	at      time.Time
	amount  int64
	fees    int64 // covered, or 0
	donor   payer
	source  string
	utm     [4]string // source, medium, campaign, content
	letters bool      // wants the newsletter
	card    card
}

// gifts makes up the gifts in order of time.
func (o SampleOptions) gifts(seed uint64) []gift {
	name := fnv.New64a()
	name.Write([]byte(o.Campaign))
	r := rand.New(rand.NewPCG(seed, name.Sum64())) //nolint:gosec // the same seed has to give the same gifts
	out := make([]gift, o.N)
	for i := range out {
		out[i].at = o.moment(r)
	}
	slices.SortFunc(out, func(a, b gift) int { return a.at.Compare(b.at) })
	donors := 0
	for i := range out {
		g := &out[i]
		donor := donors + 1
		if donors > 0 && r.IntN(8) == 0 {
			donor = 1 + r.IntN(donors) // gives again
		} else {
			donors++
		}
		g.donor = o.donor(donor)
		g.amount = o.amount(r)
		if r.IntN(100) < 38 {
			g.fees = withFees(g.amount, o.FeeBasisPoints, o.FeeFixed) - g.amount
		}
		g.card = cards[pick(r, []int{46, 26, 16, 8, 4})]
		g.letters = r.IntN(100) < 30
		o.channel(r, g)
	}
	return out
}

// donor is the n-th of them.
func (o SampleOptions) donor(n int) payer {
	who := payer{Email: fmt.Sprintf("reader-%04d@example.org", n), Name: fmt.Sprintf("Sample Donor %d", n)}
	if o.Addresses {
		street, city, state, zip, country := fmt.Sprintf("%d Sample Street", n), "Springfield", "IL", "62701", "US"
		who.Address = address{Line1: &street, City: &city, State: &state, PostalCode: &zip, Country: &country}
	}
	return who
}

// hours weighs the hours of a day: a peak with the morning's mail, a higher one in the evening.
var hours = []int{4, 2, 1, 1, 2, 6, 20, 44, 58, 46, 34, 30, 36, 30, 26, 26, 28, 34, 44, 58, 66, 54, 30, 12}

// moment is a time in the period: an hour by its weight, more on the first days, when the appeal is news.
func (o SampleOptions) moment(r *rand.Rand) time.Time {
	span := o.To.Sub(o.From)
	for range 100 {
		back := time.Duration(r.Int64N(int64(span)))
		if r.IntN(4) == 0 {
			back = time.Duration(r.Int64N(int64(span)/4 + 1))
		}
		day := o.From.Add(back).In(o.Zone)
		at := time.Date(day.Year(), day.Month(), day.Day(), pick(r, hours), r.IntN(60), r.IntN(60), 0, o.Zone)
		if !at.Before(o.From) && at.Before(o.To) {
			return at.UTC()
		}
	}
	return o.From // a period too short for its hours
}

// amount is mostly a preset, the lower the likelier; else something around one, in whole units of the currency.
// Multiplying a preset by a few even steps up and down gives the long tail of a lognormal without a float.
func (o SampleOptions) amount(r *rand.Rand) int64 {
	weights := make([]int, len(o.Presets))
	for i := range weights {
		weights[i] = max(1, 36>>i)
	}
	if len(weights) > 1 {
		weights[0], weights[1] = weights[1]+6, weights[0] // the second preset is the usual choice
	}
	preset := o.Presets[pick(r, weights)]
	if r.IntN(100) < 70 {
		return preset
	}
	for range 1 + r.IntN(3) {
		preset = preset * []int64{50, 75, 80, 120, 150, 200}[r.IntN(6)] / 100
	}
	unit := int64(100)
	if zeroDecimal(o.Currency) {
		unit = 1
	}
	return min(maxAmount/2, max(leastCharge(o.Currency), preset/unit*unit))
}

// channel says how the donor came: out of an article, by mail, from elsewhere, or straight.
func (o SampleOptions) channel(r *rand.Rand, g *gift) {
	if r.IntN(100) < 64 {
		g.source = o.Sources[min(r.IntN(len(o.Sources)), r.IntN(len(o.Sources)))] // the first is read most
	}
	switch pick(r, []int{40, 26, 14, 8, 12}) {
	case 1:
		g.utm = [4]string{"newsletter", "email", o.Campaign, "issue-" + strconv.Itoa(1+r.IntN(8))}
	case 2:
		g.utm = [4]string{"bluesky", "social", o.Campaign, ""}
	case 3:
		g.utm = [4]string{"facebook", "social", "", ""}
	case 4:
		g.utm = [4]string{"site", "banner", o.Campaign, "footer"}
	}
}

// pick is an index, drawn by weight.
func pick(r *rand.Rand, weights []int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	n := r.IntN(total)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}
