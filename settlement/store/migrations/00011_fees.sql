-- +goose Up
SET ROLE ayni_owner;

-- The fee schedules that were announced. Of those in force the greatest version counts.
CREATE TABLE ledger.fee_schedule (
    version bigint      PRIMARY KEY CHECK (version > 0),
    command bigint      NOT NULL UNIQUE,
    batch   bigint      NOT NULL,
    starts  timestamptz NOT NULL, -- in force from
    body    bytea       NOT NULL  -- as the command had it
);

-- What each transfer costs, fixed when it was accepted: a row for each kind, also where it is nothing. In the
-- source currency. A return has none of its own: it takes back what its original was charged.
CREATE TABLE ledger.charge (
    transfer     bigint  NOT NULL,
    batch        bigint  NOT NULL,
    version      bigint  NOT NULL,
    rule         text    NOT NULL,
    kind         text    NOT NULL CHECK (kind IN ('switch', 'interchange')),
    payer        integer NOT NULL, -- participants; 0 is the scheme
    payee        integer NOT NULL CHECK (payee <> payer),
    amount_minor bigint  NOT NULL CHECK (amount_minor >= 0),
    PRIMARY KEY (transfer, kind)
) PARTITION BY RANGE (transfer);

-- Fees are posted apart, each by its kind. Whatever kinds of posting there are by now stay.
-- +goose StatementBegin
DO $$
DECLARE
    definition text;
    part       regclass;
BEGIN
    SELECT replace(pg_get_constraintdef(oid), 'ARRAY[', 'ARRAY[''fee''::text, ''interchange''::text, ') INTO STRICT definition
    FROM pg_constraint WHERE conrelid = 'ledger.posting'::regclass AND conname = 'posting_kind_check';
    FOR part IN SELECT relid FROM pg_partition_tree('ledger.posting') ORDER BY level LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS posting_kind_check', part);
    END LOOP;
    EXECUTE 'ALTER TABLE ledger.posting ADD CONSTRAINT posting_kind_check ' || definition;
END
$$;
-- +goose StatementEnd

-- As before, and charges by month too.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ledger.make_partitions(month timestamptz) RETURNS void LANGUAGE plpgsql
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
        ('charge', true), ('envelope', false), ('outbox', false), ('log_blob', false)) AS t (name, by_id)
    LOOP
        part := kept.name || to_char(begins AT TIME ZONE 'UTC', '_YYYY_MM');
        CONTINUE WHEN to_regclass('ledger.' || part) IS NOT NULL;
        EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION)',
            part, kept.name);
        PERFORM ledger.keep(('ledger.' || quote_ident(part))::regclass);
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

-- Charges leave with their month. What fees moved stays, summed by batch and accounts: windows rest on it.
-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE replace(replace(pg_get_functiondef('ledger.detach_month'::regproc), '''outcome'', ''envelope''', '''outcome'', ''charge'', ''envelope'''),
        'INSERT INTO ledger.detached_stream', 'INSERT INTO ledger.detached_posting
    SELECT min(id), batch, NULL, kind, debit, credit, sum(amount), currency FROM ledger.posting
    WHERE id >= first_id AND id < end_id AND kind IN (''fee'', ''interchange'') GROUP BY batch, kind, debit, credit, currency;
    INSERT INTO ledger.detached_stream');
    EXECUTE replace(pg_get_functiondef('ledger.attach_month'::regproc), '(''outcome'', true),', '(''outcome'', true), (''charge'', true),');
END
$$;
-- +goose StatementEnd
SELECT ledger.keep('ledger.fee_schedule'), ledger.keep('ledger.charge');

GRANT SELECT ON ledger.fee_schedule, ledger.charge TO ayni_engine, ayni_reader, ayni_auditor, ayni_pii;
GRANT INSERT ON ledger.fee_schedule, ledger.charge TO ayni_engine;
RESET ROLE;

-- +goose Down
-- Charges are not forgotten again: a ledger goes forward.
SELECT 1 / 0;
