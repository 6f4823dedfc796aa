package plain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

var kes = fx.MustCurrency("KES")

func read(body string) adapters.Evidence { return (&Rail{currency: kes}).evidence([]byte(body), "a") }

func TestOnlyWhatIsListedIsAnEnd(t *testing.T) {
	for name, want := range map[string]struct {
		body  string
		state adapters.State
	}{
		"accepted":                {`{"id":"a","state":"accepted","minor":1}`, adapters.Accepted},
		"settled":                 {`{"id":"a","state":"settled","receipt":"R","minor":1}`, adapters.Settled},
		"declined":                {`{"id":"a","state":"declined","code":"CLOSED","minor":1}`, adapters.Failed},
		"settled, no receipt":     {`{"id":"a","state":"settled","minor":1}`, adapters.Unknown},
		"settled, with a code":    {`{"id":"a","state":"settled","receipt":"R","code":"CLOSED"}`, adapters.Unknown},
		"declined, unlisted code": {`{"id":"a","state":"declined","code":"TRY_LATER"}`, adapters.Unknown},
		"declined, no code":       {`{"id":"a","state":"declined"}`, adapters.Unknown},
		"another id":              {`{"id":"b","state":"settled","receipt":"R"}`, adapters.Unknown},
		"another state":           {`{"id":"a","state":"reversed"}`, adapters.Unknown},
		"said twice":              {`{"id":"a","state":"accepted","State":"declined","code":"CLOSED"}`, adapters.Unknown},
		"an amount of a half":     {`{"id":"a","state":"settled","receipt":"R","minor":0.5}`, adapters.Unknown},
		"nothing":                 {``, adapters.Unknown},
		"something else":          {`[]`, adapters.Unknown},
		"too much":                {`{"id":"a","state":"accepted","code":"` + strings.Repeat("x", maxBytes) + `"}`, adapters.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			e := read(want.body)
			assert.Equal(t, want.state, e.State)
			if e.State == adapters.Unknown {
				require.Error(t, e.Err)
				assert.False(t, e.RetrySafe)
			}
		})
	}
	for _, body := range []string{`{"code":"LIMIT"}`, `{"code":"TRY_LATER"}`, `{}`, ``} {
		assert.Equal(t, body == `{"code":"LIMIT"}`, refusal([]byte(body)).State == adapters.Failed, body)
	}
}

func TestDecode(t *testing.T) {
	plug := Plug()
	counts := func(body string) bool {
		return plug.Decode(adapters.Payload{Body: []byte(body), Currency: kes}).Counts()
	}
	assert.True(t, counts(`{"kind":"payout","id":"a","state":"settled","receipt":"R","minor":100}`))
	assert.True(t, counts(`{"kind":"payout","id":"a","state":"declined","code":"CLOSED","minor":100}`))
	assert.False(t, counts(`{"kind":"payout","id":"a","state":"accepted","minor":100}`))
	assert.False(t, counts(`{`))
}

func TestSettings(t *testing.T) {
	dir := t.TempDir()
	prefix, key := filepath.Join(dir, "prefix"), filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(prefix, []byte("/0123456789012345678901"), 0o600))
	require.NoError(t, os.WriteFile(key, []byte("key"), 0o600))
	text := strings.NewReplacer("env:PLAIN_CALLBACK_PREFIX", "file:"+prefix, "env:PLAIN_KEY", "file:"+key).Replace(template)
	parsed, err := adapters.ParseSettings([]byte(text))
	require.NoError(t, err)
	rail, err := New(parsed, nil)
	require.NoError(t, err)
	assert.Equal(t, kes, rail.Capabilities().Currency)
	for _, wrong := range []string{
		strings.Replace(text, "currency: KES", "currency: QQQ", 1),
		strings.Replace(text, "payout_min_minor: 1000", "payout_min_minor: 0", 1),
		strings.Replace(text, "url:", "place:", 1),
		strings.Replace(text, "file:"+prefix, "file:"+key, 1),
		strings.Replace(text, "sources: []", "sources: [everywhere]", 1),
	} {
		require.NotEqual(t, text, wrong)
		parsed, err := adapters.ParseSettings([]byte(wrong))
		require.NoError(t, err)
		_, err = New(parsed, nil)
		var fault *adapters.SettingsError
		require.ErrorAs(t, err, &fault, wrong)
	}
}

// Whatever an answer is, it is an end only in the form of one, and never one that may be repeated.
func FuzzEvidence(f *testing.F) {
	f.Add([]byte(`{"id":"a","state":"settled","receipt":"R","minor":1}`))
	f.Add([]byte(`{"id":"a","state":"declined","code":"CLOSED"}`))
	f.Add([]byte(`{"id":"a","state":"accepted"}`))
	f.Add([]byte(`{"id":"a","id":"b"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e := (&Rail{currency: kes}).evidence(body, "a")
		switch e.State {
		case adapters.Settled:
			require.NotEmpty(t, e.RailRef)
			require.NotNil(t, e.Amount)
		case adapters.Failed:
			require.Equal(t, reasons[e.Code], e.Reason)
		case adapters.Accepted:
		default:
			require.Equal(t, adapters.Unknown, e.State)
			require.Error(t, e.Err)
		}
		require.False(t, e.RetrySafe)
	})
}
