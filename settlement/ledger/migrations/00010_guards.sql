-- +goose Up
SET ROLE ayni_owner;

-- What the check looks along: rows stand in the order of their batches, so an index of a few pages finds a
-- stretch of them. What moves money without a transfer is rare, and found without reading all that has one.
CREATE INDEX intent_batch ON ledger.intent USING brin (batch);
CREATE INDEX balance_batch ON ledger.balance USING brin (batch);
CREATE INDEX liquidity_batch ON ledger.liquidity USING brin (batch);
CREATE INDEX posting_without_transfer ON ledger.posting (batch) WHERE transfer IS NULL;

RESET ROLE;

-- +goose Down
DROP INDEX ledger.posting_without_transfer, ledger.liquidity_batch, ledger.balance_batch, ledger.intent_batch;
