-- +goose Up
-- Who may come in. The schema is on the search path while this runs, as its owner. Of secrets there are only hashes:
-- who reads this can let nobody in. The role that runs has no right on the ledger, and the ledger's roles none here.

-- A person who signed in.
CREATE TABLE session (
    hash        bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    subject     text        NOT NULL CHECK (subject <> ''),
    name        text        NOT NULL,
    roles       text[]      NOT NULL,
    participant text        NOT NULL,
    begun_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(), -- to a minute
    ends_at     timestamptz NOT NULL,
    CHECK (roles && ARRAY['participant', 'pool'] = (participant <> ''))
);
CREATE INDEX session_subject ON session (subject, begun_at);
CREATE INDEX session_ends ON session (ends_at);

-- A link that signs its bearer in, once.
CREATE TABLE link (
    hash        bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    subject     text        NOT NULL CHECK (subject <> ''),
    name        text        NOT NULL,
    roles       text[]      NOT NULL,
    participant text        NOT NULL,
    ends_at     timestamptz NOT NULL,
    CHECK (roles && ARRAY['participant', 'pool'] = (participant <> ''))
);

CREATE TABLE machine (
    name        text        PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{0,62}$'),
    roles       text[]      NOT NULL CHECK (NOT 'approver' = ANY (roles)), -- the second pair of eyes is a person's
    participant text        NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at  timestamptz,
    CHECK (roles && ARRAY['participant', 'pool'] = (participant <> ''))
);

-- What a machine proves itself by: up to two secrets, so that one can take the other's place without a gap.
CREATE TABLE secret (
    hash    bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    machine text        NOT NULL REFERENCES machine,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX secret_machine ON secret (machine);

-- Or certificates: one by its fingerprint, or all that verify and bear a name.
CREATE TABLE certificate (
    kind    text NOT NULL CHECK (kind IN ('sha256', 'name')),
    value   text NOT NULL CHECK (value <> ''),
    machine text NOT NULL REFERENCES machine,
    PRIMARY KEY (kind, value)
);

-- What a machine got for its secret, for some minutes.
CREATE TABLE token (
    hash    bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    machine text        NOT NULL REFERENCES machine,
    ends_at timestamptz NOT NULL
);
CREATE INDEX token_machine ON token (machine, ends_at);

-- What happened here, for whoever asks later. Rows are added, and never changed.
CREATE TABLE event (
    id     bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind   text        NOT NULL,
    who    text        NOT NULL, -- whom it is about
    actor  text        NOT NULL  -- who did it
);
CREATE INDEX event_who ON event (who, id);

GRANT SELECT, INSERT, DELETE ON session, link, secret, certificate, token TO ayni_access;
GRANT UPDATE (seen_at) ON session TO ayni_access;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON machine TO ayni_access;
GRANT SELECT, INSERT ON event TO ayni_access;
