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
		{Value: models.Recurring, Label: "Recurring, all"},
		{Value: "offline", Label: "Offline"},
		{Value: models.Unknown, Label: "Not known"},
	}
	// The figures of the overview that a gift can add to.
	figureChoices = []choice{
		{Value: string(models.GrossFigure), Label: "Gross"},
		{Value: string(models.RefundsFigure), Label: "Refunds"},
		{Value: string(models.DisputesFigure), Label: "Disputes held"},
		{Value: string(models.RaisedFigure), Label: "Raised"},
		{Value: string(models.FeesFigure), Label: "Fees"},
		{Value: string(models.NetFigure), Label: "Net"},
		{Value: string(models.GiftsFigure), Label: "Gifts"},
		{Value: string(models.DisputesUnderWay), Label: "Disputes not decided"},
		{Value: string(models.DebitsUnderWay), Label: "Bank debits clearing"},
		{Value: string(models.RefundsUnderWay), Label: "Refunds on their way"},
		{Value: string(models.FailingNow), Label: "Recurring gifts failing"},
		{Value: string(models.RecurringNow), Label: "Recurring gifts going on"},
	}
	offlineChoices = []choice{{Value: string(models.OnlyOffline), Label: "Offline only"}, {Value: string(models.WithoutOffline), Label: "Online only"}}
	cards          = []string{"visa", "mastercard", "amex", "discover", "us_bank_account", "link", "cashapp"}
)

// methodNames are the ways to give in words.
var methodNames = map[models.OfflineMethod]string{
	models.Check: "Check", models.Wire: "Wire transfer", models.ACH: "Bank transfer (ACH)", models.Stock: "Stock, as sold",
	models.DAF: "Donor-advised fund", models.QCD: "Distribution from a retirement account (QCD)", models.Cash: "Cash", models.Other: "Another way",
}

func methodChoices() []choice {
	all := make([]choice, 0, len(cards)+len(models.OfflineMethods()))
	for _, m := range cards {
		all = append(all, choice{Value: m, Label: methodWords(m)})
	}
	for _, m := range models.OfflineMethods() {
		all = append(all, choice{Value: string(m), Label: methodWords(string(m))})
	}
	return all
}

// methodWords is what a gift was paid with. What Stripe alone knows is called as
// it does (https://docs.stripe.com/api/charges/object).
func methodWords(method string) string {
	switch {
	case method == "" || method == models.Unknown:
		return "Not known"
	case methodNames[models.OfflineMethod(method)] != "":
		return methodNames[models.OfflineMethod(method)]
	case receipt.Brand(method) != receipt.Brand(models.Unknown):
		return receipt.Brand(method)
	default:
		return strings.ToUpper(method[:1]) + words(method[1:])
	}
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

// articleWords is an article by its own name.
func articleWords(article string) string {
	switch article {
	case models.NoArticle:
		return "No article"
	case models.OfflineChannel:
		return "Offline"
	default:
		return strings.TrimPrefix(article, "src/")
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
