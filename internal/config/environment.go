package config

import (
	"errors"
	"io/fs"
	"strings"
)

// Mistake is one variable that can't be used, and how to mend it. It never
// holds the variable's value.
type Mistake struct {
	Variable string
	Text     string
}

// String writes a mistake as "APPEAL_BASE_URL: …".
func (m Mistake) String() string { return m.Variable + ": " + m.Text }

// Mistakes is the error of an environment that is refused: all that is wrong
// with it.
type Mistakes []Mistake

// Error writes one mistake a line.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, mistake := range m {
		lines[i] = mistake.String()
	}
	return strings.Join(lines, "\n")
}

// environment reads variables and gathers what is wrong with them.
type environment struct {
	getenv   func(string) string
	readFile func(string) ([]byte, error)
	mistakes Mistakes
}

func (e *environment) refuse(name, text string) {
	e.mistakes = append(e.mistakes, Mistake{Variable: name, Text: text})
}

// get reads a variable that holds no secret.
func (e *environment) get(name, fallback string) string {
	if value := strings.TrimSpace(e.getenv(name)); value != "" {
		return value
	}
	return fallback
}

// secret reads a variable that holds a secret, or the file that NAME_FILE
// names. False says that a mistake was reported and none is to be added.
func (e *environment) secret(name string) (string, bool) {
	value, path := e.get(name, ""), e.get(name+"_FILE", "")
	switch {
	case path == "":
		return value, true
	case value != "":
		e.refuse(name, "is set, and so is "+name+"_FILE; unset one of them")
		return "", false
	}
	text, err := e.readFile(path)
	if err != nil {
		e.refuse(name+"_FILE", "the file it names can't be read: "+reason(err))
		return "", false
	}
	value = strings.TrimSpace(string(text))
	if value == "" {
		e.refuse(name+"_FILE", "the file it names is empty; write the secret into it, or unset the variable")
		return "", false
	}
	return value, true
}

// needSecret is secret for one that must be there.
func (e *environment) needSecret(name, what string) (string, bool) {
	value, ok := e.secret(name)
	if ok && value == "" {
		e.refuse(name, "is not set; set it (or "+name+"_FILE) to "+what)
		return "", false
	}
	return value, ok
}

// reason is what went wrong with a file, without its path: a secret put where
// a path belongs would stand there.
func reason(err error) string {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err.Error()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fs.ErrNotExist.Error()
	case errors.Is(err, fs.ErrPermission):
		return fs.ErrPermission.Error()
	}
	return "reading failed"
}
