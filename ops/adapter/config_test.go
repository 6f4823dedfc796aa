package adapter

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/settings"
)

const oldFile = "testdata/adapter-1.yaml"

func oldText(t *testing.T) []byte {
	t.Helper()
	t.Setenv("AYNI_TEST_SEED", "SUAJ6NOTTOBESHOWN")
	t.Setenv("AYNI_TEST_API_KEY", "another secret")
	text, err := os.ReadFile(oldFile)
	require.NoError(t, err)
	return text
}

func TestYesterdaysFileMeansTheSame(t *testing.T) {
	c, err := ParseConfig(oldText(t))
	require.NoError(t, err)
	assert.Equal(t, "mpesa-ke", c.Participant)
	assert.Equal(t, "/var/lib/ayni-adapter/mpesa-ke", c.Store)
	assert.Equal(t, "10.0.1.5:8081", c.Listen)
	assert.Equal(t, "127.0.0.1:8082", c.Callbacks)
	assert.Equal(t, map[string]string{"GXCHPHM2XXX": "gcash-ph"}, c.Agents)
	assert.Equal(t, "momo", c.plug.Name)
	assert.Equal(t, "SUAJ6NOTTOBESHOWN", c.Switch.SigningSeed.Reveal())
	assert.Empty(t, c.MetricsAddr, "it listens nowhere that it did not")
	assert.Equal(t, settings.Telemetry{LogLevel: "warn", LogFormat: "text", TracesRatio: 0.01}, c.Telemetry, "and traces nothing")
}

// What environment and flags say stands over the file, is known by where it came from, and shows no secret.
func TestLaterSourcesWinAndAreNamed(t *testing.T) {
	environ := map[string]string{
		"A_LISTEN": "127.0.0.1:1", "A_SWITCH_URL": "nats://10.0.0.9:4222", "A_AGENTS": "BOFAUS3N=bank-us", "A_TRACES_RATIO": "0.5", "A_CALLBACKS": "127.0.0.1:2",
	}
	c, values, err := LoadConfig(oldText(t), settings.Sources{
		File: oldFile, Prefix: "A_", Lookup: func(name string) (string, bool) { v, ok := environ[name]; return v, ok },
		Flags: map[string]string{"callbacks": "127.0.0.1:3", "callbacks_tls_key": "", "config": "is no setting"},
	})
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:1", c.Listen)
	assert.Equal(t, "127.0.0.1:3", c.Callbacks)
	assert.Equal(t, "nats://10.0.0.9:4222", c.Switch.URL)
	assert.Equal(t, map[string]string{"BOFAUS3N": "bank-us"}, c.Agents, "a map is replaced, not added to")
	assert.InDelta(t, 0.5, c.TracesRatio, 0)
	assert.Equal(t, "mpesa-ke", c.Participant)
	from := map[string]settings.Value{}
	for _, v := range values {
		from[v.Name] = v
		assert.NotContains(t, v.Text, "SUAJ6")
	}
	assert.Equal(t, settings.Value{Name: "callbacks", Text: "127.0.0.1:3", From: "flag --callbacks"}, from["callbacks"])
	assert.Equal(t, settings.Value{Name: "switch.url", Text: "nats://10.0.0.9:4222", From: "A_SWITCH_URL"}, from["switch.url"])
	assert.Equal(t, settings.Value{Name: "switch.signing_seed", Text: "env:AYNI_TEST_SEED", From: oldFile}, from["switch.signing_seed"])
	assert.Equal(t, settings.Value{Name: "settings.api_key", Text: "env:AYNI_TEST_API_KEY", From: oldFile}, from["settings.api_key"])
	assert.Equal(t, settings.Value{Name: "log_level", Text: "warn", From: "default"}, from["log_level"])

	for flag, says := range map[string]string{"log_level": "log_level", "listen": "HOST:PORT", "traces_url": "traces_url", "agents": "NAME=VALUE", "traces_ratio": "traces_ratio"} {
		_, _, err := LoadConfig(oldText(t), settings.Sources{File: oldFile, Flags: map[string]string{flag: "7"}})
		require.ErrorContains(t, err, says)
	}
	_, _, err = LoadConfig(oldText(t), settings.Sources{File: oldFile, Flags: map[string]string{"switch_signing_seed": "SUAJ6NOTTOBESHOWN"}})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "SUAJ6")
	_, _, err = LoadConfig([]byte("participnat: x"), settings.Sources{})
	require.Error(t, err)
}

func TestWhatMayBeSecretIsNotPrinted(t *testing.T) {
	_, values, err := LoadConfig([]byte(string(oldText(t))+"  consumer_secret: SUAJ6NOTTOBESHOWN\n  callback_prefix: /SUAJ6NOTTOBESHOWN\n"), settings.Sources{File: oldFile})
	require.NoError(t, err, "whose settings they are, its rail knows")
	for _, v := range values {
		assert.NotContains(t, v.Text, "SUAJ6", v.Name)
	}
}
