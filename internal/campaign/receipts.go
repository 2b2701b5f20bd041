package campaign

import (
	"unicode/utf8"

	"github.com/corruptionproject/appeal/models"
)

const (
	// disclosuresMost is how many characters of the states' sentences fit under
	// a receipt on its one page, in print that can be read.
	disclosuresMost = 6000
	// benefitMost bounds what travels in one value of Stripe's metadata.
	benefitMost = 200
)

// readReceipts fills in what receipts say beside what all do.
func readReceipts(b *block, c *models.Campaign) {
	receipts := b.within("receipts")
	if receipts == nil {
		return
	}
	c.Receipts.Disclosures = newPlaceholders(c).texts(receipts, "disclosures")
	length := 0
	for _, said := range c.Receipts.Disclosures {
		length += utf8.RuneCountInString(said)
	}
	if length > disclosuresMost {
		receipts.complain("disclosures", "have %d characters together, and %d fit under a receipt on its page", length, disclosuresMost)
	}
	if benefit := receipts.within("benefit"); benefit != nil {
		c.Receipts.Benefit = readBenefit(benefit)
		if c.Organisation.InReturn != "" {
			receipts.complain("benefit", "says what donors get, and so does organisation.in_return; write it in one place")
		}
	}
	receipts.close()
}

// readBenefit reads what donors get. A gift that is worth no more than what it
// brings would be a purchase.
func readBenefit(b *block) models.Benefit {
	var benefit models.Benefit
	benefit.Description = b.needText("description", "what donors get, like A year of the magazine, in print")
	if n := utf8.RuneCountInString(benefit.Description); n > benefitMost {
		b.complain("description", "has %d characters, and %d fit", n, benefitMost)
	}
	worth, given := b.need("value", "what it is worth by finance's good-faith estimate") != nil, b.need("from", "the least gift that brings it") != nil
	value, valueOK := b.amount("value", 0)
	from, fromOK := b.amount("from", 0)
	if worth && valueOK && value <= 0 {
		b.complain("value", "must be more than nothing; what is worth nothing need not be named")
	}
	if worth && given && valueOK && fromOK && from <= value {
		b.complain("from", "a gift of %s would bring what is worth %s; ask for more than that", from, value)
	}
	benefit.Value, benefit.From = value, from
	b.close()
	return benefit
}

// readNotices fills in who is told of large gifts, who of what waits, and who of
// what each week came to.
func readNotices(b *block, c *models.Campaign) {
	notices := b.within("notices")
	if notices == nil {
		return
	}
	morning, given := notices.list("morning")
	if given { // an empty list tells nobody
		c.Notices.Morning = append([]string{}, notices.addresses("morning", morning)...)
	}
	weekly, weeklyGiven := notices.list("weekly")
	c.Notices.Weekly = notices.addresses("weekly", weekly)
	if !given && !weeklyGiven || notices.find("to") != nil || notices.find("from") != nil {
		readGiftNotices(notices, c)
	}
	notices.close()
}

func readGiftNotices(notices *block, c *models.Campaign) {
	to, given := notices.list("to")
	if !given || len(to) == 0 {
		notices.complain("to", "names nobody; write a list of e-mail addresses, or take notices out")
	}
	c.Notices.To = notices.addresses("to", to)
	if notices.need("from", "the least gift that somebody is told of, like $5,000") != nil {
		from, ok := notices.amount("from", 0)
		if ok && from <= 0 {
			notices.complain("from", "must be more than nothing")
		}
		c.Notices.From = from
	}
}

// addresses are the e-mail addresses in a list.
func (b *block) addresses(name string, list []item) []string {
	var all []string
	for _, address := range list {
		if fault := emailFault(address.text); fault != "" {
			b.found.add(settingsFile, address.line, b.at(name), "%s", fault)
		}
		all = append(all, address.text)
	}
	return all
}
