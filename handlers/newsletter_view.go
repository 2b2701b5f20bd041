package handlers

import "strings"

// newsletterStep is how far a reader has come on the way to the newsletter.
type newsletterStep int

const (
	newsletterForming   newsletterStep = iota // to be asked, or to be mended
	newsletterAsked                           // a mail asks to confirm
	newsletterConfirm                         // that mail's link was followed
	newsletterConfirmed                       // and its button pressed
	newsletterLinkGone                        // the link is good for nothing
)

// newsletterState is what a page about the newsletter shows.
type newsletterState struct {
	Step    newsletterStep
	Form    newsletterForm
	Problem problem
	Notice  string
}

// The sentences that pages and programs share.
const (
	checkInbox   = "Check your inbox to confirm."
	onTheList    = "You’re on the list."
	tooManyTries = "Too many tries. Wait a minute, then try again."
)

// signupView is the form that asks for the newsletter, in words.
type signupView struct {
	Heading string // of the section; on a page of its own the page has one
	Promise string
	Privacy string
	Email   string
	Problem string
	Notice  string
}

// signup is the form as it stands in another page, nil if there is no
// newsletter.
func (v *views) signup(heading string) *signupView {
	if !v.c.Newsletter.Offered() {
		return nil
	}
	return &signupView{Heading: heading, Promise: v.c.Newsletter.Promise, Privacy: v.c.Organisation.Privacy}
}

// boxView is the choice of the newsletter on the giving form. It is never
// ticked but by the reader.
type boxView struct {
	Name    string
	Checked bool
}

func (v *views) box(checked bool) *boxView {
	if !v.c.Newsletter.Offered() {
		return nil
	}
	return &boxView{Name: v.c.Newsletter.Name, Checked: checked}
}

// newsletterView is a page about the newsletter.
type newsletterView struct {
	Heading  string
	Sentence string
	Button   string // confirms, by a post to the page's own address
	Signup   *signupView
	Back     bool // leads back to the campaign
}

// newsletter draws a page about the newsletter. None shows an address, but the
// one that holds what its reader has just typed.
func (v *views) newsletter(s newsletterState) ([]byte, error) {
	name := v.c.Newsletter.Name
	view := newsletterView{Back: true}
	switch s.Step {
	case newsletterAsked:
		view.Heading = checkInbox
		view.Sentence = "We send a link to every address that is not on the list yet, and you’re on it once you follow the link. " +
			"It works for a week. If nothing comes, look among your spam."
	case newsletterConfirm:
		view.Heading, view.Sentence = "One more step", "Confirm that we may email you the "+name+"."
		view.Button, view.Back = "Confirm", false
	case newsletterConfirmed:
		view.Heading, view.Sentence = onTheList, "The next "+name+" will come to your inbox."
	case newsletterLinkGone:
		view.Heading = "This link doesn’t work any more"
		view.Sentence = "Links to confirm work for a week. Sign up once more, and we’ll send you a new one."
		view.Signup = v.signup("")
	default:
		view.Heading = "Sign up for the " + name
		view.Signup = v.signup("")
		view.Signup.Email, view.Signup.Problem, view.Signup.Notice = s.Form.Email, s.Problem.Message, s.Notice
	}
	out := v.page(strings.TrimSuffix(view.Heading, "."), view)
	out.Private = true
	if s.Problem.Message != "" {
		out.Title = "Error: " + out.Title
	}
	return v.site.Web.Render("newsletter", out)
}
