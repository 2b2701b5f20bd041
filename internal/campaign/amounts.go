package campaign

import (
	"slices"

	"github.com/corruptionproject/appeal/internal/money"
	"github.com/corruptionproject/appeal/models"
)

// What stands in for amounts the newsroom does not give.
const (
	usualLeast   money.Minor = 3_00
	usualMost    money.Minor = 25_000_00
	usualRate                = 290 // basis points
	usualFixed               = 30  // cents
	mostRate                 = 9999
	mostFixed                = 1000
	stripesLeast money.Minor = 50         // of one charge in dollars
	stripesMost  money.Minor = 999_999_99 // of one charge in dollars
)

// frequencies are those there are, in the order they are explained.
var frequencies = []models.Frequency{models.Once, models.Monthly, models.Yearly}

// limits are the least and most gift while the presets are held against them.
type limits struct {
	least, most money.Minor
	known       bool // false: one could not be read, so nothing is held against them
}

// readAmounts fills in every amount and what readers choose from.
func readAmounts(b *block, c *models.Campaign) {
	if b.need("goal", "how much is asked for, like 500,000") != nil {
		goal, ok := b.amount("goal", 0)
		if ok && goal <= 0 {
			b.complain("goal", "must be more than nothing")
		}
		c.Goal = goal
	}
	c.PublishDonorsFrom, _ = b.amount("publish_donors_from", 0)
	c.BarFrom = int(b.whole("bar_from_percent", 100, 0))
	gifts := readLimits(b, c)
	readFee(b, c, gifts)
	readFrequencies(b, c)
	readPresets(b, c, gifts)
	readStretch(b, c)
}

func readLimits(b *block, c *models.Campaign) limits {
	least, leastOK := b.amount("least", usualLeast)
	most, mostOK := b.amount("most", usualMost)
	gifts := limits{least: least, most: most, known: leastOK && mostOK}
	if leastOK && least < stripesLeast {
		b.complain("least", "%s is less than Stripe charges at all, %s", least, stripesLeast)
	}
	if mostOK && most > stripesMost {
		b.complain("most", "%s is more than Stripe charges at once, %s", most, stripesMost)
	}
	if gifts.known && least > most {
		b.complain("least", "the least gift, %s, is more than the most, %s; swap them or mend one", least, most)
		gifts.known = false
	}
	c.Least, c.Most = least, most
	return gifts
}

// readFee fills in what covering the fees is reckoned with. A rate that is
// possible but absurd shows when it is put on the largest gift.
func readFee(b *block, c *models.Campaign, gifts limits) {
	c.Fee = money.FeeRate{BasisPoints: usualRate, Fixed: usualFixed}
	fee := b.within("fee")
	if fee == nil {
		return
	}
	c.Fee.BasisPoints = fee.whole("basis_points", mostRate, usualRate)
	c.Fee.Fixed = money.Minor(fee.whole("fixed_cents", mostFixed, usualFixed))
	fee.close()
	if !gifts.known || gifts.most > stripesMost {
		return
	}
	if total := c.Fee.Covering(gifts.most); total > stripesMost {
		b.complain("fee", "covering it on a gift of %s would charge %s, more than Stripe charges at once; 290 basis points are 2.9 %%", gifts.most, total)
	}
}

func readFrequencies(b *block, c *models.Campaign) {
	items, given := b.list("frequencies")
	if !given {
		c.Frequencies = []models.Frequency{models.Once}
		return
	}
	if len(items) == 0 {
		b.complain("frequencies", "is empty; write at least [once]")
	}
	for _, entry := range items {
		frequency := models.Frequency(entry.text)
		switch {
		case !slices.Contains(frequencies, frequency):
			b.found.add(settingsFile, entry.line, b.at("frequencies"), "%q is no frequency; there are once, monthly and yearly", entry.text)
		case slices.Contains(c.Frequencies, frequency):
			b.found.add(settingsFile, entry.line, b.at("frequencies"), "%s stands there twice", entry.text)
		default:
			c.Frequencies = append(c.Frequencies, frequency)
		}
	}
}

// readPresets fills in the amounts on offer. Those of a frequency that is not
// offered may stand in the file, and are held to the same rules.
func readPresets(b *block, c *models.Campaign, gifts limits) {
	presets := b.needWithin("presets", "the amounts on offer for each frequency")
	if presets == nil {
		return
	}
	c.Presets = make(map[models.Frequency]models.Presets, len(frequencies))
	for _, frequency := range frequencies {
		name := string(frequency)
		if c.Offers(frequency) && presets.need(name, "the amounts on offer, since "+name+" stands under frequencies") == nil {
			continue
		}
		if of := presets.within(name); of != nil {
			c.Presets[frequency] = readPreset(of, gifts)
		}
	}
	presets.close()
}

func readPreset(b *block, gifts limits) models.Presets {
	var p models.Presets
	items, given := b.list("amounts")
	if !given {
		b.complain("amounts", "is missing; write a list like [25, 50, 100]")
	} else if len(items) == 0 {
		b.complain("amounts", "is empty; write a list like [25, 50, 100]")
	}
	readable := len(items) > 0
	for _, typed := range items {
		amount, ok := b.parseAmount("amounts", typed)
		readable = readable && ok
		switch {
		case !ok:
		case typed.afterComma && threeDigits(typed.text):
			// [1,500] is two amounts to YAML and one to whoever wrote it.
			b.found.add(settingsFile, typed.line, b.at("amounts"),
				"%s after a comma could be the end of an amount; put a space before it, or the whole amount in quotes", typed.text)
		case gifts.known && (amount < gifts.least || amount > gifts.most):
			b.found.add(settingsFile, typed.line, b.at("amounts"), "%s is outside the limits of a gift, %s to %s",
				amount, gifts.least, gifts.most)
		case slices.Contains(p.Amounts, amount):
			b.found.add(settingsFile, typed.line, b.at("amounts"), "%s stands there twice", amount)
		}
		if ok {
			p.Amounts = append(p.Amounts, amount)
		}
	}
	p.Default = readDefault(b, p.Amounts, readable)
	b.close()
	return p
}

// readDefault reads which amount is chosen beforehand: "none", or one that
// stands among those on offer (and so within the limits of a gift).
func readDefault(b *block, amounts []money.Minor, readable bool) money.Minor {
	if node := b.find("default"); node != nil && node.Value == "none" {
		return 0
	}
	amount, ok := b.amount("default", 0)
	if ok && readable && amount != 0 && !slices.Contains(amounts, amount) {
		b.complain("default", "%s is not among the amounts on offer; choose one of them, or none", amount)
	}
	return amount
}

func readStretch(b *block, c *models.Campaign) {
	stretch := b.within("stretch")
	if stretch == nil {
		return
	}
	c.Stretch.Purpose = stretch.needText("purpose", "what gifts beyond the goal are for, or take stretch out")
	goal, ok := stretch.amount("goal", 0)
	if ok && goal != 0 && goal <= c.Goal {
		stretch.complain("goal", "%s is not beyond the goal, %s", goal, c.Goal)
	}
	c.Stretch.Goal = goal
	stretch.close()
}
