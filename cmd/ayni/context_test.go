package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// Flags win over the environment, and that over the context.
func TestContextsByCommand(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	url := pgtest.New(t)
	_, err := run(t, "ledger", "migrate", "--database-url", url)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "url")
	require.NoError(t, os.WriteFile(file, []byte(url+"\n"), 0o600))
	_, err = run(t, "context", "set", "here", "--database-url", "file:"+file, "--as", "Asha")
	require.NoError(t, err)
	_, err = run(t, "context", "set", "away", "--database-url", "postgres://127.0.0.1:1/ayni", "--as", "Ben")
	require.NoError(t, err)
	_, err = run(t, "participant", "suspend", "alpha-ke", "--reason", "late")
	require.NoError(t, err, "neither address nor name is said")
	out, err := run(t, "participant", "list", "-o", "csv", "--context", "here")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(out, "participant,"))
	out, err = run(t, "participant", "show", "alpha-ke")
	require.NoError(t, err)
	assert.Contains(t, out, "Asha")

	code, _, _ := ended(t, "participant", "list", "--context", "away")
	assert.Equal(t, exit.Unreachable, code)
	code, _, complaints := ended(t, "participant", "list", "--context", "nowhere")
	assert.Equal(t, exit.Usage, code)
	assert.Contains(t, complaints, "ayni context list")
	t.Setenv("AYNI_CONTEXT", "away")
	t.Setenv("AYNI_DATABASE_URL", "env:AYNI_TEST_REAL_URL")
	t.Setenv("AYNI_TEST_REAL_URL", url)
	_, err = run(t, "participant", "list")
	require.NoError(t, err, "the environment is before the context")
	_, err = run(t, "participant", "approve", "1", "--reason", "agreed", "--refuse")
	require.NoError(t, err, "as Ben, of the context that the environment names")
	t.Setenv("AYNI_DATABASE_URL", "postgres://127.0.0.1:1/ayni")
	_, err = run(t, "ledger", "split-views", "--database-url", "file:"+file)
	require.NoError(t, err, "and flags are before both")
}

func TestContextsAreKept(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, args := range []string{"set prod --database-url postgres://db/ayni", "set test --data /tmp/a", "use test", "use prod", "remove test"} {
		_, err := run(t, append([]string{"context"}, strings.Fields(args)...)...)
		require.NoError(t, err, args)
	}
	out, err := run(t, "context", "list")
	require.NoError(t, err)
	assert.Equal(t, "CONTEXT  CURRENT  DATABASE URL        NATS URL  AS\nprod     yes      postgres://db/ayni\n", out)
	out, err = run(t, "context", "show", "-o", "csv")
	require.NoError(t, err)
	assert.Equal(t, "setting,value\ndatabase_url,postgres://db/ayni\n", out)
	for _, args := range []string{"use test", "remove test", "show test"} {
		code, _, _ := ended(t, append([]string{"context"}, strings.Fields(args)...)...)
		assert.Equal(t, exit.NotFound, code, args)
	}
	code, _, complaints := ended(t, "context", "set", "prod", "--database-url", "postgres://u:p@db/ayni")
	assert.Equal(t, exit.Usage, code)
	assert.Contains(t, complaints, "file:PATH")
}

func TestConfigByCommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "serve.yaml")
	out, err := run(t, "config", "example", "serve")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte(out), 0o600))
	t.Setenv("AYNI_LOG_LEVEL", "debug")
	out, err = run(t, "config", "print", "serve", "--config", file, "--holder", "me", "-o", "csv")
	require.NoError(t, err)
	assert.Contains(t, out, "log_level,debug,AYNI_LOG_LEVEL\n")
	assert.Contains(t, out, "holder,me,flag --holder\n")
	assert.Contains(t, out, "log_format,json,"+file)
	code, _, complaints := ended(t, "config", "check", "serve", "--config", file)
	assert.Equal(t, exit.Usage, code)
	assert.Contains(t, complaints, "database_url is missing")
	code, _, _ = ended(t, "serve", "--config", file)
	assert.Equal(t, exit.Usage, code)
	code, _, complaints = ended(t, "demo", "--database-url", "postgres://u:p@db/ayni")
	assert.Equal(t, exit.Usage, code, complaints)
	dir := t.TempDir()
	out, err = run(t, "ledger", "log-key", "ayni.example/log", filepath.Join(dir, "log.key"))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(out, "ayni.example/log+"))
	_, err = run(t, "person", "keys", filepath.Join(dir, "persons.keys"))
	require.NoError(t, err)
	assert.Error(t, store.Migrate(t.Context(), "postgres://127.0.0.1:1/ayni"))
}
