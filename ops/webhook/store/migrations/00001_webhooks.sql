-- +goose Up
-- Who is told of events by HTTP, and how that goes. The schema is on the search path while this runs, as its owner. What
-- the events say is in the ledger alone, and no key is here.

CREATE TABLE endpoint (
    id            bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    owner         text        NOT NULL, -- a participant; '' of the switch's staff
    url           text        NOT NULL CHECK (octet_length(url) BETWEEN 1 AND 2048),
    about         text        NOT NULL CHECK (octet_length(about) <= 400),
    types         text[]      NOT NULL, -- all of none
    paused        text        NOT NULL DEFAULT '', -- why nothing is sent
    made_by       text        NOT NULL CHECK (made_by <> ''),
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    position      bigint      NOT NULL CHECK (position >= 0), -- in the ledger's outbox, of what was last looked at
    salt          bytea       NOT NULL CHECK (octet_length(salt) = 16),
    generation    integer     NOT NULL DEFAULT 1, -- of the key that is derived for it
    key_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    old_until     timestamptz, -- until when the generation before signs too
    failures      integer     NOT NULL DEFAULT 0, -- since it last took something
    failing_since timestamptz,
    rests_until   timestamptz NOT NULL DEFAULT '-infinity',
    took_at       timestamptz
);
CREATE INDEX endpoint_owner ON endpoint (owner, id);

CREATE TABLE delivery (
    id       bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    endpoint bigint      NOT NULL REFERENCES endpoint ON DELETE CASCADE,
    event    text        NOT NULL,
    type     text        NOT NULL,
    outbox   bigint      NOT NULL, -- the message that tells it; 0 of a ping
    at       timestamptz NOT NULL, -- when it happened
    state    text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dropped')),
    attempts integer     NOT NULL DEFAULT 0,
    strikes  integer     NOT NULL DEFAULT 0, -- of them, those held against the event itself
    due_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    UNIQUE (endpoint, event),
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE INDEX delivery_waiting ON delivery (endpoint, id) WHERE state = 'waiting';
CREATE INDEX delivery_newest ON delivery (endpoint, id DESC);
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE attempt (
    delivery bigint      NOT NULL REFERENCES delivery ON DELETE CASCADE,
    number   integer     NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    status   integer     NOT NULL, -- of HTTP, 0 where there was no answer
    took_ms  bigint      NOT NULL,
    reason   text        NOT NULL CHECK (octet_length(reason) <= 400), -- why it failed, '' where it did not
    PRIMARY KEY (delivery, number)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON endpoint, delivery, attempt TO ayni_webhook;

-- +goose Down
DROP TABLE attempt, delivery, endpoint;
