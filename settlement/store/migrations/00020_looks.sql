-- +goose Up
SET ROLE ayni_owner;

-- How many transfers ended in a batch, counted when it is written: whoever watches adds up batches and looks at no
-- transfer. Batches of before say nothing.
ALTER TABLE ledger.batch
    ADD COLUMN paid     integer NOT NULL DEFAULT 0,
    ADD COLUMN returned integer NOT NULL DEFAULT 0,
    ADD COLUMN expired  integer NOT NULL DEFAULT 0;
CREATE INDEX batch_decided_at ON ledger.batch (decided_at);

-- Few transfers come into these states: the others are only asked whether they did.
CREATE INDEX transfer_event_rare ON ledger.transfer_event (state, transfer) WHERE state IN ('return_pending', 'returned', 'expired');

RESET ROLE;

-- +goose Down
DROP INDEX ledger.transfer_event_rare, ledger.batch_decided_at;
ALTER TABLE ledger.batch DROP COLUMN paid, DROP COLUMN returned, DROP COLUMN expired;
