-- +goose Up
SET ROLE ayni_owner;

-- How good each batch's choice was, in weighted value. Batches that had nothing to choose, or were decided
-- before this was measured, have no tier.
ALTER TABLE ledger.batch
    ADD COLUMN tier       text   NOT NULL DEFAULT '' CHECK (tier IN ('', 'A', 'B', 'C')), -- that found the choice
    ADD COLUMN reached    bigint NOT NULL DEFAULT 0, -- by what was chosen
    ADD COLUMN bound      bigint NOT NULL DEFAULT 0, -- no choice can reach more
    ADD COLUMN fifo       bigint NOT NULL DEFAULT 0, -- what first-in-first-out would have reached
    ADD COLUMN iterations bigint NOT NULL DEFAULT 0,
    ADD COLUMN numeraire  text   NOT NULL DEFAULT '', -- what values are counted in, finer by 10^6 than one of it
    ADD COLUMN coarser    integer NOT NULL DEFAULT 0, -- and then coarser by this power of two
    ADD COLUMN returns    integer NOT NULL DEFAULT 0, -- that it chose from, before anything else
    ADD COLUMN alarm      text   NOT NULL DEFAULT ''; -- tiers whose choice was thrown away at the last gate

RESET ROLE;

-- +goose Down
ALTER TABLE ledger.batch
    DROP COLUMN tier, DROP COLUMN reached, DROP COLUMN bound, DROP COLUMN fifo, DROP COLUMN iterations,
    DROP COLUMN numeraire, DROP COLUMN coarser, DROP COLUMN returns, DROP COLUMN alarm;
