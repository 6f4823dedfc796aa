-- +goose Up
SET ROLE ayni_owner;

-- Instructions that waited for witnesses of the log, and the batch that told of them. Each waits that a batch gave after
-- the one of the first rule 'witnesses'.
CREATE TABLE ledger.instruction_told (
    instruction bigint PRIMARY KEY,
    batch       bigint NOT NULL
);
SELECT ledger.keep('ledger.instruction_told');
GRANT SELECT ON ledger.instruction_told TO ayni_engine, ayni_reader, ayni_auditor, ayni_pii;
GRANT INSERT ON ledger.instruction_told TO ayni_engine;
RESET ROLE;

-- +goose Down
-- Who was told is not forgotten again: a ledger goes forward.
SELECT 1 / 0;
