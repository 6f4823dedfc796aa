-- +goose Up
SET ROLE ayni_owner;

-- What a quote costs beside its rate, and what it was made against.
ALTER TABLE ledger.quote
    ADD COLUMN mid       text   NOT NULL DEFAULT '', -- exact fraction, as rate; '' where no reference rate was known
    ADD COLUMN fee_minor bigint NOT NULL DEFAULT 0 CHECK (fee_minor >= 0); -- of from_currency, once a transfer

-- Whose signatures a rate sheet needs, from the command on that said so.
CREATE TABLE ledger.rate_committee (
    command   bigint  PRIMARY KEY,
    batch     bigint  NOT NULL,
    keys      text[]  NOT NULL,
    threshold integer NOT NULL CHECK (threshold BETWEEN 1 AND cardinality(keys))
);

-- The scheme's reference rates as the committee signed them, signatures included. The newest is in force
-- for as long as it says.
CREATE TABLE ledger.rate_sheet (
    serial  bigint PRIMARY KEY CHECK (serial > 0),
    command bigint NOT NULL UNIQUE,
    batch   bigint NOT NULL,
    signed  bytea  NOT NULL
);

GRANT SELECT ON ledger.rate_committee, ledger.rate_sheet TO ayni_engine, ayni_reader;
GRANT INSERT ON ledger.rate_committee, ledger.rate_sheet TO ayni_engine;
RESET ROLE;

-- +goose Down
DROP TABLE ledger.rate_sheet, ledger.rate_committee;
ALTER TABLE ledger.quote DROP COLUMN mid, DROP COLUMN fee_minor;
