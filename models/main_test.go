package models_test

import (
	"os"
	"testing"

	"github.com/corruptionproject/appeal/internal/pgtest"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(asBookkeeper); address != "" {
		keepBooks(address)
		os.Exit(0)
	}
	os.Exit(pgtest.Main(m))
}
