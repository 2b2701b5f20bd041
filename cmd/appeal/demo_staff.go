package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/corruptionproject/appeal/internal/config"
	"github.com/corruptionproject/appeal/internal/password"
	"github.com/corruptionproject/appeal/models"
)

// demoStaff is who may enter the demo's finance rooms.
const demoStaff = "staff@example.org"

// staff makes the demo's login on first use, and returns its password, which is
// kept in a file that only its owner can read. Where that file is gone the
// account gets another password.
func (d demoCommand) staff(ctx context.Context, conf config.Config, c models.Campaign) (typed string, err error) {
	store, err := models.Connect(ctx, models.Options{URL: conf.DatabaseURL.Reveal(), Slug: c.Slug, Currency: c.Currency})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.OpenBooks(ctx); err != nil {
		return "", err
	}
	path := filepath.Join(d.Data, "staff-password")
	kept, err := os.ReadFile(path)
	typed = strings.TrimSpace(string(kept))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the staff's password: %w; remove %s, or choose another --data", err, path)
	}
	known, unknown := store.FindStaff(ctx, demoStaff)
	if typed != "" && unknown == nil && known.DisabledAt == nil {
		return typed, nil
	}
	typed = rand.Text()
	hash, err := password.Hash(ctx, typed, rand.Reader)
	if err != nil {
		return "", err
	}
	if err := letIn(ctx, store, hash); err != nil {
		return "", err
	}
	return typed, os.WriteFile(path, []byte(typed+"\n"), 0o600) //nolint:gosec // in the folder that whoever runs the demo names
}

// letIn gives the demo's account a password, and makes or opens it where that
// is needed.
func letIn(ctx context.Context, store *models.Store, hash string) error {
	_, err := store.AddStaff(ctx, models.Operator, demoStaff, models.Admin, hash)
	if !errors.Is(err, models.ErrExists) {
		return err
	}
	if err := store.EnableStaff(ctx, models.Operator, demoStaff); err != nil {
		return err
	}
	return store.SetPassword(ctx, models.Operator, demoStaff, hash)
}
