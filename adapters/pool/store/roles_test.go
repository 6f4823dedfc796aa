package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

var tables = []string{"entry", "input", "line", "checkpoint", "act", "posting", "balance", "sealed"}

// What PostgreSQL and the migrations say to what is not allowed.
const denied, late, guarded = "42501", "AP002", "AP003"

// as runs statements as a role, each in a transaction of its own, and says with which SQLSTATE each ends: "" where it may.
func as(t *testing.T, url, role string, statements ...string) (states []string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	_, err = conn.Exec(t.Context(), fmt.Sprintf("SET ROLE %s; SET search_path = %s", role, store.Schema(pool)))
	require.NoError(t, err)
	for _, statement := range statements {
		_, err := conn.Exec(t.Context(), statement)
		state := ""
		if err != nil {
			var refused *pgconn.PgError
			require.ErrorAs(t, err, &refused, statement)
			state = refused.Code
		}
		states = append(states, state)
	}
	return states
}

func TestTheNodeCannotChangeThePast(t *testing.T) {
	n := open(t)
	a := n.paid(t, "m1", 100)
	a.Sealed = []byte("sealed")
	n.write(t, a)
	for _, table := range tables {
		changes := []string{
			"UPDATE " + table + " SET index = index", "DELETE FROM " + table, "TRUNCATE " + table,
			"UPDATE " + table + " SET index = index WHERE false", "TRUNCATE " + table + " CASCADE",
		}
		harm := append([]string{
			"DROP TABLE " + table, "ALTER TABLE " + table + " DISABLE TRIGGER ALL", "ALTER TABLE " + table + " ADD COLUMN x text",
			"DROP TRIGGER kept ON " + table, "CREATE INDEX ON " + table + " (index)",
		}, changes...)
		for i, state := range as(t, n.url, store.Node(pool), harm...) {
			require.Equal(t, denied, state, harm[i])
		}
		for i, state := range as(t, n.url, store.Schema(pool)+"_owner", changes...) {
			require.Equal(t, guarded, state, "a slip of the owner's: %s", changes[i])
		}
		require.Equal(t, []string{""}, as(t, n.url, store.Node(pool), "SELECT FROM "+table))
	}
	require.Equal(t, []string{denied, denied, denied}, as(t, n.url, store.Node(pool),
		"CREATE TABLE more (x text)", "CREATE SCHEMA more", "SET session_replication_role = replica"))
	n.check(t)
}

// Nothing is added to an entry that is written.
func TestTheNodeCannotAddToThePast(t *testing.T) {
	n := open(t)
	n.write(t, n.paid(t, "m1", 100))
	adds := []string{
		"INSERT INTO input VALUES (0, 'act', now(), '', '', '')",
		"INSERT INTO line VALUES (0, 2, 's', 'k', '{}', sha256('x'), 'x')",
		"INSERT INTO checkpoint VALUES (0, 'x')",
		"INSERT INTO act VALUES ('x', sha256('x'), 0)",
		"INSERT INTO posting VALUES (0, 1, 'a', 'b', 'KES', 1)",
		"INSERT INTO balance VALUES ('a', 'KES', 0, 1)",
		"INSERT INTO sealed VALUES (0, 'x')",
		"INSERT INTO balance VALUES ('a', 'KES', 7, 1)",
	}
	for i, state := range as(t, n.url, store.Node(pool), adds...) {
		require.Equal(t, late, state, adds[i])
	}
	require.Equal(t, []string{"AP004", "AP001", "23505"}, as(t, n.url, store.Node(pool),
		"INSERT INTO entry VALUES (1, 'x')", "INSERT INTO entry VALUES (5, 'x')",
		"INSERT INTO entry VALUES (1, 'x'); INSERT INTO act SELECT id, hash, 1 FROM act"))
	n.check(t)
}

// A node's own tables, which PostgreSQL would look at first, stand in for none of the pool's.
func TestTheNodeCannotPretendAnEntry(t *testing.T) {
	n := open(t)
	n.write(t, n.paid(t, "m1", 100))
	config, err := pgx.ParseConfig(n.url)
	require.NoError(t, err)
	config.RuntimeParams["role"] = store.Node(pool)
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	_, err = conn.Exec(t.Context(), `BEGIN; CREATE TEMPORARY TABLE entry (index bigint); INSERT INTO pg_temp.entry VALUES (0);
		INSERT INTO `+store.Schema(pool)+`.sealed VALUES (0, 'x')`)
	var refused *pgconn.PgError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, late, refused.Code)
}

// Whoever may make roles and schemas makes a pool's, and is no superuser; whoever was made a member runs it.
func TestAPoolNeedsNoSuperuser(t *testing.T) {
	url, ctx := pgtest.New(t), t.Context()
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the test is over
	config := conn.Config()
	login := func(user string) string {
		return fmt.Sprintf("host=%s port=%d dbname=%s user=%s", config.Host, config.Port, config.Database, user)
	}
	const name = "pool-of-few"
	_, err = conn.Exec(ctx, `CREATE ROLE test_maker LOGIN CREATEROLE; CREATE ROLE test_runner LOGIN; GRANT CREATE ON DATABASE `+config.Database+` TO test_maker`)
	require.NoError(t, err)
	require.NoError(t, store.Migrate(ctx, login("test_maker"), name))
	require.Error(t, store.Migrate(ctx, login("test_runner"), name))
	_, err = conn.Exec(ctx, `GRANT pool_pool_of_few_owner, pool_pool_of_few_node TO test_runner`)
	require.NoError(t, err)
	for _, user := range []string{"test_maker", "test_runner"} {
		require.NoError(t, store.Migrate(ctx, login(user), name))
		s, err := store.Open(ctx, login(user), name)
		require.NoError(t, err)
		_, _, err = s.Newest(ctx)
		require.NoError(t, err)
		s.Close()
	}
	_, err = conn.Exec(ctx, `DROP SCHEMA pool_pool_of_few CASCADE; DROP OWNED BY test_maker; DROP ROLE pool_pool_of_few_owner, pool_pool_of_few_node, test_maker, test_runner`)
	require.NoError(t, err)
}

// Pools of one database do not see each other, and each has a schema of its own however its name is written.
func TestPoolsAreApart(t *testing.T) {
	n := open(t)
	n.write(t, n.paid(t, "m1", 100))
	const other = "stokvel-jozi"
	var group errgroup.Group
	for range 3 { // nodes that start at the same moment
		group.Go(func() error { return store.Migrate(t.Context(), n.url, other) })
	}
	require.NoError(t, group.Wait())
	s, err := store.Open(t.Context(), n.url, other)
	require.NoError(t, err, "another pool's node")
	t.Cleanup(s.Close)
	size, _, err := s.Newest(t.Context())
	require.NoError(t, err)
	require.Zero(t, size)
	require.Equal(t, []string{denied, denied}, as(t, n.url, store.Node(other),
		"SELECT FROM "+store.Schema(pool)+".entry", "INSERT INTO "+store.Schema(pool)+".entry VALUES (1, 'x')"))
	n.check(t)
	for _, name := range []string{"", "Pool", "a b", "p;DROP SCHEMA x", "a_b", `p"`} {
		require.Error(t, store.Migrate(t.Context(), n.url, name))
		_, err := store.Open(t.Context(), n.url, name)
		require.Error(t, err)
	}
	_, err = store.Open(t.Context(), pgtest.New(t), pool)
	require.Error(t, err, "a database without the pool's schema")
}
