-- +goose Up
SET ROLE ayni_owner;

-- What happens to a transfer beside its states: held, asked about, recalled. Most transfers have no row here.
CREATE TABLE ledger.life_event (
    transfer bigint  NOT NULL,
    batch    bigint  NOT NULL,
    place    integer NOT NULL, -- in the batch
    kind     text    NOT NULL CHECK (kind IN ('asked', 'unheard', 'recalled', 'recall_refused', 'held', 'released',
        'late', 'opened', 'reserving', 'reserved', 'gross')),
    about    text    NOT NULL, -- the instruction that was asked about; 'screen' or 'person' of a hold
    reason   text    NOT NULL,
    until    timestamptz,      -- of 'late': when its currencies open
    PRIMARY KEY (transfer, batch, place)
);
CREATE INDEX life_event_batch ON ledger.life_event (batch);

-- What operators ruled: the newest command of a kind and subject is in force.
CREATE TABLE ledger.rule (
    kind    text   NOT NULL,
    subject text   NOT NULL,
    command bigint NOT NULL,
    batch   bigint NOT NULL,
    PRIMARY KEY (kind, subject, command)
);

ALTER TABLE ledger.participant ADD COLUMN reserves boolean NOT NULL DEFAULT false;

-- New words beside those that a column takes already. A part that was attached keeps a constraint of its own
-- when the whole's is dropped.
-- +goose StatementBegin
DO $$
DECLARE
    more       record;
    part       regclass;
    definition text;
BEGIN
    FOR more IN SELECT * FROM (VALUES
        ('posting', 'posting_kind_check', '''gross''::text'),
        ('outcome', 'outcome_kind_check', '''recall''::text, ''reserve''::text, ''release''::text'),
        ('outcome', 'outcome_state_check', '''reserved''::text, ''released''::text, ''refused''::text')
    ) AS t (whole, name, words) LOOP
        SELECT replace(pg_get_constraintdef(oid), 'ARRAY[', 'ARRAY[' || more.words || ', ') INTO STRICT definition
        FROM pg_constraint WHERE conrelid = ('ledger.' || more.whole)::regclass AND conname = more.name;
        FOR part IN SELECT relid FROM pg_partition_tree(('ledger.' || more.whole)::regclass) ORDER BY level LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I', part, more.name);
        END LOOP;
        EXECUTE format('ALTER TABLE ledger.%I ADD CONSTRAINT %I %s', more.whole, more.name, definition);
    END LOOP;
END
$$;
-- +goose StatementEnd

GRANT SELECT ON ledger.life_event, ledger.rule TO ayni_engine, ayni_reader;
GRANT INSERT ON ledger.life_event, ledger.rule TO ayni_engine;
RESET ROLE;

-- +goose Down
-- Words that rows use are not taken back: a ledger goes forward.
SELECT 1 / 0;
