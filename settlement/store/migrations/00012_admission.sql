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

-- What one person asks for and another decides on, and what came of it. Nothing secret is in it.
CREATE TABLE ledger.request (
    id      bigint      PRIMARY KEY CHECK (id > 0),
    key     text        NOT NULL UNIQUE, -- the asker's: asked again under it is asked once
    kind    text        NOT NULL,
    subject text        NOT NULL, -- the participant that it is about
    body    bytea       NOT NULL, -- JSON: exactly what is to be done
    maker   text        NOT NULL CHECK (maker <> ''),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE ledger.approval (
    request    bigint      PRIMARY KEY REFERENCES ledger.request,
    checker    text        NOT NULL CHECK (checker <> ''),
    approved   boolean     NOT NULL,
    reason     text        NOT NULL CHECK (reason <> ''),
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE ledger.request_result (
    request bigint      PRIMARY KEY REFERENCES ledger.approval,
    fault   text        NOT NULL, -- '' when all of it was done
    done_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- +goose StatementBegin
CREATE FUNCTION ledger.check_checker() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger.request r WHERE r.id = NEW.request AND lower(btrim(r.maker)) = lower(btrim(NEW.checker))) THEN
        RAISE EXCEPTION 'whoever asks does not decide' USING ERRCODE = 'AY005';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION ledger.check_approved() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (SELECT approved FROM ledger.approval WHERE request = NEW.request) THEN
        RAISE EXCEPTION 'what was refused is not done' USING ERRCODE = 'AY006';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER two_people BEFORE INSERT ON ledger.approval FOR EACH ROW EXECUTE FUNCTION ledger.check_checker();
CREATE TRIGGER approved BEFORE INSERT ON ledger.request_result FOR EACH ROW EXECUTE FUNCTION ledger.check_approved();

-- Where a rail's statement, the log and the postings do not say the same, and how that was resolved: by a request
-- that two people stand behind.
CREATE TABLE ledger.difference (
    id          text        PRIMARY KEY, -- says what it is about: found again, it is the same
    kind        text        NOT NULL,
    participant text        NOT NULL,
    day         date        NOT NULL,
    rail_ref    text        NOT NULL,
    transfer    text        NOT NULL,
    movement    text        NOT NULL,
    rail_minor  bigint      NOT NULL,
    ours_minor  bigint      NOT NULL,
    currency    text        NOT NULL,
    detail      text        NOT NULL,
    found_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE ledger.difference_resolution (
    difference  text        PRIMARY KEY REFERENCES ledger.difference,
    request     bigint      NOT NULL REFERENCES ledger.approval,
    how         text        NOT NULL CHECK (how IN ('explained', 'corrected', 'written_off', 'retried')),
    reason      text        NOT NULL CHECK (reason <> ''),
    evidence    text        NOT NULL,
    resolved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER approved BEFORE INSERT ON ledger.difference_resolution FOR EACH ROW EXECUTE FUNCTION ledger.check_approved();
SELECT ledger.keep('ledger.difference'), ledger.keep('ledger.difference_resolution');
GRANT SELECT ON ledger.difference, ledger.difference_resolution TO ayni_engine, ayni_reader, ayni_auditor, ayni_pii;
GRANT INSERT ON ledger.difference, ledger.difference_resolution TO ayni_engine;

SELECT ledger.keep('ledger.screen_verdict'), ledger.keep('ledger.request'), ledger.keep('ledger.approval'), ledger.keep('ledger.request_result');
GRANT SELECT ON ledger.screen_verdict, ledger.request, ledger.approval, ledger.request_result TO ayni_engine, ayni_reader, ayni_auditor, ayni_pii;
GRANT INSERT ON ledger.screen_verdict, ledger.request, ledger.approval, ledger.request_result TO ayni_engine;
RESET ROLE;

-- +goose Down
-- What screening said is not forgotten again: a ledger goes forward.
SELECT 1 / 0;
