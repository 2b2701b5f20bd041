package finance

import (
	"errors"
	"net/http"
	"slices"

	"github.com/corruptionproject/appeal/models"
)

// errNoReceipt: a receipt was to be sent again, and none has been issued.
var errNoReceipt = errors.New("no receipt has been issued")

func (r *Rooms) getGift(v *visit) error {
	said := map[string]string{
		"resend": "The receipt is on its way to the donor again.", "notes": "The note was kept.",
	}[v.QueryParam("said")]
	return r.gift(v, http.StatusOK, giftView{Said: said})
}

// gift draws the page of one gift, with what a form has to say.
func (r *Rooms) gift(v *visit, status int, view giftView) error {
	h, err := r.Store.FindHistory(v.ctx(), v.Param("id"))
	if err != nil {
		return err
	}
	view = r.giftView(view, h, v.sees())
	switch {
	case h.Erased != nil:
		view.Erased = r.erasedWords(*h.Erased)
	case v.who.Role.Covers(models.Admin):
		view.Erase = giftPath(h.Donation.ID) + "/erase"
	}
	return r.render(v, status, "finance-donation", view.Amount+" "+h.Donation.Reference, view)
}

// postResend sends a gift's receipt again: the one that is named, or its newest.
func (r *Rooms) postResend(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	gift, err := r.Store.FindGift(v.ctx(), v.Param("id"))
	if err != nil {
		return err
	}
	receipts, err := r.Store.ReceiptsOf(v.ctx(), gift.ID)
	if err != nil {
		return err
	}
	if len(receipts) == 0 {
		return errNoReceipt
	}
	wanted := receipts[len(receipts)-1].ID
	if named := sent.Get("receipt"); named != "" {
		if !slices.ContainsFunc(receipts, func(r models.Receipt) bool { return r.ID == named }) {
			return models.ErrNotFound
		}
		wanted = named
	}
	if err := r.Store.ResendReceipt(v.ctx(), wanted, string(v.who.Actor())); err != nil {
		return err
	}
	return back(v, giftPath(gift.ID), "resend")
}

func (r *Rooms) postNote(v *visit) error {
	sent, err := r.form(v)
	if err != nil {
		return err
	}
	id := v.Param("id")
	err = r.Store.AddNote(v.ctx(), id, sent.Get("note"), v.who.Actor())
	if errors.Is(err, models.ErrNoNote) {
		return r.gift(v, http.StatusUnprocessableEntity, giftView{Problem: "Write a note of at most " + thousands(models.MostOfNote) + " characters.", Note: sent.Get("note")})
	}
	if err != nil {
		return err
	}
	return back(v, giftPath(id), "notes")
}
