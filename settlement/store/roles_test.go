package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/store"
)

// as runs statements as a role, and says with which SQLSTATE each ends: "" where it may.
func as(t *testing.T, url, role string, statements ...string) (states []string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	_, err = conn.Exec(t.Context(), "SET ROLE "+role)
	require.NoError(t, err)
	for _, statement := range statements {
		tx, err := conn.Begin(t.Context())
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), statement)
		var refused *pgconn.PgError
		if err == nil {
			states = append(states, "")
		} else {
			require.ErrorAs(t, err, &refused, statement)
			states = append(states, refused.Code)
		}
		require.NoError(t, tx.Rollback(t.Context()))
	}
	return states
}

const denied, guarded = "42501", "AY003"

// Each role may do what its work needs, and is refused what it does not.
func TestRolesMayWhatTheirWorkNeeds(t *testing.T) {
	books, url := open(t)
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	require.NoError(t, lead.Write(t.Context(), lead.Encode(batch())))
	const (
		figures   = "SELECT amount FROM ledger.posting"
		messages  = "SELECT participant, sequence, hash FROM ledger.envelope"
		people    = "SELECT payload FROM ledger.envelope"
		told      = "SELECT payload FROM ledger.outbox"
		part      = "SELECT payload FROM ledger.envelope_2026_04"
		first     = "SELECT payload FROM ledger.envelope_first"
		quoted    = "SELECT detail FROM ledger.dead_letter"
		adds      = "INSERT INTO ledger.command_result VALUES (2, 1, '')"
		asks      = "INSERT INTO ledger.command VALUES (1, 'k', 'fund', '')"
		leads     = "UPDATE ledger.lease SET epoch = epoch + 1, holder = 'me'"
		marks     = "UPDATE ledger.outbox_position SET published = 1"
		moves     = "UPDATE ledger.stream_position SET participant = 2"
		renames   = "UPDATE ledger.participant SET name = 'me'"
		suspends  = "UPDATE ledger.participant SET suspended = true"
		partition = "SELECT ledger.make_partitions('2026-09-01')"
		holds     = "SELECT ledger.hold_lead(1)"
		change    = "UPDATE ledger.posting SET amount = 6"
		empty     = "TRUNCATE ledger.balance"
		grow      = "CREATE TABLE ledger.more (id bigint)"
		unguard   = "ALTER TABLE ledger.posting DISABLE TRIGGER kept"
	)
	all := []string{
		figures, messages, people, told, part, first, quoted, adds, asks, leads, marks, moves, renames, suspends, partition, holds, change, empty, grow, unguard,
	}
	may := map[string][]string{
		"ayni_engine":   {figures, messages, people, told, quoted, first, adds, asks, leads, marks, suspends, partition, holds},
		"ayni_reader":   {figures, messages},
		"ayni_auditor":  {figures, messages, quoted},
		"ayni_pii":      {figures, messages, quoted, people, told, first},
		"ayni_migrator": {},
	}
	for role, allowed := range may {
		for i, state := range as(t, url, role, all...) {
			want := denied
			for _, statement := range allowed {
				if statement == all[i] {
					want = ""
				}
			}
			require.Equal(t, want, state, "%s as %s", all[i], role)
		}
	}
	owner := as(t, url, "ayni_owner", change, empty, "DELETE FROM ledger.posting_2026_04", "UPDATE ledger.envelope SET batch = 0", grow,
		"SET LOCAL ledger.change_the_past = 'on'; "+change)
	require.Equal(t, []string{guarded, guarded, guarded, guarded, "", ""}, owner, "a slip of the owner's is refused; a deliberate change is not")
	require.Equal(t, []string{denied}, as(t, url, "ayni_engine", "SET LOCAL ledger.change_the_past = 'on'; "+change))
}

// Somebody who may only migrate logs in, becomes the owner by saying so, and brings the schema up to date.
func TestMigratorBecomesTheOwner(t *testing.T) {
	_, url := open(t)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	for _, sql := range []string{"DROP ROLE IF EXISTS test_migrator", "CREATE ROLE test_migrator LOGIN IN ROLE ayni_migrator NOINHERIT"} {
		_, err = conn.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	config, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	migrator := fmt.Sprintf("host=%s port=%d dbname=%s user=test_migrator", config.Host, config.Port, config.Database)
	require.NoError(t, store.Migrate(t.Context(), migrator+" options='-c role=ayni_migrator'"))
	login, err := pgx.Connect(t.Context(), migrator)
	require.NoError(t, err)
	_, err = login.Exec(t.Context(), "CREATE TABLE ledger.more (id bigint)")
	require.ErrorContains(t, err, "permission denied")
	_, err = login.Exec(t.Context(), "SET ROLE ayni_owner")
	require.NoError(t, err)
	_, err = login.Exec(t.Context(), "CREATE TABLE ledger.more (id bigint)")
	require.NoError(t, err)
	require.NoError(t, login.Close(t.Context()))
	_, err = conn.Exec(t.Context(), "DROP ROLE test_migrator")
	require.NoError(t, err)
}

// The check needs no personal data, and says where the reader's rights end.
func TestCheckRunsAsAuditor(t *testing.T) {
	_, url := open(t)
	books, err := store.OpenAuditor(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	findings, err := books.Check(t.Context(), nil)
	require.NoError(t, err)
	for _, f := range findings {
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}
