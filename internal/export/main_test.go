package export_test

import (
	"os"
	"testing"

	"github.com/corruptionproject/appeal/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
