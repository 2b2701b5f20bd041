package body_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/corruptionproject/appeal/internal/body"
)

func TestABodyIsReadUpToItsBound(t *testing.T) {
	if got, err := body.Read(strings.NewReader("12345"), 5); string(got) != "12345" || err != nil {
		t.Errorf("five bytes of five: %q, %v", got, err)
	}
	if got, err := body.Read(strings.NewReader(""), 5); len(got) != 0 || err != nil {
		t.Errorf("none: %q, %v", got, err)
	}
	if got, err := body.Read(strings.NewReader("123456"), 5); got != nil || !errors.Is(err, body.ErrTooLarge) {
		t.Errorf("six bytes of five: %q, %v", got, err)
	}
}

func TestTheRestOfALargeBodyIsThrownAwayButNotForEver(t *testing.T) {
	counted := &counter{}
	if _, err := body.Read(counted, 1<<20); !errors.Is(err, body.ErrTooLarge) {
		t.Errorf("an endless body: %v", err)
	}
	if counted.read > 18<<20 {
		t.Errorf("%d bytes were read", counted.read)
	}
	broken := io.MultiReader(strings.NewReader("123456"), &failing{})
	if _, err := body.Read(broken, 5); !errors.Is(err, body.ErrTooLarge) || !errors.Is(err, errBroken) {
		t.Errorf("a body that breaks off: %v", err)
	}
}

type counter struct{ read int }

func (c *counter) Read(p []byte) (int, error) { c.read += len(p); return len(p), nil }

var errBroken = errors.New("broken")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }
