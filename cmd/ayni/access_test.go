package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	access "github.com/ayni-switch/ayni/ops/auth/store"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// A switch's first people and machines are let in by command.
func TestAccessByCommand(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, access.Migrate(t.Context(), url))
	run := func(line string) (string, error) {
		var out bytes.Buffer
		c := newCommand()
		c.SetArgs(append(strings.Fields(line), "--database-url", url))
		c.SetOut(&out)
		c.SetErr(io.Discard)
		err := c.ExecuteContext(t.Context())
		return strings.TrimSpace(out.String()), err
	}
	does := func(line string) string {
		t.Helper()
		out, err := run(line)
		require.NoError(t, err, line)
		return out
	}
	link := does("access link --subject asha@scheme.example --name Asha --role operator --origin https://switch.example")
	require.True(t, strings.HasPrefix(link, "https://switch.example/auth/link?code="), link)

	secret := does("access machine add mpesa-app --role participant --participant mpesa-ke")
	kept, err := access.Open(t.Context(), url)
	require.NoError(t, err)
	defer kept.Close()
	who, err := kept.Secret(t.Context(), "mpesa-app", secret)
	require.NoError(t, err)
	require.Equal(t, "mpesa-ke", who.Participant)
	next := does("access machine secret mpesa-app")
	does("access machine secret mpesa-app --end-old")
	_, err = kept.Secret(t.Context(), "mpesa-app", secret)
	require.Error(t, err)
	_, err = kept.Secret(t.Context(), "mpesa-app", next)
	require.NoError(t, err)
	does("access machine certificate mpesa-app --sha256 " + strings.Repeat("0A:", 31) + "0a")
	require.Contains(t, does("access machine list -o csv"), "mpesa-app")
	require.Contains(t, does("access events"), "mpesa-app")
	does("access machine revoke mpesa-app")
	_, err = kept.Secret(t.Context(), "mpesa-app", next)
	require.Error(t, err)

	_, err = run("access machine add eyes --role approver")
	require.ErrorContains(t, err, "approve", "a second pair of eyes is a person's")
	_, err = run("access machine add x --role king")
	require.Equal(t, exit.Usage, exit.Of(err))
}
