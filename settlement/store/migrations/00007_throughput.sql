-- +goose Up
SET ROLE ayni_owner;

-- Ids of transfers and postings are time-ordered from now on: the milliseconds of the batch's clock since
-- 1970, times 2^20, and a count. So a range of ids is a range of time, and what grows with every transfer is
-- kept by month, in partitions that are made ahead and can be detached whole. Ids from before count from 1
-- and lie below 2^40.
DROP VIEW ledger.journal, ledger.transfer_state, ledger.balance_now;

ALTER TABLE ledger.outcome DROP CONSTRAINT outcome_pkey;
DROP INDEX ledger.outcome_transfer;
ALTER TABLE ledger.outcome ADD CONSTRAINT outcome_pkey PRIMARY KEY (transfer, batch, place);
DROP INDEX ledger.transfer_return_of, ledger.transfer_one_final_state, ledger.envelope_batch;
ALTER TABLE ledger.envelope ADD COLUMN decided_at timestamptz NOT NULL DEFAULT 'epoch';
ALTER TABLE ledger.envelope ALTER COLUMN decided_at DROP DEFAULT;
ALTER TABLE ledger.envelope DROP CONSTRAINT envelope_pkey;
ALTER TABLE ledger.envelope ADD CONSTRAINT envelope_pkey PRIMARY KEY (participant, sequence, decided_at);
ALTER TABLE ledger.outbox ADD COLUMN decided_at timestamptz NOT NULL DEFAULT 'epoch';
ALTER TABLE ledger.outbox ALTER COLUMN decided_at DROP DEFAULT;
ALTER TABLE ledger.outbox DROP CONSTRAINT outbox_pkey;
ALTER TABLE ledger.outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (id, decided_at);
ALTER TABLE ledger.log_blob ADD COLUMN decided_at timestamptz NOT NULL DEFAULT 'epoch';
ALTER TABLE ledger.log_blob ALTER COLUMN decided_at DROP DEFAULT;
ALTER TABLE ledger.log_blob DROP CONSTRAINT log_blob_pkey;
ALTER TABLE ledger.log_blob ADD CONSTRAINT log_blob_pkey PRIMARY KEY (hash, batch, decided_at);

-- Each of these tables becomes the first partition of one of its name. The column is what it is kept by; the
-- bound is where times begin.
-- +goose StatementBegin
DO $$
DECLARE
    kept record;
    key  text;
BEGIN
    FOR kept IN SELECT * FROM (VALUES
        ('transfer',       'id',         '1099511627776',          'id'),
        ('transfer_event', 'transfer',   '1099511627776',          'transfer, state'),
        ('posting',        'id',         '1099511627776',          'id'),
        ('outcome',        'transfer',   '1099511627776',          'transfer, batch, place'),
        ('envelope',       'decided_at', '''1970-02-01 00:00+00''', 'participant, sequence, decided_at'),
        ('outbox',         'decided_at', '''1970-02-01 00:00+00''', 'id, decided_at'),
        ('log_blob',       'decided_at', '''1970-02-01 00:00+00''', 'hash, batch, decided_at')
    ) AS t (name, by_column, bound, primary_key) LOOP
        key := kept.name || '_pkey';
        EXECUTE format('ALTER TABLE ledger.%I RENAME TO %I', kept.name, kept.name || '_first');
        EXECUTE format('ALTER INDEX ledger.%I RENAME TO %I', key, kept.name || '_first_pkey');
        EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (%I)',
            kept.name, kept.name || '_first', kept.by_column);
        EXECUTE format('ALTER TABLE ledger.%I ADD CONSTRAINT %I PRIMARY KEY (%s)', kept.name, key, kept.primary_key);
        EXECUTE format('ALTER TABLE ledger.%I ATTACH PARTITION ledger.%I FOR VALUES FROM (MINVALUE) TO (%s)',
            kept.name, kept.name || '_first', kept.bound);
    END LOOP;
END
$$;
-- +goose StatementEnd

CREATE INDEX transfer_return_of ON ledger.transfer (return_of) WHERE return_of IS NOT NULL;
CREATE UNIQUE INDEX transfer_one_final_state ON ledger.transfer_event (transfer)
    WHERE state IN ('paid', 'returned', 'expired');
CREATE INDEX envelope_batch ON ledger.envelope (batch);
-- Postings stand in the order of their batches: an index of a few pages finds a batch's.
CREATE INDEX posting_batch ON ledger.posting USING brin (batch);
CREATE INDEX quote_expires ON ledger.quote (expires);

-- Ids are compared by bytes, as the engine does, whatever language the database speaks.
ALTER TABLE ledger.intent ALTER COLUMN id TYPE text COLLATE "C";

-- The check of a posting's accounts stands on the whole and on each part: a statement that adds to one does
-- not wake the trigger of the other. It looks at each pair of accounts once, however many postings it has.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ledger.check_posting_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT debit, credit, currency FROM added) p
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

-- Makes the partitions of one month (UTC), where they do not exist. The engine may ask for it and for no
-- other change of tables; it asks ahead of time.
-- +goose StatementBegin
CREATE FUNCTION ledger.make_partitions(month timestamptz) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- A constant zone: months are UTC whatever the session says.
    begins timestamptz := date_trunc('month', month, 'UTC');
    ends   timestamptz := (date_trunc('month', month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
    kept   record;
    part   text;
BEGIN
    IF begins < '1970-02-01 00:00+00' OR begins >= '2240-01-01 00:00+00' THEN
        RAISE EXCEPTION 'no ledger is kept in %', month USING ERRCODE = 'datetime_field_overflow';
    END IF;
    FOR kept IN SELECT * FROM (VALUES ('transfer', true), ('transfer_event', true), ('posting', true), ('outcome', true),
        ('envelope', false), ('outbox', false), ('log_blob', false)) AS t (name, by_id)
    LOOP
        part := kept.name || to_char(begins AT TIME ZONE 'UTC', '_YYYY_MM');
        CONTINUE WHEN to_regclass('ledger.' || part) IS NOT NULL;
        EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION)',
            part, kept.name);
        IF kept.name = 'posting' THEN
            EXECUTE format('CREATE TRIGGER posting_accounts AFTER INSERT ON ledger.%I REFERENCING NEW TABLE AS added
                FOR EACH STATEMENT EXECUTE FUNCTION ledger.check_posting_accounts()', part);
        END IF;
        IF kept.by_id THEN -- rows are added to the part by its name
            EXECUTE format('GRANT INSERT ON ledger.%I TO ayni_engine', part);
            EXECUTE format('ALTER TABLE ledger.%I ATTACH PARTITION ledger.%I FOR VALUES FROM (%s) TO (%s)', kept.name, part,
                (extract(epoch FROM begins) * 1000)::bigint << 20, (extract(epoch FROM ends) * 1000)::bigint << 20);
        ELSE
            EXECUTE format('ALTER TABLE ledger.%I ATTACH PARTITION ledger.%I FOR VALUES FROM (%L) TO (%L)', kept.name, part,
                begins, ends);
        END IF;
    END LOOP;
END
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION ledger.make_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.make_partitions TO ayni_engine;

-- Messages are long and much the same: lz4 makes a quarter of them at a fifth of the default method's cost.
-- Where the server was built without it, the default stays.
-- +goose StatementBegin
DO $$
BEGIN
    ALTER TABLE ledger.envelope ALTER COLUMN payload SET COMPRESSION lz4;
    ALTER TABLE ledger.outbox ALTER COLUMN payload SET COMPRESSION lz4;
    ALTER TABLE ledger.log_blob ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END
$$;
-- +goose StatementEnd

-- What a new leader needs, so that it need not look through the whole past: what each account moved in the
-- window of the batch, the right edge of the log's tree, and now and then which transfers are open.
ALTER TABLE ledger.balance
    ADD COLUMN gross_in  bigint NOT NULL DEFAULT 0 CHECK (gross_in >= 0),
    ADD COLUMN gross_out bigint NOT NULL DEFAULT 0 CHECK (gross_out >= 0);
UPDATE ledger.balance b SET gross_in = flow.amount_in, gross_out = flow.amount_out
FROM (
    SELECT side.account, sum(side.amount_in) AS amount_in, sum(side.amount_out) AS amount_out
    FROM ledger.batch x
    JOIN ledger.posting p ON p.batch = x.id AND p.kind IN ('clear', 'return', 'residual')
    CROSS JOIN LATERAL (VALUES (p.debit, 0, p.amount), (p.credit, p.amount, 0)) AS side (account, amount_in, amount_out)
    WHERE x.settlement_window = (SELECT max(settlement_window) FROM ledger.window_event WHERE state = 'open')
    GROUP BY side.account
) flow
WHERE b.account = flow.account AND b.batch = (SELECT max(batch) FROM ledger.balance l WHERE l.account = b.account);
-- A leader says here that it is alive. Batches lock the lease itself, so this is a row apart.
CREATE TABLE ledger.lease_renewal (
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch      bigint      NOT NULL,
    renewed_at timestamptz NOT NULL
);
INSERT INTO ledger.lease_renewal (epoch, renewed_at) SELECT epoch, clock_timestamp() FROM ledger.lease;
GRANT UPDATE ON ledger.lease_renewal TO ayni_engine;
ALTER TABLE ledger.log_checkpoint ADD COLUMN edge bytea; -- hashes of complete subtrees, largest first; null where it was not kept
CREATE TABLE ledger.open_transfers (
    batch     bigint   PRIMARY KEY,
    through   bigint   NOT NULL, -- the newest transfer then
    transfers bigint[] NOT NULL  -- open then, returns included
);

-- The views again, over the whole.
CREATE VIEW ledger.journal AS
SELECT p.id AS posting, p.batch, b.decided_at, p.kind, p.transfer,
       coalesce(n.name, 'scheme') AS participant, a.kind AS account, p.currency,
       CASE WHEN side.is_debit THEN p.amount END AS debit_minor,
       CASE WHEN side.is_debit THEN NULL ELSE p.amount END AS credit_minor,
       sum(CASE WHEN side.is_debit THEN -p.amount ELSE p.amount END)
           OVER (PARTITION BY a.id ORDER BY p.id) AS balance_minor
FROM ledger.posting p
JOIN ledger.batch b ON b.id = p.batch
CROSS JOIN (VALUES (true), (false)) AS side (is_debit)
JOIN ledger.account a ON a.id = CASE WHEN side.is_debit THEN p.debit ELSE p.credit END
LEFT JOIN ledger.participant n ON n.id = a.participant;

CREATE VIEW ledger.transfer_state AS
SELECT t.id, t.intent, d.name AS debtor, c.name AS creditor,
       t.source_minor, t.source_currency, t.destination_minor, t.destination_currency,
       last.state, last.reason, last.batch, t.received_at
FROM ledger.transfer t
JOIN ledger.participant d ON d.id = t.debtor
JOIN ledger.participant c ON c.id = t.creditor
CROSS JOIN LATERAL (
    SELECT e.state, e.reason, e.batch FROM ledger.transfer_event e WHERE e.transfer = t.id
    ORDER BY e.batch DESC,
        array_position(ARRAY['queued', 'cleared', 'return_pending', 'expired', 'paid', 'returned'], e.state) DESC
    LIMIT 1
) last
WHERE t.return_of IS NULL;

CREATE VIEW ledger.balance_now AS
SELECT a.id AS account, coalesce(n.name, 'scheme') AS participant, a.kind, a.currency,
       coalesce(last.debits, 0) AS debits_minor, coalesce(last.credits, 0) AS credits_minor,
       coalesce(last.credits - last.debits, 0) AS balance_minor
FROM ledger.account a
LEFT JOIN ledger.participant n ON n.id = a.participant
LEFT JOIN LATERAL (
    SELECT debits, credits FROM ledger.balance b WHERE b.account = a.id ORDER BY b.batch DESC LIMIT 1
) last ON true;

-- Rights are asked for on the name that a statement uses: to read, the parts need none.
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO ayni_engine, ayni_reader;
GRANT INSERT ON ledger.transfer, ledger.transfer_event, ledger.posting, ledger.outcome, ledger.envelope, ledger.outbox,
    ledger.log_blob, ledger.open_transfers TO ayni_engine;
REVOKE INSERT ON ledger.transfer_first, ledger.transfer_event_first, ledger.posting_first, ledger.outcome_first,
    ledger.envelope_first, ledger.outbox_first, ledger.log_blob_first FROM ayni_engine;

RESET ROLE;

-- +goose Down
-- Partitions are not put together again: a ledger goes forward.
SELECT 1 / 0;
