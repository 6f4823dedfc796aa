-- +goose Up
-- What the directory of pools remembers beside the ledger. The schema is on the search path while this runs, as its owner.

-- The newest checkpoint that was seen of a pool's log, by the key that signed it. It only moves forward.
CREATE TABLE seen (
    participant text NOT NULL CHECK (participant <> ''),
    log_key text NOT NULL CHECK (log_key <> ''),
    size bigint NOT NULL CHECK (size > 0),
    root text NOT NULL,
    note text NOT NULL, -- the checkpoint as it was signed
    public boolean NOT NULL, -- the pool showed something to everybody then
    noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    split text, -- another checkpoint that the same key signed, of a log that does not go with this one: for ever
    PRIMARY KEY (participant, log_key)
);
GRANT SELECT, INSERT, UPDATE (size, root, note, public, noticed_at, split) ON seen TO ayni_pools;

-- +goose Down
DROP TABLE seen;
