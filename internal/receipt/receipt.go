// Package receipt says in words what a receipt is: who gave what to whom, on
// which day, and what the tax office wants said of it. The mail, the page and
// the PDF are all drawn from one Document, so that they can't differ.
//
// It refuses to reckon what a gift comes to, which is the books' to say, to
// give tax advice, and to tell anything of a donor that a receipt needs not:
// no card number beyond its last four digits, no IP address, no id of the
// database's or of Stripe's.
package receipt

// Document is one receipt in finished words. What is empty is not shown.
type Document struct {
	Number  string // "Receipt No. 000123"
	Title   string // of the page: "Receipt No. 000123"
	Heading string // above the facts: "Receipt for your contribution"
	Date    string // it was issued on: "June 18, 2027"
	Subject string // of the mail

	Greeting    string // "Dear Jordan Sample,"; "" where no name is known
	Thanks      string // one sentence or two
	SignedName  string
	SignedTitle string

	Newsroom     string   // as readers know it, at the head of the page
	Organisation []string // legal name, address, EIN, a line each
	Help         string   // the address for questions

	Notice     string // why this is not the whole truth any more: void, amended, superseded
	Void       bool   // nothing of the contribution stands
	Superseded bool   // a newer document of the same gift stands instead

	Facts       []Fact   // donor, date, purpose, method, reference …
	Money       []Line   // the last is the sum
	Statements  []string // what the tax office wants said; the first is the one about goods or services, where there is one
	Advice      []string // plain sentences after them
	Schedule    []string // of a gift that repeats: how much, when, how to cancel
	Disclosures []string // the states' own sentences
	Reference   string   // "CP-…", what to quote
}

// Fact is one line of what was given. A value of several lines has several.
type Fact struct {
	Name  string
	Value []string
}

// Line is one amount: "$51.80", with its name.
type Line struct {
	Name  string
	Value string
	Total bool // what it comes to: set apart
}
