-- +goose Up
SET ROLE ayni_owner;

-- Witnesses that know another log than this ledger's: a fork, a ledger that was put back from a copy, or a witness that
-- lies. People find out which. The first word of a witness each day stands for all that it repeats.
CREATE TABLE ledger.split_view (
    witness    text        NOT NULL CHECK (octet_length(witness) BETWEEN 1 AND 1024),
    day        date        NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')::date,
    size       bigint      NOT NULL CHECK (size > 0), -- of the checkpoint that it did not cosign
    said       text        NOT NULL CHECK (octet_length(said) <= 16384),
    noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (witness, day)
);
SELECT ledger.keep('ledger.split_view');
GRANT SELECT ON ledger.split_view TO ayni_engine, ayni_reader, ayni_auditor, ayni_pii;
GRANT INSERT ON ledger.split_view TO ayni_engine;
RESET ROLE;

-- +goose Down
-- What witnesses said is not forgotten again: a ledger goes forward.
SELECT 1 / 0;
