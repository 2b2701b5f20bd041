package password

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

// The bounds of a password, as NIST SP 800-63B-4 has them for one that stands
// alone, in characters. Nothing is asked of their kinds.
const (
	Shortest = 15
	Longest  = 256
)

// Refusal says why a password is not taken, in a sentence for whoever chose it.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// The refusals.
const (
	TooShort  = Refusal("The password is too short: use at least 15 characters. Three or four words that don’t belong together are easy to remember.")
	TooLong   = Refusal("The password is too long: use at most 256 characters.")
	TooCommon = Refusal("The password is too easy to guess: it is made of common passwords, of this organisation’s names, or of repetition. Use three or four words that don’t belong together.")
)

// Check returns a Refusal unless a password may be used. names are what a
// guesser would try first here: the organisation's, the campaign's, the
// person's own.
func Check(password string, names ...string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < Shortest:
		return TooShort
	case n > Longest:
		return TooLong
	}
	own := map[string]bool{}
	for _, name := range names {
		for _, word := range words(name) {
			own[word] = true
		}
	}
	for _, spelling := range []string{strings.ToLower(password), plain.Replace(strings.ToLower(password))} {
		if worth(spelling, own) < leastWorth {
			return TooCommon
		}
	}
	return nil
}

// words are a name, the same without what parts it, and its parts of three
// letters and more.
func words(name string) []string {
	parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !isWord(r) })
	all := []string{strings.ToLower(name), strings.Join(parts, "")}
	for _, part := range parts {
		if len(part) >= 3 {
			all = append(all, part)
		}
	}
	return all
}

func isWord(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= utf8.RuneSelf }

// plain undoes the spellings that stand for letters.
var plain = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i", "|", "l")

const (
	leastWorth = 12 // three words that don't belong together
	wordWorth  = 4  // one of some 40,000 words is no harder to guess than this many characters
	longest    = 64 // bytes; longer pieces are not looked for
)

// worth is how many characters a guesser really has to guess: one for each
// character but those that follow from the one before (aaa, 1234, dcba), four
// for a listed word of any length, one for a piece that stood there before.
func worth(password string, own map[string]bool) int {
	known := common()
	least := make([]int, len(password)+1) // least[i]: of the first i bytes
	for end := 1; end <= len(password); end++ {
		least[end] = least[end-1] + character(password, end-1)
		for from := max(0, end-longest); from <= end-3; from++ {
			piece, cost := password[from:end], wordWorth
			switch {
			case strings.Contains(password[:from], piece):
				cost = 1
			case !known[piece] && !own[piece]:
				continue
			}
			least[end] = min(least[end], least[from]+cost)
		}
	}
	return least[len(password)]
}

// character is what the byte at i adds. A character of several bytes counts
// once.
func character(password string, i int) int {
	if !utf8.RuneStart(password[i]) {
		return 0
	}
	if i == 0 {
		return 1
	}
	switch int(password[i]) - int(password[i-1]) {
	case -1, 0, 1, '0' - '9', '9' - '0':
		return 0
	}
	return 1
}

//go:embed common.txt
var list string

// common are passwords and words that are tried first, those of four
// characters and more.
var common = sync.OnceValue(func() map[string]bool {
	known := make(map[string]bool, 40_000)
	for word := range strings.Lines(list) {
		known[strings.TrimSuffix(word, "\n")] = true
	}
	return known
})
