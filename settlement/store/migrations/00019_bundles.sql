-- +goose Up
SET ROLE ayni_owner;

-- Transfers that clear with others or not at all. The first three columns name the bundle: all its legs say them alike.
CREATE TABLE ledger.bundle_leg (
    bundle   text    NOT NULL,
    legs     integer NOT NULL CHECK (legs BETWEEN 2 AND 64),
    digest   text    NOT NULL,
    place    integer NOT NULL CHECK (place BETWEEN 1 AND legs),
    transfer bigint  NOT NULL,
    batch    bigint  NOT NULL,
    PRIMARY KEY (transfer)
);
CREATE UNIQUE INDEX bundle_leg_place ON ledger.bundle_leg (digest, bundle, legs, place);

-- How bundles ended: all legs cleared in one batch, or one was refused or ended, and so did the others. One that is
-- remembered is told to legs that come later.
CREATE TABLE ledger.bundle_end (
    batch       bigint  NOT NULL,
    place       integer NOT NULL, -- in the batch
    bundle      text    NOT NULL,
    legs        integer NOT NULL,
    digest      text    NOT NULL,
    state       text    NOT NULL CHECK (state IN ('cleared', 'broken')),
    participant integer,          -- whose leg broke it; none where a rule did
    remembered  boolean NOT NULL,
    PRIMARY KEY (batch, place)
);
CREATE UNIQUE INDEX bundle_end_cleared ON ledger.bundle_end (digest, bundle, legs) WHERE state = 'cleared';
CREATE INDEX bundle_end_remembered ON ledger.bundle_end (batch) WHERE remembered;
SELECT ledger.keep('ledger.bundle_leg'), ledger.keep('ledger.bundle_end');
GRANT SELECT ON ledger.bundle_leg, ledger.bundle_end TO ayni_engine, ayni_reader, ayni_auditor, ayni_pii;
GRANT INSERT ON ledger.bundle_leg, ledger.bundle_end TO ayni_engine;
RESET ROLE;

-- +goose Down
-- What belongs together is not forgotten again: a ledger goes forward.
SELECT 1 / 0;
