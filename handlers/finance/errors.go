package finance

import (
	"crypto/rand"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/corruptionproject/appeal/internal/body"
	"github.com/corruptionproject/appeal/internal/password"
	"github.com/corruptionproject/appeal/models"
)

// answered is what an error is told as.
type answered struct {
	err               error
	status            int
	heading, sentence string
}

// statuses is the one table from error to status and words. What is not in it
// is a 500.
var statuses = []answered{
	{errNotYours, http.StatusForbidden, "That needs another role", "Your account doesn’t cover this page. An admin can change that."},
	{errShutOut, http.StatusForbidden, "You are signed out", "You were signed out before all of that had come. Nothing was changed."},
	{models.ErrNotFound, http.StatusNotFound, "Page not found", "There is no such page, or what it showed is gone."},
	{models.ErrExists, http.StatusConflict, "That is there already", "Somebody has done that before you. Nothing was changed."},
	{models.ErrConflict, http.StatusConflict, "That form was used already", "This form has done something else before. Nothing was changed."},
	{models.ErrInFuture, http.StatusUnprocessableEntity, "That day has not begun", "A gift is entered once it has come. Nothing was saved."},
	{models.ErrLatePostmark, http.StatusUnprocessableEntity, "The postmark is too late", "A gift can’t have been mailed after the day it was received. Nothing was saved."},
	{models.ErrNotAGift, http.StatusUnprocessableEntity, "That is no gift yet", "It needs an amount, a way in which it came, and a day; stock, also what was given. Nothing was saved."},
	{models.ErrOfflineGift, http.StatusConflict, "That gift is not at Stripe", "This gift did not pass through Stripe, so nothing can be refunded there. If it was entered wrongly, reverse it."},
	{models.ErrDisputed, http.StatusConflict, "The gift is disputed", "The donor’s bank disputes this gift and holds the money, so Stripe refunds nothing of it. Answer the dispute in Stripe’s Dashboard."},
	{models.ErrNothingLeft, http.StatusConflict, "Nothing is left", "Nothing of this gift is left to refund."},
	{models.ErrUnanswered, http.StatusConflict, "Another refund is unanswered", "It is not known yet what became of another refund of this gift. Ask for that one again first."},
	{errRefused, http.StatusConflict, "Stripe refused", "Stripe refused this refund, and nothing went back. Look at the gift in Stripe’s Dashboard; less may be left than is known here."},
	{models.ErrMoreThanLeft, http.StatusUnprocessableEntity, "That is more than is left", "That is more than is left to refund."},
	{models.ErrUnconfirmed, http.StatusUnprocessableEntity, "Type the amount again", "Type the same amount again, to confirm it."},
	{errAmount, http.StatusUnprocessableEntity, "That is no amount", "Enter an amount in dollars, like 25 or 12.50, or nothing for all that is left."},
	{errReason, http.StatusUnprocessableEntity, "Choose a reason", "Choose one of the reasons."},
	{errNote, http.StatusUnprocessableEntity, "That note is too long", "Say it in at most 1,000 characters."},
	{errNoAnswer, http.StatusServiceUnavailable, "Stripe did not answer", "Stripe did not answer, so it is not known whether the money goes back. Send the same form again in a minute: it refunds once."},
	{models.ErrNoAddress, http.StatusConflict, "Nobody knows where to", "This gift came without an email, so there is nowhere to send its receipt. Nothing was changed."},
	{errNoReceipt, http.StatusConflict, "There is no receipt yet", "A receipt is issued once something was received. Nothing was changed."},
	{models.ErrNotSettled, http.StatusConflict, "That can’t be marked yet", "The payout has not arrived, or its lines don’t come to what was sent. Nothing was changed."},
	{errOvertaken, http.StatusTooManyRequests, "Another download took its place", "Three tables at a time can be on their way to you. This one was given up for a newer one."},
	{errNoMail, http.StatusConflict, "Mail is not set up", "The service sends no mail, so no sample either. Whoever runs it sets SMTP_URL and MAIL_FROM. Nothing was changed."},
	{errForm, http.StatusUnsupportedMediaType, "We couldn’t read that", "The form came in a way we don’t understand. Nothing was changed."},
	{body.ErrTooLarge, http.StatusRequestEntityTooLarge, "That was too much to send", "The form held more than we can take. Nothing was changed."},
	{models.ErrBooksClosed, http.StatusServiceUnavailable, "Not ready yet", "The books can’t be reached. Please try again in a minute."},
	{password.ErrBusy, http.StatusServiceUnavailable, "Too many are signing in", "Please try again in a moment."},
}

var errNoMail = errors.New("mail is not set up")

// answer turns what a room returned as an error into where to go, or a page.
func (r *Rooms) answer(v *visit, err error) error {
	switch {
	case err == nil:
		return nil
	case v.Response().Committed: // what was sent of a table must not look like all of it
		r.failed(v, "", err)
		panic(http.ErrAbortHandler)
	case errors.Is(err, errSignIn):
		if err := r.toLogin(v); err != nil {
			return r.answer(v, err)
		}
		return nil
	case errors.Is(err, errSetUp):
		return v.Redirect(http.StatusSeeOther, accountPath)
	}
	if s, known := answerTo(err); known {
		unavailable(v, s.status)
		return r.render(v, s.status, "finance-problem", s.heading, problemView{Sentence: s.sentence})
	}
	reference := "E-" + rand.Text()[:8]
	r.failed(v, reference, err)
	sentence := "Please try again in a minute."
	if v.Request().Method != http.MethodGet {
		sentence = "Look whether what you did was done before you do it again."
	}
	return r.render(v, http.StatusInternalServerError, "finance-problem", "Something went wrong on our side", problemView{Sentence: sentence, Reference: reference})
}

// failed writes an error down, unless it is that whoever asked has gone.
func (r *Rooms) failed(v *visit, reference string, err error) {
	if v.ctx().Err() == nil {
		r.Log.Error("request failed", "reference", reference, "method", v.Request().Method, "route", v.Path(), "error", err)
	}
}

// answerTo finds an error's row.
func answerTo(err error) (answered, bool) {
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			return s, true
		}
	}
	return answered{}, false
}

// unavailable says when to come again, where that makes sense.
func unavailable(c echo.Context, status int) {
	if status == http.StatusServiceUnavailable {
		c.Response().Header().Set("Retry-After", "30")
	}
}

type problemView struct{ Sentence, Reference string }

// tooMany is how long to wait, in words and for a program.
func tooMany(c echo.Context, wait time.Duration) string {
	c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	minutes := int(math.Ceil(wait.Minutes()))
	if minutes <= 1 {
		return "Too many tries. Wait a minute, then try again."
	}
	return "Too many tries. Wait " + strconv.Itoa(minutes) + " minutes, then try again."
}
