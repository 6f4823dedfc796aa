package adapters_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
)

type account struct {
	Shortcode string          `yaml:"shortcode"`
	Password  adapters.Secret `yaml:"password"`
	Timers    adapters.Timers `yaml:"timers"`
}

func read(t *testing.T, text string) (account, error) {
	t.Helper()
	settings, err := adapters.ParseSettings([]byte(text))
	if err != nil {
		return account{}, err
	}
	var a account
	err = settings.Into(&a)
	return a, err
}

func TestSettingsAreReadOrRefused(t *testing.T) {
	t.Setenv("AYNI_TEST_PASSWORD", "open sesame")
	a, err := read(t, "# comment\nshortcode: \"600123\"\npassword: env:AYNI_TEST_PASSWORD\ntimers:\n  first_query: 90s\n")
	require.NoError(t, err)
	assert.Equal(t, "600123", a.Shortcode)
	assert.Equal(t, "open sesame", a.Password.Reveal())
	assert.Equal(t, 90*time.Second, a.Timers.FirstQuery)

	for name, text := range map[string]string{
		"nothing":           "",
		"a list":            "- shortcode",
		"two documents":     "shortcode: a\n---\nshortcode: b\n",
		"an unknown name":   "shortcode: a\nshort_code: b\n",
		"a name twice":      "shortcode: a\nshortcode: b\n",
		"a secret in clear": "password: hunter2\n",
		"no such variable":  "password: env:AYNI_TEST_NO_SUCH_VARIABLE\n",
		"no such file":      "password: file:/no/such/file\n",
		"too much":          "shortcode: " + strings.Repeat("a", 256<<10),
	} {
		_, err := read(t, text)
		var fault *adapters.SettingsError
		require.ErrorAs(t, err, &fault, name)
		assert.NotContains(t, err.Error(), "hunter2", name)
	}
}

func TestSecretsAreFilesToo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(path, []byte(" with spaces \r\n"), 0o600))
	a, err := read(t, "password: file:"+path+"\n")
	require.NoError(t, err)
	assert.Equal(t, " with spaces ", a.Password.Reveal())
}

func TestSecretsAreNeverShown(t *testing.T) {
	secret := adapters.NewSecret("hunter2")
	holder := struct{ Password adapters.Secret }{secret}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("made", "password", secret, "account", holder)
	asJSON, err := json.Marshal(holder)
	require.NoError(t, err)
	asYAML, err := yaml.Marshal(holder)
	require.NoError(t, err)
	shown := log.String() + string(asJSON) + string(asYAML) + fmt.Sprint(secret, holder) + fmt.Sprintf("%v %+v %#v %s %q", holder, holder, holder, secret, secret)
	assert.NotContains(t, shown, "hunter2")
}

func FuzzSettings(f *testing.F) {
	f.Add("shortcode: \"1\"\npassword: env:HOME\n")
	f.Add("a: &a [*a]")
	f.Add("? {a: b}\n: c")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "file:") {
			t.Skip("would read this machine's files")
		}
		_, err := read(t, text)
		if err != nil {
			var fault *adapters.SettingsError
			require.ErrorAs(t, err, &fault)
		}
	})
}

func TestDoor(t *testing.T) {
	const prefix = "/0123456789abcdefghijkl"
	_, err := adapters.NewDoor("/guessable", nil, 10)
	require.Error(t, err)
	door, err := adapters.NewDoor(prefix, []netip.Prefix{netip.MustParsePrefix("196.201.214.200/32")}, 10)
	require.NoError(t, err)
	mux := http.NewServeMux()
	door.Handle(mux, http.MethodPost, "/result", func(w http.ResponseWriter, _ *http.Request, body []byte) {
		_, _ = w.Write(body)
	})
	knock := func(path, from, body string) (int, string) {
		w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		r.RemoteAddr = from
		r.Header.Set("X-Forwarded-For", "196.201.214.200")
		mux.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	status, body := knock(prefix+"/result", "[::ffff:196.201.214.200]:443", "0123456789")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "0123456789", body)
	status, _ = knock(prefix+"/result", "196.201.214.200:443", "0123456789a")
	assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	foreign, foreignBody := knock(prefix+"/result", "10.0.0.1:443", "0")
	absent, absentBody := knock("/elsewhere", "10.0.0.1:443", "0")
	assert.Equal(t, http.StatusNotFound, foreign)
	assert.Equal(t, []any{absent, absentBody}, []any{foreign, foreignBody}, "a foreign address must learn nothing")
}
