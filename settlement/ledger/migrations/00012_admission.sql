-- +goose Up
SET ROLE ayni_owner;

-- What batches took from screening, where it said more than that an intent may pass: an input like the intent
-- itself. What it denied became no transfer, so it stands by the place of the intent's message.
CREATE TABLE ledger.screen_verdict (
    participant integer NOT NULL,
    sequence    bigint  NOT NULL, -- of the envelope, and the place in it
    place       integer NOT NULL,
    batch       bigint  NOT NULL,
    decision    text    NOT NULL CHECK (decision IN ('allow', 'hold', 'deny')),
    list        text    NOT NULL,
    rule        text    NOT NULL,
    PRIMARY KEY (participant, sequence, place, batch)
);
CREATE INDEX screen_verdict_batch ON ledger.screen_verdict (batch);
CREATE INDEX intent_screened ON ledger.intent (batch) WHERE fault = 'screened';
SELECT ledger.keep('ledger.screen_verdict');

GRANT SELECT ON ledger.screen_verdict TO ayni_engine, ayni_reader, ayni_auditor, ayni_pii;
GRANT INSERT ON ledger.screen_verdict TO ayni_engine;
RESET ROLE;

-- +goose Down
-- What screening said is not forgotten again: a ledger goes forward.
SELECT 1 / 0;
