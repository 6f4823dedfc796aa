-- +goose Up
SET ROLE ayni_owner;

-- Who may send and receive, as of the last command that changed it. History is in the settlement log.
CREATE TABLE ledger.participant (
    id                     integer PRIMARY KEY,
    name                   text    NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9-]{1,31}$'),
    country                text    NOT NULL,
    currency               text    NOT NULL,
    role                   text    NOT NULL CHECK (role IN ('operator', 'pool', 'provider')),
    signing_key            text    NOT NULL,
    suspended              boolean NOT NULL,
    payout_increment_minor bigint  NOT NULL CHECK (payout_increment_minor > 0),
    payout_min_minor       bigint  NOT NULL CHECK (payout_min_minor > 0),
    payout_max_minor       bigint  NOT NULL CHECK (payout_max_minor >= payout_min_minor)
);

-- participant 0 is the scheme itself.
CREATE TABLE ledger.account (
    id          bigint  PRIMARY KEY,
    participant integer NOT NULL,
    kind        text    NOT NULL CHECK (kind IN
        ('position', 'settlement', 'collateral', 'fee', 'fx', 'residual', 'agent', 'suspense')),
    currency    text    NOT NULL,
    UNIQUE (participant, kind, currency)
);

CREATE TABLE ledger.batch (
    id         bigint      PRIMARY KEY,
    epoch      bigint      NOT NULL,
    settlement_window bigint NOT NULL,
    decided_at timestamptz NOT NULL, -- the batch's clock: every deadline and expiry was judged by it
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    intents    integer     NOT NULL, -- accepted into the queue by this batch
    cleared    integer     NOT NULL,
    queued     integer     NOT NULL, -- still waiting after this batch
    log_index  bigint      NOT NULL  -- of the batch's own entry
);

-- Every message as it came, with its signature: what a participant said, in its own bytes. A batch can
-- be decided again from these. Personal data lives here and nowhere else in the ledger.
CREATE TABLE ledger.envelope (
    participant integer     NOT NULL,
    sequence    bigint      NOT NULL,
    batch       bigint      NOT NULL,
    kind        text        NOT NULL,
    received_at timestamptz NOT NULL, -- the broker's time
    payload     bytea, -- null where it was over the size limit
    signature   bytea       NOT NULL, -- as it came, which need not be text
    hash        bytea       NOT NULL CHECK (octet_length(hash) = 32), -- of payload and signature
    PRIMARY KEY (participant, sequence)
);
CREATE INDEX envelope_batch ON ledger.envelope (batch);

CREATE TABLE ledger.transfer (
    id                bigint      PRIMARY KEY,
    batch             bigint      NOT NULL,
    return_of         bigint, -- the transfer that this one sends back
    debtor            integer     NOT NULL, -- participants, as in the intent
    creditor          integer     NOT NULL,
    intent            text        NOT NULL,
    envelope_sequence bigint      NOT NULL, -- the debtor's envelope and the place in it
    envelope_place    integer     NOT NULL,
    source_minor      bigint      NOT NULL CHECK (source_minor > 0),
    source_currency   text        NOT NULL,
    destination_minor bigint      NOT NULL CHECK (destination_minor > 0),
    destination_currency text     NOT NULL,
    quote             text        NOT NULL,
    residual_nano     bigint      NOT NULL CHECK (residual_nano BETWEEN -500000000 AND 500000000),
    residual_currency text        NOT NULL,
    received_at       timestamptz NOT NULL, -- the broker's time of the envelope
    deadline          timestamptz NOT NULL,
    CHECK (source_currency <> destination_currency OR source_minor = destination_minor)
);
CREATE INDEX transfer_return_of ON ledger.transfer (return_of) WHERE return_of IS NOT NULL;

-- Every id that a participant ever used, with what became of it: the memory behind "same id, same
-- bytes, same answer". Refused intents have a fault and no transfer.
CREATE TABLE ledger.intent (
    participant integer NOT NULL,
    id          text    NOT NULL,
    hash        bytea   NOT NULL,
    batch       bigint  NOT NULL,
    transfer    bigint,
    fault       text    NOT NULL,
    detail      text    NOT NULL,
    PRIMARY KEY (participant, id),
    CHECK ((transfer IS NULL) = (fault <> ''))
);

-- A transfer enters each state once, and has one final state: the database holds it, not the engine.
CREATE TABLE ledger.transfer_event (
    transfer bigint NOT NULL,
    state    text   NOT NULL CHECK (state IN
        ('queued', 'cleared', 'paid', 'return_pending', 'returned', 'expired')),
    batch    bigint NOT NULL,
    reason   text   NOT NULL,
    PRIMARY KEY (transfer, state)
);
CREATE UNIQUE INDEX transfer_one_final_state ON ledger.transfer_event (transfer)
    WHERE state IN ('paid', 'returned', 'expired');

-- What rails said, in order, also when it changed nothing.
CREATE TABLE ledger.outcome (
    batch       bigint  NOT NULL,
    place       integer NOT NULL,
    participant integer NOT NULL,
    sequence    bigint  NOT NULL,
    transfer    bigint  NOT NULL,
    kind        text    NOT NULL CHECK (kind IN ('payout', 'refund')),
    state       text    NOT NULL CHECK (state IN ('paid', 'failed', 'unknown')),
    verdict     text    NOT NULL CHECK (verdict IN ('applied', 'noted', 'repeated', 'exception')),
    rail_ref    text    NOT NULL,
    reason      text    NOT NULL,
    rail_code   text    NOT NULL,
    rail_text   text    NOT NULL,
    resolved_by text    NOT NULL,
    PRIMARY KEY (batch, place)
);
CREATE INDEX outcome_transfer ON ledger.outcome (transfer);

-- One row is one movement: balanced by construction.
CREATE TABLE ledger.posting (
    id       bigint  PRIMARY KEY,
    batch    bigint  NOT NULL,
    transfer bigint, -- null for funding, rounding and windows
    kind     text    NOT NULL CHECK (kind IN ('clear', 'return', 'fund', 'settle', 'trade', 'residual')),
    debit    bigint  NOT NULL,
    credit   bigint  NOT NULL CHECK (credit <> debit),
    amount   bigint  NOT NULL CHECK (amount > 0),
    currency text    NOT NULL
);

-- Both accounts carry the posting's currency. A statement trigger over the new rows costs one join a
-- batch; foreign keys would cost two look-ups a row.
-- +goose StatementBegin
CREATE FUNCTION ledger.check_posting_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added p
        LEFT JOIN ledger.account d ON d.id = p.debit AND d.currency = p.currency
        LEFT JOIN ledger.account c ON c.id = p.credit AND c.currency = p.currency
        WHERE d.id IS NULL OR c.id IS NULL
    ) THEN
        RAISE EXCEPTION 'a posting names an account that does not exist in its currency'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER posting_accounts AFTER INSERT ON ledger.posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger.check_posting_accounts();

-- Running totals of the accounts that a batch touched: a balance at batch N is the newest row up to N.
CREATE TABLE ledger.balance (
    account bigint NOT NULL,
    batch   bigint NOT NULL,
    debits  bigint NOT NULL CHECK (debits >= 0),
    credits bigint NOT NULL CHECK (credits >= 0),
    PRIMARY KEY (account, batch)
);

-- What each account that may owe had at its disposal after a batch touched it. The last line of
-- defence of "no one past its liquidity": a batch that breaks it cannot be written.
CREATE TABLE ledger.liquidity (
    account           bigint NOT NULL,
    batch             bigint NOT NULL,
    prefund_minor     bigint NOT NULL,
    credit_line_minor bigint NOT NULL CHECK (credit_line_minor >= 0),
    position_minor    bigint NOT NULL,
    PRIMARY KEY (account, batch),
    CHECK (prefund_minor + credit_line_minor + position_minor >= 0)
);

CREATE TABLE ledger.credit_line (
    account      bigint NOT NULL,
    batch        bigint NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    PRIMARY KEY (account, batch)
);

-- Rounding that does not make a whole minor unit yet, per currency, in billionths of one.
CREATE TABLE ledger.residual_carry (
    currency text   NOT NULL,
    batch    bigint NOT NULL,
    nano     bigint NOT NULL,
    PRIMARY KEY (currency, batch)
);

CREATE TABLE ledger.quote (
    id            text        NOT NULL,
    batch         bigint      NOT NULL,
    provider      text        NOT NULL,
    from_currency text        NOT NULL,
    to_currency   text        NOT NULL,
    rate          text        NOT NULL, -- exact fraction, major units of to per major unit of from
    expires       timestamptz NOT NULL,
    PRIMARY KEY (id, batch) -- an id may come back, long after its last promise expired
);

-- What could not even be read, and why; the bytes are in its envelope.
CREATE TABLE ledger.dead_letter (
    participant integer NOT NULL,
    sequence    bigint  NOT NULL,
    place       integer NOT NULL, -- in the envelope; -1: the whole message
    batch       bigint  NOT NULL,
    fault       text    NOT NULL,
    detail      text    NOT NULL,
    PRIMARY KEY (participant, sequence, place)
);

CREATE TABLE ledger.window_event (
    settlement_window bigint NOT NULL,
    state  text   NOT NULL CHECK (state IN ('open', 'closed', 'settling', 'settled', 'failed')),
    batch  bigint NOT NULL,
    PRIMARY KEY (settlement_window, state)
);

-- The net of each account over a closed window; what settling it moves.
CREATE TABLE ledger.window_net (
    settlement_window bigint NOT NULL,
    account     bigint NOT NULL,
    gross_in    bigint NOT NULL CHECK (gross_in >= 0),
    gross_out   bigint NOT NULL CHECK (gross_out >= 0),
    net_minor   bigint NOT NULL,
    PRIMARY KEY (settlement_window, account),
    CHECK (net_minor = gross_in - gross_out)
);

-- The settlement log: canonical JSON, gapless, hashed into a Merkle tree (RFC 6962 leaf hashes).
CREATE TABLE ledger.log_entry (
    index bigint PRIMARY KEY,
    batch bigint NOT NULL,
    kind  text   NOT NULL,
    body  bytea  NOT NULL CHECK (octet_length(body) <= 65535),
    leaf  bytea  NOT NULL CHECK (octet_length(leaf) = 32)
);
CREATE TABLE ledger.log_blob (
    hash  bytea  NOT NULL,
    batch bigint NOT NULL,
    body  bytea  NOT NULL,
    PRIMARY KEY (hash, batch)
);
CREATE TABLE ledger.log_checkpoint (
    size  bigint PRIMARY KEY,
    batch bigint NOT NULL,
    note  text   NOT NULL
);

-- Messages to send, numbered without gaps by the single writer: an order that equals commit order.
CREATE TABLE ledger.outbox (
    id          bigint PRIMARY KEY,
    batch       bigint NOT NULL,
    participant text   NOT NULL, -- '' for the log
    kind        text   NOT NULL,
    payload     bytea  NOT NULL
);

-- What operators asked for, in order. The key makes asking twice the same as asking once.
CREATE TABLE ledger.command (
    id   bigint PRIMARY KEY,
    key  text   NOT NULL UNIQUE,
    kind text   NOT NULL,
    body bytea  NOT NULL
);
CREATE TABLE ledger.command_result (
    command bigint PRIMARY KEY,
    batch   bigint NOT NULL,
    fault   text   NOT NULL -- '' when it was carried out
);

-- The few rows that change: where the engine is.
CREATE TABLE ledger.stream_position (
    participant    integer     PRIMARY KEY,
    stream_created timestamptz NOT NULL,
    sequence       bigint      NOT NULL CHECK (sequence >= 0),
    hash           bytea       NOT NULL
);
CREATE TABLE ledger.outbox_position (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    published bigint  NOT NULL
);
CREATE TABLE ledger.lease (
    only_row boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch    bigint      NOT NULL,
    holder   text        NOT NULL
);
INSERT INTO ledger.outbox_position (published) VALUES (0);
INSERT INTO ledger.lease (epoch, holder) VALUES (0, '');

-- The engine adds. It changes only where it is, and the present settings of participants; nothing that
-- happened can be changed or removed by any role that runs.
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO ayni_engine, ayni_reader;
GRANT INSERT ON ALL TABLES IN SCHEMA ledger TO ayni_engine;
REVOKE INSERT ON ledger.lease, ledger.outbox_position FROM ayni_engine;
GRANT UPDATE ON ledger.stream_position, ledger.outbox_position, ledger.lease TO ayni_engine;
GRANT UPDATE (suspended, signing_key) ON ledger.participant TO ayni_engine;

RESET ROLE;

-- +goose Down
DROP SCHEMA ledger CASCADE;
