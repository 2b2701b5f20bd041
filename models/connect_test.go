package models_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"sync"
	"testing"

	"github.com/corruptionproject/appeal/models"
)

func TestAFileThatIsLockedForAWhileIsOpenedOnALaterTry(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "books.db")
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	held, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	// The first try gives up after SQLite's own patience; the lock goes with it.
	tried := make(chan struct{})
	go func() {
		<-tried
		_ = held.Rollback()
	}()
	store, err := models.Connect(afterFirstTry(t.Context(), tried), models.Options{
		URL: "sqlite:" + path, Slug: "campaign", Currency: "usd",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// watched tells when somebody first waits for it to end, as Connect does
// between two tries.
type watched struct {
	context.Context
	once  sync.Once
	asked chan struct{}
}

func (w *watched) Done() <-chan struct{} {
	w.once.Do(func() { close(w.asked) })
	return w.Context.Done()
}

func afterFirstTry(ctx context.Context, tried chan struct{}) context.Context {
	return &watched{Context: ctx, asked: tried}
}
