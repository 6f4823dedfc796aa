-- +goose Up
-- Three roles and no more rights than their work needs. Roles are shared by every database of a
-- cluster, so creating one that exists is not an error. Nobody logs in as the owner.
-- +goose StatementBegin
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['ayni_owner', 'ayni_engine', 'ayni_reader'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another database of this cluster made it
        END;
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
        END IF;
    END LOOP;
END
$$;
-- +goose StatementEnd
CREATE SCHEMA ledger AUTHORIZATION ayni_owner;
GRANT USAGE ON SCHEMA ledger TO ayni_engine, ayni_reader;

-- +goose Down
DROP SCHEMA ledger CASCADE;
