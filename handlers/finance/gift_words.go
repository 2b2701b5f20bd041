package finance

import (
	"strings"

	"github.com/corruptionproject/appeal/internal/receipt"
	"github.com/corruptionproject/appeal/models"
)

// The states of a gift, the kinds and the ways of giving, in the order in which
// the filters offer them.
var (
	statusChoices = []choice{
		{Value: string(models.Received), Label: "Received"},
		{Value: string(models.Processing), Label: "Under way"},
		{Value: string(models.PartiallyRefunded), Label: "Partly refunded"},
		{Value: string(models.Refunded), Label: "Refunded"},
		{Value: string(models.Disputed), Label: "Disputed"},
		{Value: string(models.Failed), Label: "Failed"},
		{Value: string(models.Started), Label: "Not paid"},
		{Value: string(models.Expired), Label: "Expired unpaid"},
	}
	kindChoices = []choice{
		{Value: "once", Label: "One time"},
		{Value: "monthly", Label: "Monthly, first payment"},
		{Value: "monthly_renewal", Label: "Monthly, renewal"},
		{Value: "yearly", Label: "Yearly, first payment"},
		{Value: "yearly_renewal", Label: "Yearly, renewal"},
		{Value: "offline", Label: "Offline"},
	}
	offlineChoices = []choice{{Value: string(models.OnlyOffline), Label: "Offline only"}, {Value: string(models.WithoutOffline), Label: "Online only"}}
	methods        = []string{"visa", "mastercard", "amex", "discover", "us_bank_account", "link", "cashapp"}
)

func methodChoices() []choice {
	all := make([]choice, 0, len(methods)+len(models.OfflineMethods()))
	for _, m := range methods {
		all = append(all, choice{Value: m, Label: receipt.Brand(m)})
	}
	for _, m := range models.OfflineMethods() {
		all = append(all, choice{Value: string(m), Label: receipt.Offline(m)})
	}
	return all
}

func kindWords(kind string) string { return label(kindChoices, kind) }

// channelWords is a channel by its own name.
func channelWords(channel string) string {
	if placement, is := strings.CutPrefix(channel, "src/"); is {
		return placement
	}
	if link, is := strings.CutPrefix(channel, "utm/"); is {
		source, medium, _ := strings.Cut(link, "/")
		return strings.Trim(source+" / "+medium, " /")
	}
	switch channel {
	case "direct":
		return "Direct"
	case "offline":
		return "Offline"
	default:
		return channel
	}
}

// statusWords is a gift's state in a word, and its shape: a full disc is paid,
// a half one under way, a ring is not there yet or came to nothing, a triangle
// needs a person, a hooked arrow went back.
func statusWords(g models.DonorGift) (words, shape string) {
	status := g.Donation.Status
	words = label(statusChoices, string(status))
	switch status {
	case models.Received:
		shape = "disc"
	case models.Processing:
		shape = "half"
	case models.Disputed:
		shape = "triangle"
	case models.Refunded, models.PartiallyRefunded:
		shape = "hook"
	case models.Failed:
		if shape = "ring"; g.Offline != "" {
			return "Reversed", "hook"
		}
	default:
		shape = "ring"
	}
	return words, shape
}
