package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// mostCaptured is how many mails a folder keeps. Older ones are deleted.
const mostCaptured = 2000

// Capture keeps mails in a folder instead of sending them: each in a file
// that its owner alone can read, numbered as they came. One process at a time
// may write to a folder.
type Capture struct {
	dir *os.Root
	now func() time.Time

	mu   sync.Mutex
	last int   // the newest mail's number
	kept []int // ascending
}

var capturedFile = regexp.MustCompile(`^([0-9]{8})\.eml$`)

func capturedName(number int) string { return fmt.Sprintf("%08d.eml", number) }

// OpenCapture opens a folder for captured mails, and makes it if need be. The
// clock is for the Date of mails; nil is the machine's own.
func OpenCapture(dir string, now func() time.Time) (*Capture, error) {
	if now == nil {
		now = time.Now //nolint:forbidigo // the clock's default, for the one caller that is the program
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for captured mail: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder for captured mail: %w", err)
	}
	c := &Capture{dir: root, now: now}
	files, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("list captured mail: %w", err), root.Close())
	}
	for _, file := range files {
		if match := capturedFile.FindStringSubmatch(file.Name()); match != nil {
			number, err := strconv.Atoi(match[1])
			if err != nil {
				return nil, errors.Join(err, root.Close())
			}
			c.kept = append(c.kept, number)
			c.last = number
		}
	}
	return c, nil
}

// Close gives the folder back.
func (c *Capture) Close() error { return c.dir.Close() }

// Send keeps each message, as it would have gone over the line.
func (c *Capture) Send(ctx context.Context, messages []Message) []error {
	errs := make([]error, len(messages))
	for i, m := range messages {
		if errs[i] = ctx.Err(); errs[i] == nil {
			errs[i] = c.keep(m)
		}
	}
	return errs
}

// Check has nothing to try: the folder is open.
func (c *Capture) Check(context.Context) error { return nil }

func (c *Capture) keep(m Message) error {
	e, err := compose(m, c.now())
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Under another name first: nobody reads half a mail.
	const half = "half.tmp"
	if err := c.dir.WriteFile(half, e.raw, 0o600); err != nil {
		return fmt.Errorf("capture a mail: %w", err)
	}
	if err := c.dir.Rename(half, capturedName(c.last+1)); err != nil {
		return fmt.Errorf("capture a mail: %w", err)
	}
	c.last++
	c.kept = append(c.kept, c.last)
	for len(c.kept) > mostCaptured {
		if err := c.dir.Remove(capturedName(c.kept[0])); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("drop the oldest captured mail: %w", err)
		}
		c.kept = c.kept[1:]
	}
	return nil
}

// Forget deletes the mails of which about says so.
func (c *Capture) Forget(about func(Captured) (bool, error)) error {
	c.mu.Lock()
	kept := slices.Clone(c.kept)
	c.mu.Unlock()
	for _, number := range kept {
		m, err := c.Read(strings.TrimSuffix(capturedName(number), ".eml"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		forget := err != nil // what can't be read may be of anybody
		if err == nil {
			if forget, err = about(m); err != nil {
				return err
			}
		}
		if !forget {
			continue
		}
		if err := c.dir.Remove(capturedName(number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete a captured mail: %w", err)
		}
	}
	return nil
}

// List reads the newest mails back, newest first, at most so many.
func (c *Capture) List(most int) ([]Captured, error) {
	c.mu.Lock()
	newest := slices.Clone(c.kept[max(0, len(c.kept)-most):])
	c.mu.Unlock()
	slices.SortFunc(newest, func(a, b int) int { return cmp.Compare(b, a) })
	var mails []Captured
	for _, number := range newest {
		m, err := c.Read(strings.TrimSuffix(capturedName(number), ".eml"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // dropped since, or deleted by hand
		}
		if err != nil {
			return nil, err
		}
		mails = append(mails, m)
	}
	return mails, nil
}

// Read reads one mail back, fs.ErrNotExist if there is none of this ID.
func (c *Capture) Read(id string) (Captured, error) {
	if !capturedFile.MatchString(id + ".eml") {
		return Captured{}, fs.ErrNotExist
	}
	raw, err := c.dir.ReadFile(id + ".eml")
	if err != nil {
		return Captured{}, fmt.Errorf("read captured mail: %w", err)
	}
	m, err := Parse(raw)
	m.ID = id
	return m, err
}
