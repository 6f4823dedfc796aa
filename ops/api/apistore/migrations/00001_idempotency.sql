-- +goose Up
-- What the API remembers beside the ledger. Its role has no right on the ledger's schema.
-- +goose StatementBegin
DO $$
BEGIN
    BEGIN
        CREATE ROLE ayni_api NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL; -- another database of this cluster made it
    END;
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        GRANT ayni_api TO CURRENT_USER;
    END IF;
END
$$;
-- +goose StatementEnd
CREATE SCHEMA api;
GRANT USAGE ON SCHEMA api TO ayni_api;

-- A write that was taken on, and from its end on what it was answered.
CREATE TABLE api.idempotency (
    subject text NOT NULL CHECK (subject <> ''),
    key text NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 255),
    request bytea NOT NULL CHECK (octet_length(request) = 32), -- SHA-256 over what was asked
    turn bigint NOT NULL DEFAULT 1, -- how often it was taken on
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    status integer, -- NULL while it is worked on
    header jsonb NOT NULL DEFAULT '{}',
    body bytea NOT NULL DEFAULT '',
    PRIMARY KEY (subject, key)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON api.idempotency TO ayni_api;

-- +goose Down
DROP SCHEMA api CASCADE;
