package finance

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/corruptionproject/appeal/models"
)

type eraseView struct {
	Gift, Post string // addresses
	Facts      []fact
	Goes       []string
	Stays      []string
	Minds      []string // what to think of first
	Reference  field
	Done       string // they are erased already: by whom and when
}

// getErase tells what erasing the donor of a gift does.
func (r *Rooms) getErase(v *visit) error { return r.erasePage(v, http.StatusOK, "", "") }

func (r *Rooms) erasePage(v *visit, status int, typed, problem string) error {
	d, err := r.Store.FindGift(v.ctx(), v.Param("id"))
	if err != nil {
		return err
	}
	plan, err := r.Store.PlanErasure(v.ctx(), d.ID)
	if err != nil {
		return err
	}
	view := eraseView{
		Gift: giftPath(d.ID), Post: giftPath(d.ID) + "/erase",
		Facts: []fact{{"From", orNobody(d.DonorName)}, {"Email", orNobody(plan.Email)}, {"Gifts", thousands(plan.Gifts)}, {"In all", plan.Given.String()}},
		Goes: []string{
			"Name, email, address, comment and dedication of every gift of theirs, and the last digits of cards.",
			"What staff wrote about these gifts: notes, and reasons given with them.",
			"Their place in the newsletter, and every link to their own page.",
			"The same in what Stripe sent, in mail that waits, and at Stripe, as far as Stripe lets go of it.",
		},
		Stays: []string{
			"Every amount, day and receipt number, how it was paid, and on which way it came: the law wants books kept.",
			"Their receipts, without a name.",
			"What is outside: mail that was sent, exports on your machines, backups, and billing details in Stripe’s own records.",
		},
		Minds: eraseMinds(plan),
		Reference: field{
			Name: "reference", Label: "The gift’s reference", Value: typed, Problem: problem, Needed: true,
			Hint: "Type " + d.Reference + ", so that nobody is erased by a slip of the finger. It can’t be taken back.",
		},
	}
	if plan.Erased != nil {
		view.Done = r.erasedWords(*plan.Erased)
	}
	return r.render(v, status, "finance-erase", "Erase a donor", view)
}

// eraseMinds are what somebody should think of before they erase a donor.
func eraseMinds(plan models.ErasurePlan) []string {
	minds := []string{"Nobody is mailed: answer whoever asked by hand, before you erase the address."}
	if plan.Running > 0 {
		minds = append(minds, "It ends "+counted(plan.Running, "repeated gift", "repeated gifts")+" at once: Stripe’s customer is deleted.")
	}
	for _, year := range plan.Named {
		minds = append(minds, "Their gifts of "+strconv.Itoa(year)+" come to "+models.NamedFrom.Short()+" or more. Schedule B of Form 990 wants name and address: take the export first, or keep them until it is filed.")
	}
	return minds
}

// erasedWords say when somebody was erased, by whom, and what is left to do.
func (r *Rooms) erasedWords(e models.Erasure) string {
	says := "Erased on " + r.moment(e.AskedAt) + " by " + string(e.AskedBy) + "."
	switch {
	case e.State == models.ErasureDone && e.Problem != "":
		says += " Stripe has forgotten them too. " + e.Problem + "; what it says there is kept out of the books."
	case e.State == models.ErasureDone:
		says += " Stripe has forgotten them too."
	case e.Problem != "":
		says += " Not everywhere yet: " + e.Problem + ". It is tried again until it is done."
	default:
		says += " What Stripe sent and keeps is next, within a minute or so."
	}
	return says
}

// postErase erases the donor of a gift.
func (r *Rooms) postErase(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	d, err := r.Store.FindGift(v.ctx(), v.Param("id"))
	if err != nil {
		return err
	}
	typed := oneLine(sent.Get("reference"))
	if !strings.EqualFold(typed, d.Reference) {
		return r.erasePage(v, http.StatusUnprocessableEntity, typed, "That is not this gift’s reference, "+d.Reference+". Nothing was changed.")
	}
	if _, err := r.Store.Erase(v.ctx(), v.who.Actor(), d.ID); err != nil {
		return err
	}
	return redirect(v, giftPath(d.ID))
}
