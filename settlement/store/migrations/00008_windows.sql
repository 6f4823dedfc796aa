-- +goose Up
SET ROLE ayni_owner;

-- More kinds of account: what guarantors set aside, and what defaulters owe (below zero) to those who paid
-- for them (above).
ALTER TABLE ledger.account DROP CONSTRAINT account_kind_check;
ALTER TABLE ledger.account ADD CONSTRAINT account_kind_check CHECK (kind IN
    ('position', 'settlement', 'collateral', 'fee', 'fx', 'residual', 'agent', 'suspense', 'pledge', 'claim'));
ALTER TABLE ledger.posting DROP CONSTRAINT posting_kind_check;
ALTER TABLE ledger.posting ADD CONSTRAINT posting_kind_check CHECK (kind IN
    ('clear', 'return', 'fund', 'settle', 'trade', 'residual', 'reserve', 'withdraw', 'release', 'pay_in', 'pledge',
     'collateral', 'guarantee', 'share', 'claim', 'recover', 'acquit'));

-- What the settlement agent's entries were taken as proof of: each reference once, per currency.
CREATE TABLE ledger.evidence (
    currency  text   NOT NULL,
    reference text   NOT NULL,
    batch     bigint NOT NULL,
    command   bigint NOT NULL UNIQUE,
    said      text   NOT NULL, -- what it proves, in the engine's words
    PRIMARY KEY (currency, reference)
);
CREATE INDEX evidence_reference ON ledger.evidence (reference);

-- What the scheme counts behind a credit line beside guarantees.
CREATE TABLE ledger.credit_terms (
    account         bigint  NOT NULL,
    batch           bigint  NOT NULL,
    haircut_ppm     integer NOT NULL CHECK (haircut_ppm BETWEEN 0 AND 1000000),
    unsecured_minor bigint  NOT NULL CHECK (unsecured_minor >= 0),
    PRIMARY KEY (account, batch)
);
-- Lines from before this was asked for stand unsecured, as they did.
INSERT INTO ledger.credit_terms (account, batch, haircut_ppm, unsecured_minor)
SELECT DISTINCT ON (account) account, batch, 0, amount_minor FROM ledger.credit_line ORDER BY account, batch DESC;

-- A lowered line follows the position down to its target.
ALTER TABLE ledger.credit_line ADD COLUMN target_minor bigint CHECK (target_minor BETWEEN 0 AND amount_minor);
UPDATE ledger.credit_line SET target_minor = amount_minor;
ALTER TABLE ledger.credit_line ALTER COLUMN target_minor SET NOT NULL;

-- What a guarantor has set aside for another's line. Ids are in the order in which guarantors pay.
CREATE TABLE ledger.guarantee (
    id           bigint  NOT NULL,
    batch        bigint  NOT NULL,
    guarantor    integer NOT NULL,
    beneficiary  integer NOT NULL CHECK (beneficiary <> guarantor),
    currency     text    NOT NULL,
    amount_minor bigint  NOT NULL CHECK (amount_minor >= 0),
    PRIMARY KEY (id, batch)
);

-- The step of its alarm that an account stood at, in percent.
ALTER TABLE ledger.liquidity ADD COLUMN step integer NOT NULL DEFAULT 0 CHECK (step IN (0, 50, 75, 90));

-- What the settlement agent is told to do, in the nouns of a pacs.009, and what became of it.
CREATE TABLE ledger.instruction (
    id                bigint  PRIMARY KEY,
    batch             bigint  NOT NULL,
    settlement_window bigint, -- null for a withdrawal
    kind              text    NOT NULL CHECK (kind IN ('pay_in', 'pay_out', 'withdrawal')),
    participant       integer NOT NULL,
    account           bigint  NOT NULL, -- that the money leaves; of a pay_in: the one that it is owed on
    amount_minor      bigint  NOT NULL CHECK (amount_minor > 0),
    currency          text    NOT NULL,
    value_date        date    NOT NULL,
    end_to_end_id     text    NOT NULL UNIQUE,
    instructing_agent text    NOT NULL,
    instructed_agent  text    NOT NULL,
    CHECK ((settlement_window IS NULL) = (kind = 'withdrawal'))
);
CREATE UNIQUE INDEX instruction_of_window ON ledger.instruction (settlement_window, account, kind);
CREATE TABLE ledger.instruction_result (
    instruction bigint PRIMARY KEY,
    batch       bigint NOT NULL,
    result      text   NOT NULL CHECK (result IN ('confirmed', 'refused', 'lapsed')),
    evidence    text   NOT NULL
);

-- Currencies that settle together, and how their windows close. The newest row of a name is in force.
CREATE TABLE ledger.settlement_group (
    name              text     NOT NULL CHECK (name ~ '^[a-z][a-z0-9-]{0,31}$'),
    batch             bigint   NOT NULL,
    currencies        text[]   NOT NULL, -- of 'default': none, it has all that are in no other
    timetable         bytea,             -- JSON; null: windows close by command
    settle_within     interval NOT NULL, -- zero: for ever
    share_max_ppm     integer  NOT NULL CHECK (share_max_ppm BETWEEN 0 AND 1000000),
    PRIMARY KEY (name, batch)
);
CREATE TABLE ledger.settlement_method (
    participant integer NOT NULL,
    batch       bigint  NOT NULL,
    method      text    NOT NULL CHECK (method IN ('prefund', 'instructed')),
    PRIMARY KEY (participant, batch)
);

-- A window is of one group. It holds the batches from the log index at which it opened to before the one at
-- which it closed.
ALTER TABLE ledger.window_event
    ADD COLUMN settlement_group text NOT NULL DEFAULT 'default',
    ADD COLUMN log_index bigint,
    ADD COLUMN moment timestamptz; -- of 'open': when it closes; of 'closed': when whoever owes is in default
UPDATE ledger.window_event e SET log_index = (SELECT b.log_index FROM ledger.batch b WHERE b.id = e.batch);
ALTER TABLE ledger.window_event ALTER COLUMN log_index SET NOT NULL;
CREATE INDEX window_event_batch ON ledger.window_event (batch);

-- Settled means settled.
-- +goose StatementBegin
CREATE FUNCTION ledger.check_window_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added n
        LEFT JOIN ledger.window_event closed ON closed.settlement_window = n.settlement_window AND closed.state = 'closed'
        LEFT JOIN ledger.window_event settled ON settled.settlement_window = n.settlement_window AND settled.state = 'settled'
        WHERE (settled.batch < n.batch) OR (n.state <> 'open' AND closed.batch IS NULL)
    ) THEN
        RAISE EXCEPTION 'a window that is settled goes nowhere, and one that was not closed does not settle'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER window_events AFTER INSERT ON ledger.window_event
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger.check_window_events();

-- Who paid what of a defaulter's debt, in the order of the default procedure.
CREATE TABLE ledger.default_step (
    settlement_window bigint  NOT NULL,
    account           bigint  NOT NULL, -- that owed
    step              integer NOT NULL, -- from 1
    batch             bigint  NOT NULL,
    kind              text    NOT NULL CHECK (kind IN ('settle', 'trade', 'collateral', 'guarantee', 'share')),
    payer             bigint  NOT NULL,
    amount_minor      bigint  NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (settlement_window, account, step)
);

-- What a defaulter owes to whom. Those of one rank have paid together and are paid back together, the highest
-- rank first.
CREATE TABLE ledger.claim (
    id                bigint  PRIMARY KEY,
    batch             bigint  NOT NULL,
    settlement_window bigint  NOT NULL,
    rank              bigint  NOT NULL,
    defaulter         integer NOT NULL,
    creditor          integer NOT NULL CHECK (creditor <> defaulter),
    currency          text    NOT NULL,
    amount_minor      bigint  NOT NULL CHECK (amount_minor > 0)
);
CREATE TABLE ledger.claim_paid (
    claim        bigint NOT NULL,
    batch        bigint NOT NULL,
    command      bigint NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (claim, command)
);

-- Up to which batch all accounts in memory were held against their postings.
CREATE TABLE ledger.comparison (
    batch bigint PRIMARY KEY,
    at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

GRANT SELECT ON ledger.evidence, ledger.credit_terms, ledger.guarantee, ledger.instruction, ledger.instruction_result,
    ledger.settlement_group, ledger.settlement_method, ledger.default_step, ledger.claim, ledger.claim_paid, ledger.comparison
    TO ayni_engine, ayni_reader;
GRANT INSERT ON ledger.evidence, ledger.credit_terms, ledger.guarantee, ledger.instruction, ledger.instruction_result,
    ledger.settlement_group, ledger.settlement_method, ledger.default_step, ledger.claim, ledger.claim_paid, ledger.comparison
    TO ayni_engine;
RESET ROLE;

-- +goose Down
-- Books that know more kinds of account do not fit the schema before: a ledger goes forward.
SELECT 1 / 0;
