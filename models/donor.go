package models

import (
	"regexp"
	"time"
)

// Donor is whoever gave: an e-mail, trimmed and lower-cased, nothing else
// folded. A gift without an e-mail is a donor of its own.
type Donor struct {
	ID        string `gorm:"primaryKey"`
	Email     *string
	Gifts     int64 // gifts of theirs that count now
	CreatedAt time.Time
	ErasedAt  *time.Time // when all of the person was forgotten; nil for everybody else
}

var emails = regexp.MustCompile(`([^\s@<>"]?)[^\s@<>"]*@([^\s@<>"]?)[^\s@<>"]*`)

// MaskEmails leaves of every e-mail in a text no more than tells two people
// apart, for whoever may see no donor.
func MaskEmails(text string) string { return emails.ReplaceAllString(text, "$1…@$2…") }
