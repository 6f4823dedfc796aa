-- +goose Up
SET ROLE ayni_owner;

-- What participants said of their own rails, and that they said nothing any more: the newest row of each is what the
-- switch says. One without any has always been up.
CREATE TABLE ledger.rail_health (
    participant integer     NOT NULL,
    batch       bigint      NOT NULL,
    place       integer     NOT NULL, -- in the batch
    sequence    bigint,               -- of the message that says it
    state       text        NOT NULL CHECK (state IN ('up', 'down', 'silent')),
    since       timestamptz NOT NULL,
    said_at     timestamptz NOT NULL, -- by the participant's clock
    waiting     bigint      NOT NULL CHECK (waiting >= 0),
    PRIMARY KEY (participant, batch, place),
    CHECK ((sequence IS NULL) = (state = 'silent'))
);
SELECT ledger.keep('ledger.rail_health');
GRANT SELECT ON ledger.rail_health TO ayni_engine, ayni_reader, ayni_auditor, ayni_pii;
GRANT INSERT ON ledger.rail_health TO ayni_engine;
RESET ROLE;

-- +goose Down
-- What rails said is not forgotten again: a ledger goes forward.
SELECT 1 / 0;
