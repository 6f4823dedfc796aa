-- +goose Up
SET ROLE ayni_owner;

-- From ayni-net-3 on a payload is the open line, which is signed and shows nobody. What is closed is sealed under keys
-- of persons, which the ledger does not have.
ALTER TABLE ledger.envelope ADD COLUMN closed bytea;

-- What the log keeps of a batch's messages: the lines between which the open lines of its envelopes stand. Together
-- they are the blob that the batch's entry names.
CREATE TABLE ledger.log_inputs (
    batch   bigint PRIMARY KEY,
    hash    bytea NOT NULL CHECK (octet_length(hash) = 32),
    headers bytea NOT NULL
);
SELECT ledger.keep('ledger.log_inputs');
GRANT SELECT ON ledger.log_inputs TO ayni_engine, ayni_reader, ayni_auditor, ayni_pii;
GRANT INSERT ON ledger.log_inputs TO ayni_engine;

-- Who asked for a command and who approved it, where two people had to.
ALTER TABLE ledger.command ADD COLUMN maker text NOT NULL DEFAULT '', ADD COLUMN checker text NOT NULL DEFAULT '';
RESET ROLE;

-- +goose Down
-- What the log names is not forgotten again: a ledger goes forward.
SELECT 1 / 0;
