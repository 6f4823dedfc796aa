-- +goose Up
-- When a machine last came in: by a token that it got, or by a certificate, to a minute. One that nobody uses any more
-- is one to revoke.
ALTER TABLE machine ADD COLUMN seen_at timestamptz;
GRANT UPDATE (seen_at) ON machine TO ayni_access;
