-- +goose Up
-- A pool's schema. It is on the search path while this runs, as its owner, so nothing here names it: each pool has
-- these tables in a schema of its own. The node's role reads and adds, and can do nothing else.

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION '% of %.%: what happened is not changed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'AP003';
END
$$;
-- +goose StatementEnd

-- Gives the node what it may do with a table, and refuses change to everybody, the owner's slips among them.
-- +goose StatementBegin
CREATE FUNCTION keep(kept regclass) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', kept);
    EXECUTE format('GRANT SELECT, INSERT ON %s TO %I', kept, current_schema() || '_node');
END
$$;
-- +goose StatementEnd

-- The log: one entry an input, gapless. Who writes from an older state finds its index taken.
CREATE TABLE entry (
    index      bigint      PRIMARY KEY CHECK (index >= 0),
    body       bytea       NOT NULL CHECK (octet_length(body) BETWEEN 1 AND 65535),
    written_at timestamptz NOT NULL DEFAULT clock_timestamp() -- for people; nothing is decided by it
);

-- What was decided on: an act as its member signed it, or the node's own word, which has no signature.
CREATE TABLE input (
    index     bigint      PRIMARY KEY,
    kind      text        NOT NULL,
    at        timestamptz NOT NULL, -- the input's clock
    body      bytea       NOT NULL,
    key       text        NOT NULL,
    signature bytea       NOT NULL,
    CHECK ((key = '') = (octet_length(signature) = 0))
);

CREATE TABLE line (
    index      bigint  NOT NULL,
    place      integer NOT NULL CHECK (place BETWEEN 0 AND 499),
    section    text    NOT NULL,
    kind       text    NOT NULL,
    about      text[]  NOT NULL,
    commitment bytea   NOT NULL UNIQUE CHECK (commitment = sha256(blob)),
    blob       bytea   NOT NULL,
    PRIMARY KEY (index, place)
);
CREATE INDEX line_section ON line (section, index, place);
CREATE INDEX line_about ON line USING gin (about);

-- The log that ends with an entry, signed.
CREATE TABLE checkpoint (
    index bigint PRIMARY KEY,
    note  text   NOT NULL
);

-- Ids of acts, with the hash of their bytes: the memory behind "same id, same bytes, same answer".
CREATE TABLE act (
    id    text   PRIMARY KEY CHECK (id <> ''),
    hash  bytea  NOT NULL CHECK (octet_length(hash) = 32),
    index bigint NOT NULL UNIQUE
);

-- One row is one movement, from the account that is debited to the one that is credited: balanced by construction.
CREATE TABLE posting (
    index        bigint  NOT NULL,
    place        integer NOT NULL CHECK (place >= 0),
    debit        text    NOT NULL CHECK (debit <> ''),
    credit       text    NOT NULL CHECK (credit <> '' AND credit <> debit),
    unit         text    NOT NULL,
    amount_minor bigint  NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (index, place)
);
CREATE INDEX posting_debit ON posting (debit, unit, index, place);
CREATE INDEX posting_credit ON posting (credit, unit, index, place);

-- What an account holds after an entry that touched it: what came less what left. The newest is what it holds now.
CREATE TABLE balance (
    account text   NOT NULL,
    unit    text   NOT NULL,
    index   bigint NOT NULL,
    minor   bigint NOT NULL,
    PRIMARY KEY (account, unit, index)
);

-- What is personal in an input, sealed under persons' keys, which the database does not have.
CREATE TABLE sealed (
    index   bigint PRIMARY KEY,
    message bytea  NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION check_next() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    size bigint;
BEGIN
    SELECT coalesce(max(index) + 1, 0) INTO size FROM entry;
    IF NEW.index <> size THEN
        RAISE EXCEPTION 'entry % in a log of %', NEW.index, size USING ERRCODE = 'AP001', DETAIL = size::text;
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER next BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION check_next();

-- All of an entry is written with it, in one transaction; nothing is added to it later.
-- +goose StatementBegin
CREATE FUNCTION check_with_entry() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM entry WHERE index = NEW.index AND xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION '% of entry %, which is not being written', TG_TABLE_NAME, NEW.index USING ERRCODE = 'AP002';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd

-- At the end of the transaction the entry is whole: its input, its checkpoint, and the lines that it names.
-- +goose StatementBegin
CREATE FUNCTION check_whole() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM input WHERE index = NEW.index) OR NOT EXISTS (SELECT FROM checkpoint WHERE index = NEW.index)
       OR NOT (SELECT starts_with(convert_from(NEW.body, 'UTF8'),
                   '{"kind":"pool","lines":["' || string_agg(encode(commitment, 'hex'), '","' ORDER BY place) || '"],"rules":"')
                   AND max(place) = count(*) - 1 FROM line WHERE index = NEW.index) IS TRUE THEN
        RAISE EXCEPTION 'entry % is not whole', NEW.index USING ERRCODE = 'AP004';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER whole AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_whole();

-- An account holds what it held before, and what the entry moved: nobody's word for it.
-- +goose StatementBegin
CREATE FUNCTION check_moved(touched text, of_unit text, at_index bigint) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    before numeric := coalesce((SELECT minor FROM balance WHERE account = touched AND unit = of_unit AND index < at_index ORDER BY index DESC LIMIT 1), 0);
    moved  numeric := (SELECT sum(CASE credit WHEN touched THEN amount_minor ELSE -amount_minor END)
                       FROM posting WHERE index = at_index AND unit = of_unit AND touched IN (debit, credit));
    after  bigint  := (SELECT minor FROM balance WHERE account = touched AND unit = of_unit AND index = at_index);
BEGIN
    IF (after = before + moved) IS NOT TRUE THEN
        RAISE EXCEPTION 'entry %: % holds % in %, its postings make %', at_index, touched, after, of_unit, before + moved USING ERRCODE = 'AP005';
    END IF;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION check_posting() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM check_moved(NEW.debit, NEW.unit, NEW.index), check_moved(NEW.credit, NEW.unit, NEW.index);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION check_balance() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM check_moved(NEW.account, NEW.unit, NEW.index);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER moved AFTER INSERT ON posting DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_posting();
CREATE CONSTRAINT TRIGGER moved AFTER INSERT ON balance DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_balance();

-- +goose StatementBegin
DO $$
DECLARE
    kept text;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), current_schema() || '_node');
    PERFORM keep('entry');
    FOREACH kept IN ARRAY ARRAY['input', 'line', 'checkpoint', 'act', 'posting', 'balance', 'sealed'] LOOP
        PERFORM keep(kept::regclass);
        EXECUTE format('CREATE TRIGGER with_entry BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION check_with_entry()', kept);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
-- What the log names is not forgotten again: a pool goes forward.
SELECT 1 / 0;
