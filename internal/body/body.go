// Package body reads request bodies up to a bound.
//
// It refuses to hold more than the bound, however much is sent.
package body

import (
	"errors"
	"fmt"
	"io"
)

// ErrTooLarge says that the body is larger than the bound.
var ErrTooLarge = errors.New("the body is too large")

// drained is how much of an oversized body is read and thrown away, so that a
// client that sends everything before it listens still hears the answer. From
// one that sends more the connection is cut.
const drained = 16 << 20

// Read returns a body of at most the given number of bytes, or ErrTooLarge.
func Read(body io.Reader, most int64) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, most+1))
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	if int64(len(read)) <= most {
		return read, nil
	}
	return nil, drain(body)
}

// Skip reads a body of at most the given number of bytes and keeps nothing of
// it. It returns ErrTooLarge as Read does.
func Skip(body io.Reader, most int64) ([]byte, error) {
	n, err := io.Copy(io.Discard, io.LimitReader(body, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the body: %w", err)
	case n <= most:
		return nil, nil
	}
	return nil, drain(body)
}

func drain(body io.Reader) error {
	if _, err := io.CopyN(io.Discard, body, drained); err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(ErrTooLarge, err)
	}
	return ErrTooLarge
}
