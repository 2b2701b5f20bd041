// Package typeface holds Source Serif 4 in the two weights that pictures and
// receipts are set in, with letters for Latin, Greek and Cyrillic.
//
// It refuses to be a style: it hands out Adobe's own files, unpacked, and knows
// neither sizes nor colours.
package typeface

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"sync"
)

//go:embed *.gz LICENSE
var files embed.FS

// Weight is how heavy the letters are.
type Weight string

// The weights there are.
const (
	Regular  Weight = "Regular"
	Semibold Weight = "Semibold"
)

var unpacked = map[Weight]func() ([]byte, error){
	Regular:  sync.OnceValues(func() ([]byte, error) { return unpack(Regular) }),
	Semibold: sync.OnceValues(func() ([]byte, error) { return unpack(Semibold) }),
}

// TTF returns a weight's TrueType file. It is unpacked once and shared: nobody
// may write to it.
func TTF(w Weight) ([]byte, error) {
	of, known := unpacked[w]
	if !known {
		return nil, fmt.Errorf("typeface: there is no weight %q", w)
	}
	return of()
}

// Licence returns the licence that came with the files (OFL 1.1).
func Licence() ([]byte, error) { return files.ReadFile("LICENSE") }

func unpack(w Weight) ([]byte, error) {
	name := "SourceSerif4-" + string(w) + ".ttf.gz"
	packed, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("typeface: %w", err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("typeface: %s: %w", name, err)
	}
	body, err := io.ReadAll(z)
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("typeface: %s: %w", name, err)
	}
	return body, nil
}
