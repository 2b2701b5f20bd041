// Package password keeps what staff sign in with: which passwords are taken,
// and how they are stored.
//
// It refuses to know whose a password is, and to remember one: what is stored
// is a hash that costs time and memory to try. It hashes for two at once at
// the most, in the whole process, so that a flood of sign-ins leaves the
// machine to those who give. Those who are known wait for no flood of strangers.
package password

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// ErrBusy says that too many wait to have a password hashed. It is worth a try in a
// moment.
var ErrBusy = errors.New("too many passwords are being tried at once")

// The parameters of Argon2id are the first of those that OWASP's password
// storage sheet gives: 19 MiB, two passes, one thread.
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
const (
	memory  = 19 * 1024 // KiB
	passes  = 2
	threads = 1
	saltLen = 16
	hashLen = 32
)

// form is how a hash is written, in the PHC string format.
const form = "$argon2id$v=19$m=19456,t=2,p=1$"

// slots are the hashes that may be reckoned at once: never more than two, and
// never on more than half of the processors where there are several.
var slots = make(chan struct{}, min(2, max(1, runtime.GOMAXPROCS(0)/2)))

// first is the place of the one stranger who waits for a slot. All others wait
// behind, so that whoever is known comes after one of them at the most.
var first = make(chan struct{}, 1)

// Waiting is in which line somebody waits for a slot.
type Waiting int

// The lines.
const (
	Stranger Waiting = iota // anybody who comes to the door
	Known                   // who was here before, is signed in or was invited
)

// reckoned counts what was reckoned, and is what a test holds the door to.
var reckoned atomic.Int64

// Reckoned is how many hashes this process has spent its time on.
func Reckoned() int64 { return reckoned.Load() }

// patience is how long somebody waits for a slot.
const patience = 5 * time.Second

// Hash makes what is stored of a password. Every byte of it counts. No stranger
// may have one made.
func Hash(ctx context.Context, password string, random io.Reader) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("password: read randomness: %w", err)
	}
	sum, err := reckon(ctx, Known, password, salt)
	if err != nil {
		return "", err
	}
	return form + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(sum), nil
}

// Matches reports whether a password is the one that was hashed. An empty or
// unreadable hash matches nothing, and takes as long to say so.
func Matches(ctx context.Context, who Waiting, hash, password string) (bool, error) {
	salt, want, readable := parse(hash)
	sum, err := reckon(ctx, who, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, want) == 1 && readable, nil
}

// parse reads a hash; of one that can't be read it gives a salt and a sum to
// spend the same time on.
func parse(hash string) (salt, sum []byte, readable bool) {
	rest, known := strings.CutPrefix(hash, form)
	first, second, whole := strings.Cut(rest, "$")
	salt, saltErr := base64.RawStdEncoding.DecodeString(first)
	sum, sumErr := base64.RawStdEncoding.DecodeString(second)
	if !known || !whole || saltErr != nil || sumErr != nil || len(salt) != saltLen || len(sum) != hashLen {
		return make([]byte, saltLen), make([]byte, hashLen), false
	}
	return salt, sum, true
}

func reckon(ctx context.Context, who Waiting, password string, salt []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrBusy)
	defer cancel()
	if err := wait(ctx, who); err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	defer func() { <-slots }()
	reckoned.Add(1)
	return argon2.IDKey([]byte(password), salt, passes, memory, threads, hashLen), nil
}

// wait takes a slot once it is somebody's turn.
func wait(ctx context.Context, who Waiting) error {
	if who == Stranger {
		select {
		case first <- struct{}{}:
			defer func() { <-first }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
