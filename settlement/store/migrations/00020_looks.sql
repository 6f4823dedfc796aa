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

-- A rail's receipt is looked for now and then, and written with every transfer. So a stretch of outcomes has a filter
-- that says which receipts are not in it, made in the background once the stretch is full: 3 bytes an outcome, and
-- nothing while it is written.
CREATE INDEX outcome_rail_ref ON ledger.outcome USING brin (rail_ref text_bloom_ops (n_distinct_per_range = 4096, false_positive_rate = 0.01))
    WITH (pages_per_range = 32, autosummarize = on);

RESET ROLE;

-- +goose Down
DROP INDEX ledger.outcome_rail_ref, ledger.transfer_event_rare, ledger.batch_decided_at;
ALTER TABLE ledger.batch DROP COLUMN paid, DROP COLUMN returned, DROP COLUMN expired;
