-- +goose Up
-- Who else there is, beside the owner whom nobody logs in as, the engine, and the reader who shows figures. The
-- migrator becomes the owner to change tables, and only by saying so (SET ROLE). The auditor reads everything
-- but what people said of people; pii reads that too, which deciding everything again takes.
-- +goose StatementBegin
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['ayni_migrator', 'ayni_auditor', 'ayni_pii'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN %s', role_name, CASE role_name WHEN 'ayni_migrator' THEN 'NOINHERIT' ELSE '' END);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another database of this cluster made it
        END;
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
        END IF;
    END LOOP;
    IF NOT pg_has_role('ayni_migrator', 'ayni_owner', 'MEMBER') THEN
        BEGIN
            GRANT ayni_owner TO ayni_migrator;
        EXCEPTION WHEN unique_violation OR internal_error THEN
            NULL; -- another database granted it this moment
        END;
    END IF;
    IF to_regclass('public.goose_db_version') IS NOT NULL THEN -- where the migrations that were made are written down
        GRANT SELECT, INSERT, DELETE ON public.goose_db_version TO ayni_migrator;
    END IF;
END
$$;
-- +goose StatementEnd
SET ROLE ayni_owner;

-- What the check looks along: rows stand in the order of their batches, so an index of a few pages finds a
-- stretch of them. What moves money without a transfer is rare, and found without reading all that has one.
CREATE INDEX balance_batch ON ledger.balance USING brin (batch);
CREATE INDEX liquidity_batch ON ledger.liquidity USING brin (batch);
CREATE INDEX posting_without_transfer ON ledger.posting (batch) WHERE transfer IS NULL;

-- What became of dead letters that were taken in again, and who asked for it and why.
CREATE TABLE ledger.letter_replay (
    command        bigint  PRIMARY KEY,
    batch          bigint  NOT NULL,
    participant    integer NOT NULL,
    sequence       bigint  NOT NULL,
    place          integer NOT NULL,
    asker          text    NOT NULL,
    reason         text    NOT NULL,
    fault          text    NOT NULL, -- why it was refused again, '' where it was taken in
    detail         text    NOT NULL,
    transfers      integer NOT NULL CHECK (transfers >= 0), -- that it became, with consecutive ids from the first on
    first_transfer bigint,
    CHECK ((transfers = 0) = (first_transfer IS NULL)),
    CHECK (fault = '' OR transfers = 0)
);
CREATE UNIQUE INDEX letter_replay_once ON ledger.letter_replay (participant, sequence, place) WHERE fault = '';

-- Signing keys that took the place of earlier ones. A participant's first is in the command that admitted it.
CREATE TABLE ledger.key_rotation (
    command     bigint  PRIMARY KEY,
    batch       bigint  NOT NULL,
    participant integer NOT NULL,
    signing_key text    NOT NULL
);
GRANT SELECT ON ledger.letter_replay, ledger.key_rotation TO ayni_engine, ayni_reader;
GRANT INSERT ON ledger.letter_replay, ledger.key_rotation TO ayni_engine;

-- Functions see no schema but the system's, and nobody runs one that is not given to them. A trigger's needs
-- no right to be run.
-- +goose StatementBegin
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT oid::regprocedure AS signature, prorettype = 'trigger'::regtype AS is_trigger,
                    has_function_privilege('ayni_engine', oid, 'EXECUTE') AS is_engines
             FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', f.signature);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f.signature);
        IF f.is_engines AND NOT f.is_trigger THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO ayni_engine', f.signature);
        END IF;
    END LOOP;
END
$$;
-- +goose StatementEnd
ALTER DEFAULT PRIVILEGES FOR ROLE ayni_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- A month whose transfers have all ended may leave: its partitions are detached, and stay tables of their names
-- that nobody adds to, to be kept elsewhere and dropped. Written down is what the check and the log go on from.
CREATE TABLE ledger.detached_month (
    month       timestamptz PRIMARY KEY, -- its first moment; the first of 1970 for what came before ids of time
    ends        timestamptz NOT NULL,
    detached_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    transfers   bigint      NOT NULL,
    postings    bigint      NOT NULL,
    messages    bigint      NOT NULL,
    outbox      bigint      NOT NULL -- the last message to others that left, with this month or before
);
CREATE TABLE ledger.detached_stream (
    month       timestamptz NOT NULL,
    participant integer     NOT NULL,
    sequence    bigint      NOT NULL, -- the last of its messages that left
    PRIMARY KEY (month, participant)
);
CREATE TABLE ledger.detached_residual (
    month    timestamptz NOT NULL,
    currency text        NOT NULL,
    nano     bigint      NOT NULL, -- that the pool kept of the month's transfers
    PRIMARY KEY (month, currency)
);
-- What moved money without a transfer stays: windows, fundings and guarantees rest on it for ever.
CREATE TABLE ledger.detached_posting (LIKE ledger.posting INCLUDING CONSTRAINTS);
GRANT SELECT ON ledger.detached_month, ledger.detached_stream, ledger.detached_residual, ledger.detached_posting TO ayni_engine, ayni_reader;

-- Only the owner runs it. It reads the whole month before it locks anything, and gives up rather than have
-- batches wait behind somebody who reads for long; to try again is safe.
-- +goose StatementBegin
CREATE FUNCTION ledger.detach_month(of_month timestamptz) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    begins   timestamptz := date_trunc('month', of_month, 'UTC');
    upto     timestamptz := (date_trunc('month', of_month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
    first_id bigint := (extract(epoch FROM begins) * 1000)::bigint << 20;
    end_id   bigint := (extract(epoch FROM upto) * 1000)::bigint << 20;
    suffix   text := to_char(begins AT TIME ZONE 'UTC', '_YYYY_MM');
    kept     text;
    newest   timestamptz;
BEGIN
    IF begins = '1970-01-01 00:00+00' THEN
        suffix := '_first';
        first_id := -9223372036854775808;
        end_id := 1::bigint << 40;
    END IF;
    SELECT decided_at INTO newest FROM ledger.batch ORDER BY id DESC LIMIT 1;
    IF newest IS NULL OR upto > date_trunc('month', newest, 'UTC') THEN
        RAISE EXCEPTION '% is not over', to_char(begins AT TIME ZONE 'UTC', 'YYYY-MM') USING ERRCODE = 'AY004';
    END IF;
    IF EXISTS (SELECT FROM ledger.transfer WHERE id < first_id) OR EXISTS (SELECT FROM ledger.posting WHERE id < first_id)
       OR suffix <> '_first' AND EXISTS (SELECT FROM ledger.envelope WHERE decided_at < begins) THEN
        RAISE EXCEPTION 'the months before it are attached; the oldest leaves first' USING ERRCODE = 'AY004';
    END IF;
    IF EXISTS (SELECT FROM ledger.transfer t WHERE t.id >= first_id AND t.id < end_id AND NOT EXISTS (SELECT FROM ledger.transfer_event e
               WHERE e.transfer = t.id AND e.transfer >= first_id AND e.transfer < end_id AND e.state IN ('paid', 'returned', 'expired'))) THEN
        RAISE EXCEPTION 'a transfer of it is open' USING ERRCODE = 'AY004';
    END IF;
    IF (SELECT coalesce(max(id), 0) FROM ledger.outbox WHERE decided_at < upto) > (SELECT published FROM ledger.outbox_position)
       OR NOT EXISTS (SELECT FROM ledger.outbox WHERE decided_at >= upto) THEN
        RAISE EXCEPTION 'its messages are not published, or none came after' USING ERRCODE = 'AY004';
    END IF;
    INSERT INTO ledger.detached_month (month, ends, transfers, postings, messages, outbox)
    SELECT begins, upto, (SELECT count(*) FROM ledger.transfer WHERE id >= first_id AND id < end_id),
           (SELECT count(*) FROM ledger.posting WHERE id >= first_id AND id < end_id),
           (SELECT count(*) FROM ledger.envelope WHERE decided_at < upto),
           greatest((SELECT max(id) FROM ledger.outbox WHERE decided_at < upto), (SELECT max(outbox) FROM ledger.detached_month), 0);
    INSERT INTO ledger.detached_posting SELECT * FROM ledger.posting WHERE id >= first_id AND id < end_id AND transfer IS NULL;
    INSERT INTO ledger.detached_stream SELECT begins, participant, max(sequence) FROM ledger.envelope WHERE decided_at < upto GROUP BY participant;
    INSERT INTO ledger.detached_residual
    SELECT begins, residual_currency, sum(CASE WHEN (residual_currency = source_currency) <> (return_of IS NOT NULL) THEN -residual_nano ELSE residual_nano END)
    FROM ledger.transfer t WHERE id >= first_id AND id < end_id AND source_currency <> destination_currency
        AND EXISTS (SELECT FROM ledger.transfer_event e WHERE e.transfer = t.id AND e.transfer >= first_id AND e.transfer < end_id AND e.state = 'cleared')
    GROUP BY residual_currency;
    FOREACH kept IN ARRAY ARRAY['transfer', 'transfer_event', 'posting', 'outcome', 'envelope', 'outbox', 'log_blob'] LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass('ledger.' || kept || suffix));
        EXECUTE format('ALTER TABLE ledger.%I DETACH PARTITION ledger.%I', kept, kept || suffix);
        EXECUTE format('REVOKE ALL ON ledger.%I FROM ayni_engine', kept || suffix);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- Puts the month that left last back: to decide everything again takes all of them.
-- +goose StatementBegin
CREATE FUNCTION ledger.attach_month(of_month timestamptz) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    begins timestamptz := date_trunc('month', of_month, 'UTC');
    suffix text := CASE WHEN begins = '1970-01-01 00:00+00' THEN '_first' ELSE to_char(begins AT TIME ZONE 'UTC', '_YYYY_MM') END;
    upto   timestamptz;
    kept   record;
BEGIN
    SELECT ends INTO upto FROM ledger.detached_month WHERE month = begins AND month = (SELECT max(month) FROM ledger.detached_month);
    IF upto IS NULL THEN
        RAISE EXCEPTION 'it is not the month that left last' USING ERRCODE = 'AY004';
    END IF;
    FOR kept IN SELECT * FROM (VALUES ('transfer', true), ('transfer_event', true), ('posting', true), ('outcome', true),
        ('envelope', false), ('outbox', false), ('log_blob', false)) AS t (name, by_id)
    LOOP
        EXECUTE format('ALTER TABLE ledger.%I ATTACH PARTITION ledger.%I FOR VALUES FROM (%s) TO (%s)', kept.name, kept.name || suffix,
            CASE WHEN suffix = '_first' THEN 'MINVALUE' WHEN kept.by_id THEN ((extract(epoch FROM begins) * 1000)::bigint << 20)::text ELSE quote_literal(begins) END,
            CASE WHEN suffix = '_first' AND kept.by_id THEN (1::bigint << 40)::text
                 WHEN kept.by_id THEN ((extract(epoch FROM upto) * 1000)::bigint << 20)::text ELSE quote_literal(upto) END);
        IF kept.by_id AND suffix <> '_first' THEN
            EXECUTE format('GRANT INSERT ON ledger.%I TO ayni_engine', kept.name || suffix);
        END IF;
    END LOOP;
    PERFORM set_config('ledger.change_the_past', 'on', true);
    DELETE FROM ledger.detached_month WHERE month = begins;
    DELETE FROM ledger.detached_stream WHERE month = begins;
    DELETE FROM ledger.detached_posting d USING ledger.posting p WHERE d.id = p.id;
    DELETE FROM ledger.detached_residual WHERE month = begins;
    PERFORM set_config('ledger.change_the_past', '', true);
END
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION ledger.detach_month, ledger.attach_month FROM PUBLIC;

-- Messages hold names and accounts of people, and texts may quote them. Who must not read those gets the other
-- columns by name, so that a column added later is nobody's until somebody says whose.
-- +goose StatementBegin
CREATE FUNCTION ledger.show(shown regclass, reader text, hidden text[]) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON %s FROM %I', shown, reader);
    EXECUTE format('GRANT SELECT (%s) ON %s TO %I', (
        SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
        WHERE attrelid = shown AND attnum > 0 AND NOT attisdropped AND attname <> ALL (hidden)), shown, reader);
END
$$;
-- +goose StatementEnd
GRANT USAGE ON SCHEMA ledger TO ayni_auditor, ayni_pii;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO ayni_auditor, ayni_pii;
SELECT ledger.show(part, reader, ARRAY['payload'])
FROM unnest(ARRAY['ledger.envelope', 'ledger.envelope_first', 'ledger.outbox', 'ledger.outbox_first']::regclass[]) AS part,
     unnest(ARRAY['ayni_auditor', 'ayni_reader']) AS reader;
SELECT ledger.show(part, 'ayni_reader', ARRAY['detail', 'rail_text'])
FROM unnest(ARRAY['ledger.intent', 'ledger.dead_letter', 'ledger.outcome', 'ledger.outcome_first']::regclass[]) AS part;
SELECT ledger.show('ledger.letter_replay', 'ayni_reader', ARRAY['asker', 'reason', 'detail']);

-- The rows that move are moved in the columns that must, and no others.
REVOKE UPDATE ON ledger.stream_position, ledger.outbox_position, ledger.lease, ledger.lease_renewal FROM ayni_engine;
GRANT UPDATE (stream_created, sequence, hash) ON ledger.stream_position TO ayni_engine;
GRANT UPDATE (published) ON ledger.outbox_position TO ayni_engine;
GRANT UPDATE (epoch, holder) ON ledger.lease TO ayni_engine;
GRANT UPDATE (epoch, renewed_at) ON ledger.lease_renewal TO ayni_engine;

-- A batch's postings are what its balances changed by, and nobody's word for it: the trigger that sees the new
-- postings leaves their sums for the one that sees the batch, which is written last. Kept for the transaction.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ledger.check_posting_accounts() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unknown bigint;
    moved   text;
BEGIN
    WITH sides AS MATERIALIZED ( -- both in one pass, however many pairs of accounts there are
        SELECT CASE GROUPING(debit) WHEN 0 THEN debit ELSE credit END AS account, currency,
               CASE GROUPING(debit) WHEN 0 THEN sum(amount) ELSE 0 END AS debits,
               CASE GROUPING(credit) WHEN 0 THEN sum(amount) ELSE 0 END AS credits
        FROM added GROUP BY GROUPING SETS ((debit, currency), (credit, currency))
    )
    SELECT (SELECT count(*) FROM sides s LEFT JOIN ledger.account a ON a.id = s.account AND a.currency = s.currency WHERE a.id IS NULL),
           (SELECT string_agg(account || ' ' || debits || ' ' || credits, ',') FROM sides)
    INTO unknown, moved;
    IF unknown > 0 THEN
        RAISE EXCEPTION 'a posting names an account that does not exist in its currency'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    PERFORM set_config('ledger.moved', concat_ws(',', nullif(current_setting('ledger.moved', true), ''), moved), true);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION ledger.check_sums() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moved text := nullif(current_setting('ledger.moved', true), '');
    wrong bigint;
BEGIN
    IF moved IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('ledger.moved', '', true);
    SELECT m.account INTO wrong FROM (
        SELECT split_part(line, ' ', 1)::bigint AS account, sum(split_part(line, ' ', 2)::bigint) AS debits, sum(split_part(line, ' ', 3)::bigint) AS credits
        FROM string_to_table(moved, ',') AS line GROUP BY 1) m
    LEFT JOIN ledger.balance now ON now.account = m.account AND now.batch = NEW.id
    LEFT JOIN LATERAL (SELECT v.debits, v.credits FROM ledger.balance v
        WHERE v.account = m.account AND v.batch < NEW.id ORDER BY v.batch DESC LIMIT 1) before ON true
    WHERE now.debits - coalesce(before.debits, 0) IS DISTINCT FROM m.debits
       OR now.credits - coalesce(before.credits, 0) IS DISTINCT FROM m.credits
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the balance of account % is not what batch % posted', wrong, NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER sums AFTER INSERT ON ledger.batch FOR EACH ROW EXECUTE FUNCTION ledger.check_sums();

-- What must never change is refused to everybody, the owner and a slip in a migration among them: who means it
-- says SET ledger.change_the_past = 'on' first. An owner who is an enemy can drop the guard; that nothing changed
-- is proved by the log outside.
-- +goose StatementBegin
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('ledger.change_the_past', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION '% of %.%: what happened is not changed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'AY003';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION ledger.keep(kept regclass) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', kept);
END
$$;
-- +goose StatementEnd
SELECT ledger.keep(c.oid::regclass) FROM pg_class c
WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p') AND NOT has_any_column_privilege('ayni_engine', c.oid, 'UPDATE');

-- Partitions made from now on are kept too.
-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE replace(pg_get_functiondef('ledger.make_partitions'::regproc),
        'IF kept.name = ''posting'' THEN', 'PERFORM ledger.keep((''ledger.'' || quote_ident(part))::regclass);
        IF kept.name = ''posting'' THEN');
END
$$;
-- +goose StatementEnd

RESET ROLE;

-- +goose Down
-- Guards are not taken away: a ledger goes forward.
SELECT 1 / 0;
