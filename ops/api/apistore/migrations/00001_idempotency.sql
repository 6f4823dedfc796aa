-- +goose Up
-- What the API remembers beside the ledger. The schema is on the search path while this runs, as its owner.

-- A write that was taken on, and from its end on what it was answered.
CREATE TABLE idempotency (
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
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency TO ayni_api;

-- +goose Down
DROP TABLE idempotency;
