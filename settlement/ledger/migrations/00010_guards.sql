-- +goose Up
SET ROLE ayni_owner;

-- What the check looks along: rows stand in the order of their batches, so an index of a few pages finds a
-- stretch of them. What moves money without a transfer is rare, and found without reading all that has one.
CREATE INDEX intent_batch ON ledger.intent USING brin (batch);
CREATE INDEX balance_batch ON ledger.balance USING brin (batch);
CREATE INDEX liquidity_batch ON ledger.liquidity USING brin (batch);
CREATE INDEX posting_without_transfer ON ledger.posting (batch) WHERE transfer IS NULL;

-- What became of dead letters that were taken in again, and who asked for it and why.
CREATE TABLE ledger.letter_replay (
    command        bigint  PRIMARY KEY,
    batch          bigint  NOT NULL,
    participant    integer NOT NULL,
    sequence       bigint  NOT NULL,
    place          integer NOT NULL,
    asker          text    NOT NULL,
    reason         text    NOT NULL,
    fault          text    NOT NULL, -- why it was refused again, '' where it was taken in
    detail         text    NOT NULL,
    transfers      integer NOT NULL CHECK (transfers >= 0), -- that it became, with consecutive ids from the first on
    first_transfer bigint,
    CHECK ((transfers = 0) = (first_transfer IS NULL)),
    CHECK (fault = '' OR transfers = 0)
);
CREATE UNIQUE INDEX letter_replay_once ON ledger.letter_replay (participant, sequence, place) WHERE fault = '';

-- Signing keys that took the place of earlier ones. A participant's first is in the command that admitted it.
CREATE TABLE ledger.key_rotation (
    command     bigint  PRIMARY KEY,
    batch       bigint  NOT NULL,
    participant integer NOT NULL,
    signing_key text    NOT NULL
);
GRANT SELECT ON ledger.letter_replay, ledger.key_rotation TO ayni_engine, ayni_reader;
GRANT INSERT ON ledger.letter_replay, ledger.key_rotation TO ayni_engine;

RESET ROLE;

-- +goose Down
DROP TABLE ledger.key_rotation, ledger.letter_replay;
DROP INDEX ledger.posting_without_transfer, ledger.liquidity_batch, ledger.balance_batch, ledger.intent_batch;
