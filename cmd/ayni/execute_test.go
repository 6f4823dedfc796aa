package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// ended runs the command line as main does.
func ended(t *testing.T, args ...string) (code exit.Code, out, complaints string) {
	t.Helper()
	var said, complained bytes.Buffer
	c := newCommand()
	c.SetArgs(args)
	c.SetOut(&said)
	c.SetErr(&complained)
	code = execute(t.Context(), c)
	return code, said.String(), complained.String()
}

func TestExitCodes(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	at := func(args ...string) []string { return append(args, "--database-url", url) }
	for name, c := range map[string]struct {
		args []string
		want exit.Code
		says string // in what goes to people
	}{
		"help":               {[]string{"help", "exit-codes"}, exit.Done, ""},
		"no such command":    {[]string{"dance"}, exit.Usage, `unknown command "dance"`},
		"no such flag":       {[]string{"participant", "list", "--loud"}, exit.Usage, "ayni participant list --help"},
		"no such format":     {at("participant", "list", "-o", "xml"), exit.Usage, "there are table, json, csv"},
		"a flag is missing":  {[]string{"ledger", "split-views"}, exit.Usage, "database-url"},
		"no argument":        {at("participant", "show"), exit.Usage, "accepts 1 arg"},
		"no table":           {[]string{"iso20022", "check", "-o", "csv", empty}, exit.Usage, "-o json"},
		"not there":          {at("participant", "show", "nobody"), exit.NotFound, "ayni participant list"},
		"no such request":    {at("participant", "approve", "7", "--as", "Ben", "--reason", "why"), exit.NotFound, "ayni participant list"},
		"no server":          {[]string{"participant", "list", "--database-url", "postgres://127.0.0.1:1/ayni"}, exit.Unreachable, "ayni doctor"},
		"nothing to read":    {[]string{"bulk", "check", filepath.Join(t.TempDir(), "none")}, exit.NotFound, "none"},
		"no ledger":          {[]string{"ledger", "check", "--data", t.TempDir()}, exit.NotFound, "no ledger"},
		"a table":            {at("participant", "list"), exit.Done, ""},
		"a kind of none":     {at("ledger", "command", "dance", "--body", empty, "--as", "Asha", "--alone"), exit.Usage, "no kind"},
		"alone":              {at("ledger", "command", "suspend", "--body", empty, "--as", "Asha"), exit.Usage, "ayni request make"},
		"nobody":             {at("ledger", "command", "suspend", "--body", empty, "--as", " ", "--alone"), exit.Usage, "who asks?"},
		"no such credential": {[]string{"participant", "credentials", "a-ke", "--data", t.TempDir(), "--out", empty}, exit.NotFound, ""},
	} {
		code, _, complaints := ended(t, c.args...)
		assert.Equal(t, c.want, code, "%s: %s", name, complaints)
		assert.Contains(t, complaints, c.says, name)
	}
	_, out, _ := ended(t, "help", "exit-codes")
	assert.Contains(t, out, "6  findings")
}

// Every command that shows something in one way shows it in the others, too.
func TestShowsAsPeopleAndProgramsWant(t *testing.T) {
	everyCommand(newCommand(), func(c *cobra.Command) {
		as := c.Flags().Lookup("json")
		if as == nil || as.Value.Type() == "string" { // of demo, which writes a file
			return
		}
		assert.NotNil(t, c.Flags().ShorthandLookup("o"), c.CommandPath())
	})
}

func TestListsByFormat(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	ask := []string{"participant", "suspend", "alpha-ke", "--as", "Asha", "--reason", "late", "--database-url", url}
	_, err := run(t, ask...)
	require.NoError(t, err)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-o", "json"}, `"asked_by": "Asha"`},
		{[]string{"--json"}, `"asked_by": "Asha"`},
		{[]string{"-o", "csv"}, "participant,country,currency,role,payout_min,payout_min_currency,"},
		{nil, "REQUEST  KIND     OF        ASKED BY"},
	} {
		out, err := run(t, append([]string{"participant", "list", "--database-url", url}, c.args...)...)
		require.NoError(t, err)
		assert.Contains(t, out, c.want)
		assert.NotContains(t, out, "\x1b", "no colours where nobody looks")
	}
	out, err := run(t, "ledger", "dead-letters", "--database-url", url, "--json")
	require.NoError(t, err)
	assert.Equal(t, "[]", strings.TrimSpace(out))
}
