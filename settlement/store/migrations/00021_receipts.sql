-- +goose Up
SET ROLE ayni_owner;

-- Which blocks of outcomes cannot have a receipt: 2 bytes an outcome, written when vacuum or autovacuum comes by, so that a
-- batch pays nothing for it. 32 blocks hold some 2,400 outcomes, of which a look reads one in a hundred by mistake, and all of
-- the blocks that were not summarised yet. A tree of receipts doubled the time that an outcome takes to insert.
CREATE INDEX outcome_receipt ON ledger.outcome USING brin (rail_ref text_bloom_ops (n_distinct_per_range = 2500, false_positive_rate = 0.01))
    WITH (pages_per_range = 32, autosummarize = on);

RESET ROLE;

-- +goose Down
DROP INDEX ledger.outcome_receipt;
