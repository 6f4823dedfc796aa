-- +goose Up
SET ROLE ayni_owner;

-- Whose keys were destroyed, by the file of keys and the person's path in it, which names nobody without that file: a
-- file that comes back from a backup loses them again.
CREATE TABLE ledger.person_erased (
    keys        bytea       NOT NULL CHECK (octet_length(keys) = 8),
    path        bigint      NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (keys, path)
);
SELECT ledger.keep('ledger.person_erased');
GRANT SELECT ON ledger.person_erased TO ayni_engine, ayni_reader, ayni_auditor, ayni_pii;
GRANT INSERT ON ledger.person_erased TO ayni_engine;
RESET ROLE;

-- +goose Down
-- Who was erased is not forgotten again: a ledger goes forward.
SELECT 1 / 0;
