-- +goose Up

-- PostgreSQL has no insert that replaces a row without changing or deleting it.
SELECT 1;
