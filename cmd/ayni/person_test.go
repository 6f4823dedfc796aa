package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/persons"
)

// A person is erased by who says yes, for ever, and nobody else with it.
func TestPersonCommands(t *testing.T) {
	dir := t.TempDir()
	_, err := persons.Create(filepath.Join(dir, "persons.keys"))
	require.NoError(t, err)
	run := func(answer string, args ...string) (string, error) {
		var out bytes.Buffer
		c := newCommand()
		c.SetArgs(append([]string{"person"}, args...))
		c.SetIn(strings.NewReader(answer))
		c.SetOut(&out)
		c.SetErr(&out)
		err := c.ExecuteContext(t.Context())
		return out.String(), err
	}
	disclose := func(account string) (string, error) {
		return run("", "disclose", "--data", dir, "--participant", "mpesa-ke", "--account", account)
	}
	key, err := disclose("1")
	require.NoError(t, err)
	_, err = persons.ReadKey(strings.TrimSpace(key))
	require.NoError(t, err)
	other, err := disclose("2")
	require.NoError(t, err)

	erase := []string{"erase", "--persons", filepath.Join(dir, "persons.keys"), "--participant", "mpesa-ke", "--account", "1"}
	_, err = run("no\n", erase...)
	require.ErrorIs(t, err, errNotErased)
	again, err := disclose("1")
	require.NoError(t, err)
	require.Equal(t, key, again)
	_, err = run("yes\n", erase...)
	require.NoError(t, err)
	_, err = run("", append(erase, "--yes")...)
	require.NoError(t, err)
	_, err = disclose("1")
	var erased *persons.ErasedError
	require.ErrorAs(t, err, &erased)
	still, err := disclose("2")
	require.NoError(t, err)
	require.Equal(t, other, still)
}
