package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// checkGuards holds the database against the rights that it should give: every table that the engine only adds
// to refuses changes to its owner too, functions see no schema but the system's and are nobody's by default,
// no role logs in or is a superuser, and who must not read what people said cannot.
func checkGuards(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "guards_stand", `
		WITH kept AS (
			SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p')
			    AND NOT has_any_column_privilege('ayni_engine', c.oid, 'UPDATE')
		)
		SELECT (SELECT count(*) FROM kept k WHERE NOT EXISTS (SELECT FROM pg_trigger t
		            WHERE t.tgrelid = k.oid AND t.tgfoid = 'ledger.refuse_change'::regproc AND t.tgenabled IN ('O', 'A')
		                AND t.tgtype::integer & 58 = 58)) -- before update, delete and truncate
		     + (SELECT count(*) FROM pg_proc f WHERE f.pronamespace = 'ledger'::regnamespace
		            AND (NOT coalesce(f.proconfig, '{}') && ARRAY['search_path=pg_catalog, pg_temp']
		                 OR EXISTS (SELECT FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a WHERE a.grantee = 0)))
		     + (SELECT count(*) FROM pg_roles r WHERE r.rolname LIKE 'ayni\_%' AND (r.rolcanlogin OR r.rolsuper OR r.rolbypassrls)
		            AND r.rolname IN ('ayni_owner', 'ayni_migrator', 'ayni_engine', 'ayni_reader', 'ayni_auditor', 'ayni_pii'))
		     + (SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		            CROSS JOIN unnest(ARRAY['ayni_auditor', 'ayni_reader']) AS reader
		            WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'payload'
		                AND has_column_privilege(reader, c.oid, a.attnum, 'SELECT')),
		       (SELECT count(*) FROM kept)`,
		"%d tables that grow refuse every change; functions and messages are theirs whose work needs them",
		"%d guards are missing, around %d tables that grow")
}
