package store_test

import (
	"crypto/sha256"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/settlement/persons"
)

// Whatever is changed behind the guards, the check says where.
func TestTheCheckFindsWhatWasChanged(t *testing.T) {
	n := open(t)
	for range 3 {
		n.write(t, n.paid(t, "m1", 100))
	}
	n.exec(t, "CREATE SCHEMA before")
	for _, table := range tables {
		n.exec(t, "CREATE TABLE before."+table+" AS TABLE "+table)
	}
	for name, c := range map[string]struct{ sql, finding, undo string }{
		"an entry":            {"UPDATE entry SET body = convert_to(replace(convert_from(body, 'UTF8'), 'pool-1', 'pool-2'), 'UTF8') WHERE index = 1", "log_is_signed", "NULL"},
		"an entry taken":      {"DELETE FROM entry WHERE index = 1", "log_is_signed", "NULL"},
		"a checkpoint":        {"UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE index = 0) WHERE index = 1", "log_is_signed", "NULL"},
		"a checkpoint taken":  {"DELETE FROM checkpoint WHERE index = 1", "log_is_signed", "NULL"},
		"a line":              {"UPDATE line SET blob = 'x', commitment = sha256('x') WHERE index = 1 AND place = 0", "log_is_signed", "NULL"},
		"a line's section":    {"UPDATE line SET section = 'public' WHERE index = 1 AND place = 0", "log_is_signed", "NULL"},
		"whom a line is of":   {"UPDATE line SET about = '{m2}' WHERE index = 1 AND place = 0", "log_is_signed", "NULL"},
		"a line taken":        {"DELETE FROM line WHERE index = 1 AND place = 1", "log_is_signed", "NULL"},
		"all lines taken":     {"DELETE FROM line WHERE index = 1", "lines_are_logged", "NULL"},
		"lines of nothing":    {"UPDATE line SET index = 9 WHERE index = 1", "lines_are_logged", "NULL"},
		"an input taken":      {"DELETE FROM input WHERE index = 1", "lines_are_logged", "NULL"},
		"an input":            {"UPDATE input SET body = 'x' WHERE index = 1", "acts_answered_once", "NULL"},
		"an act":              {"UPDATE act SET hash = sha256('x') WHERE index = 1", "acts_answered_once", "NULL"},
		"a posting":           {"UPDATE posting SET amount_minor = 7 WHERE index = 1", "balances_are_postings", "NULL"},
		"a posting taken":     {"DELETE FROM posting WHERE index = 1", "balances_are_postings", "NULL"},
		"a posting's account": {"UPDATE posting SET credit = 'fund/mine' WHERE index = 1", "balances_are_postings", "NULL"},
		"a balance":           {"UPDATE balance SET minor = minor + 1 WHERE index = 2", "balances_are_postings", "NULL"},
		"a sum":               {"UPDATE balance SET minor = minor + 1 WHERE index = 2 AND account = 'fund/welfare'", "zero_sum", "NULL"},
		"a balance taken":     {"DELETE FROM balance WHERE index = 1", "balances_are_postings", "NULL"},
		"a right given":       {"GRANT UPDATE ON line TO pool_chama_nairobi_node", "append_only", "REVOKE UPDATE ON line FROM pool_chama_nairobi_node"},
		"a column's right":    {"GRANT UPDATE (minor) ON balance TO pool_chama_nairobi_node", "append_only", "REVOKE UPDATE (minor) ON balance FROM pool_chama_nairobi_node"},
		"a guard taken":       {"DROP TRIGGER kept ON posting", "append_only", "CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON posting EXECUTE FUNCTION refuse_change()"},
		"a guard asleep":      {"ALTER TABLE sealed DISABLE TRIGGER kept", "append_only", "ALTER TABLE sealed ENABLE TRIGGER kept"},
		"a table more":        {"CREATE TABLE more (x text)", "append_only", "DROP TABLE more"},
	} {
		t.Run(name, func(t *testing.T) {
			n.behind(t, c.sql)
			findings, err := n.store.Check(t.Context(), n.verifier(t))
			require.NoError(t, err)
			wrong := map[string]string{}
			for _, f := range findings {
				if !f.OK {
					wrong[f.Name] = f.Detail
				}
			}
			require.Contains(t, wrong, c.finding, "%v", findings)
			undo := c.undo
			for _, table := range tables {
				undo += "; TRUNCATE " + table + "; INSERT INTO " + table + " SELECT * FROM before." + table
			}
			n.behind(t, undo)
			n.check(t)
		})
	}
}

// behind changes what nobody may, as somebody who owns the server can.
func (n *node) behind(t *testing.T, sql string) {
	t.Helper()
	n.exec(t, "DO $$ BEGIN SET LOCAL session_replication_role = replica; "+sql+"; END $$")
}

func TestWhatIsSealedIsReadUntilItsKeyIsGone(t *testing.T) {
	n := open(t)
	file := filepath.Join(t.TempDir(), "persons.keys")
	keep, err := n.store.Persons(t.Context(), file)
	require.NoError(t, err)
	keys, err := keep.Keys()
	require.NoError(t, err)
	wanjiku := persons.Person{Participant: pool, Account: "m1"}
	line := []byte("0123456789abcdef0123456789abcdef\n{\"name\":\"Wanjiku\"}\n")
	message, err := keys.SealAll([]persons.Line{{Person: wanjiku, Text: line}})
	require.NoError(t, err)
	n.write(t, n.paid(t, "m1", 1))
	a := n.paid(t, "m1", 2)
	a.Sealed = message
	n.write(t, a)

	again, err := n.store.Persons(t.Context(), file)
	require.NoError(t, err)
	keys, err = again.Keys()
	require.NoError(t, err)
	kept, err := n.store.SealedAt(t.Context(), 1)
	require.NoError(t, err)
	read, err := keys.UnsealAll(kept)
	require.NoError(t, err)
	require.Equal(t, line, read[0].Text)
	for sealed, err := range n.store.Sealed(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, store.Sealed{Index: 1, Message: message}, sealed)
	}
	require.NoError(t, again.Destroy(wanjiku))
	keys, err = again.Keys()
	require.NoError(t, err)
	read, err = keys.UnsealAll(kept)
	require.NoError(t, err)
	var erased *persons.ErasedError
	require.ErrorAs(t, read[0].Err, &erased)
	n.check(t)

	var unknown *store.UnknownError
	_, err = n.store.SealedAt(t.Context(), 0)
	require.ErrorAs(t, err, &unknown)
	_, err = n.store.Persons(t.Context(), filepath.Join(t.TempDir(), "lost.keys"))
	require.ErrorIs(t, err, fs.ErrNotExist, "keys that are lost are not quietly replaced")
}

func TestAnActIsRemembered(t *testing.T) {
	n := open(t)
	a := n.paid(t, "m1", 100)
	n.write(t, a)
	hash, index, err := n.store.Answered(t.Context(), a.Act)
	require.NoError(t, err)
	require.Zero(t, index)
	require.Equal(t, sha256.Sum256(a.Input.Body), hash)
	var unknown *store.UnknownError
	_, _, err = n.store.Answered(t.Context(), "another")
	require.ErrorAs(t, err, &unknown)
}
