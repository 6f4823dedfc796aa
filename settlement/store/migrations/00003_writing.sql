-- +goose Up
SET ROLE ayni_owner;

-- What a batch must hold before it writes, as functions, so that the whole transaction can be sent in one
-- piece: each raises an error of its own, and with it nothing of the batch is written.

-- +goose StatementBegin
CREATE FUNCTION ledger.hold_lead(mine bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present bigint;
BEGIN
    SELECT epoch INTO present FROM ledger.lease FOR SHARE;
    IF present IS DISTINCT FROM mine THEN
        RAISE EXCEPTION 'another engine leads' USING ERRCODE = 'AY001', DETAIL = coalesce(present, 0)::text;
    END IF;
END
$$;
-- +goose StatementEnd

-- Moves a stream's position on from exactly where the batch began; sequence 0 is a stream never read.
-- +goose StatementBegin
CREATE FUNCTION ledger.move_position(
    stream_of integer, old_sequence bigint, old_hash bytea, created timestamptz, new_sequence bigint, new_hash bytea
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moved bigint;
BEGIN
    IF old_sequence = 0 THEN
        INSERT INTO ledger.stream_position (participant, stream_created, sequence, hash)
        VALUES (stream_of, created, new_sequence, new_hash) ON CONFLICT DO NOTHING;
    ELSE
        UPDATE ledger.stream_position SET stream_created = created, sequence = new_sequence, hash = new_hash
        WHERE participant = stream_of AND sequence = old_sequence AND hash = old_hash;
    END IF;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> 1 THEN
        RAISE EXCEPTION 'the stream is not where this batch began' USING ERRCODE = 'AY002', DETAIL = stream_of::text;
    END IF;
END
$$;
-- +goose StatementEnd

RESET ROLE;

-- +goose Down
DROP FUNCTION ledger.move_position;
DROP FUNCTION ledger.hold_lead;
