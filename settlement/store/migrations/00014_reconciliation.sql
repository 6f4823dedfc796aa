-- +goose Up
SET ROLE ayni_owner;

-- What a line of a statement said, so that it can be matched when the log catches up with it, on whatever day.
ALTER TABLE ledger.difference
    ADD COLUMN rail_order     text NOT NULL DEFAULT '',
    ADD COLUMN rail_alias     text NOT NULL DEFAULT '',
    ADD COLUMN rail_direction text NOT NULL DEFAULT '' CHECK (rail_direction IN ('', 'in', 'out')),
    ADD COLUMN rail_at        timestamptz;
CREATE INDEX difference_of ON ledger.difference (participant, day);

-- Each time that statements were put beside the log and the postings, for a participant and a day.
CREATE TABLE ledger.reconciliation (
    id          bigint      PRIMARY KEY CHECK (id > 0),
    participant text        NOT NULL,
    day         date        NOT NULL,
    statements  bytea       NOT NULL CHECK (octet_length(statements) = 32), -- SHA-256 over all that was read
    lines       bigint      NOT NULL CHECK (lines >= 0),
    matched     bigint      NOT NULL CHECK (matched BETWEEN 0 AND lines),
    ran_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What was a difference once and agrees since: the reconciliation that found it so resolved it, and nobody need.
CREATE TABLE ledger.difference_match (
    difference     text   PRIMARY KEY REFERENCES ledger.difference,
    reconciliation bigint NOT NULL REFERENCES ledger.reconciliation
);
SELECT ledger.keep('ledger.reconciliation'), ledger.keep('ledger.difference_match');
GRANT SELECT ON ledger.reconciliation, ledger.difference_match TO ayni_engine, ayni_reader, ayni_auditor, ayni_pii;
GRANT INSERT ON ledger.reconciliation, ledger.difference_match TO ayni_engine;
RESET ROLE;

-- +goose Down
-- What was reconciled is not forgotten again: a ledger goes forward.
SELECT 1 / 0;
