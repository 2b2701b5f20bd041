package handlers

import (
	"bytes"
	"context"
	"errors"

	"github.com/corruptionproject/appeal/internal/receipt"
)

// mostPrinting is how many PDFs may be wanted at once, the one that is drawn
// included. Each takes more of the machine than any page, and whoever has one
// receipt's link can ask for it without end: gifts must not wait for it.
const mostPrinting = 32

var errPrinting = errors.New("too many PDFs are wanted at once")

// printer draws PDFs one after another.
type printer struct {
	waiting chan struct{} // as many as may be wanted
	drawing chan struct{} // one
}

func newPrinter() printer {
	return printer{waiting: make(chan struct{}, mostPrinting), drawing: make(chan struct{}, 1)}
}

// draw draws a document when its turn comes. It returns errPrinting where
// too many are ahead of it.
func (p printer) draw(ctx context.Context, d receipt.Document) ([]byte, error) {
	select {
	case p.waiting <- struct{}{}:
		defer func() { <-p.waiting }()
	default:
		return nil, errPrinting
	}
	select {
	case p.drawing <- struct{}{}:
		defer func() { <-p.drawing }()
	case <-ctx.Done():
		return nil, errors.Join(errPrinting, ctx.Err())
	}
	var body bytes.Buffer
	err := d.PDF(&body)
	return body.Bytes(), err
}
