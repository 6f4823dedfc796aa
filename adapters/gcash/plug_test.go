package gcash_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/gcash"
	"github.com/ayni-switch/ayni/adapters/gcash/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// filled is the template with what it names: two variables of the environment, and files.
func filled(t *testing.T) string {
	t.Helper()
	ours, wallets := keys()
	t.Setenv("GCASH_CALLBACK_PREFIX", prefix)
	t.Setenv("GCASH_PRIVATE_KEY", ours.private)
	t.Setenv("GCASH_BANK_SECRET", secret)
	key := filepath.Join(t.TempDir(), "gcash.pem")
	require.NoError(t, os.WriteFile(key, []byte(wallets.public), 0o600))
	return strings.Replace(gcash.Plug().Template, "/etc/ayni/gcash.pem", key, 1)
}

func made(t *testing.T, text string) (adapters.Rail, error) {
	t.Helper()
	settings, err := adapters.ParseSettings([]byte(text))
	require.NoError(t, err)
	return gcash.Plug().New(settings, &sink{})
}

func TestTemplate(t *testing.T) {
	text := filled(t)
	rail, err := made(t, text)
	require.NoError(t, err)
	standard := rail.Capabilities()
	assert.Equal(t, gcash.Plug().Name, standard.Rail)
	assert.Equal(t, int64(gcash.InstaPayMaxMinor), standard.PayoutMaxMinor)
	assert.Equal(t, int64(1), standard.PayoutMinMinor)
	assert.Equal(t, int64(1_000_000), standard.ConfirmAboveMinor)
	assert.Equal(t, gcash.ProductionTimers(), standard.Timers)

	// What is commented out is a name with its default: without the marks it says the same.
	whole := regexp.MustCompile(`(?m)^( *)# ( *[a-z_]+:)`).ReplaceAllString(text, "$1$2")
	require.NotEqual(t, text, whole)
	rail, err = made(t, whole)
	require.NoError(t, err)
	assert.Equal(t, standard, rail.Capabilities())
}

func TestSettingsAreChecked(t *testing.T) {
	text := filled(t)
	for name, c := range map[string]struct{ old, by, fault string }{
		"unknown name":       {"currency: PHP", "currency: PHP\ncurrencies: PHP", "currencies"},
		"a secret in clear":  {"env:GCASH_BANK_SECRET", "a shared secret of some length", "in clear"},
		"no such variable":   {"env:GCASH_BANK_SECRET", "env:GCASH_NO_SUCH_SECRET", "GCASH_NO_SUCH_SECRET"},
		"unknown currency":   {"currency: PHP", "currency: php", "php"},
		"amount in words":    {`# payout_max: "50000.00"`, `payout_max: many`, "payout_max"},
		"amount below zero":  {`# confirm_from: "10000.00"`, `confirm_from: "-1"`, "confirm_from"},
		"above InstaPay":     {`# payout_max: "50000.00"`, `payout_max: "50000.01"`, "InstaPay"},
		"source is no range": {"# callback_sources: [203.0.113.0/28]", "callback_sources: [everywhere]", "everywhere"},
		"no duration":        {"# max_skew: 5m", "max_skew: long", "long"},
		"no bank":            {"sponsor_bic: BOPIPHMMXXX", `sponsor_bic: ""`, "sponsor"},
	} {
		t.Run(name, func(t *testing.T) {
			spoilt := strings.Replace(text, c.old, c.by, 1)
			require.NotEqual(t, text, spoilt)
			_, err := made(t, spoilt)
			require.ErrorContains(t, err, c.fault)
			assert.NotContains(t, err.Error(), secret)
		})
	}
}

// TestSandboxAndItsSettings joins an adapter to a sandbox by nothing but the settings that the sandbox wrote, twice on
// the same folder.
func TestSandboxAndItsSettings(t *testing.T) {
	for _, currency := range []string{"PHP", "KWD"} {
		t.Run(currency, func(t *testing.T) {
			dir := t.TempDir()
			callbacks := &swap{handler: http.NotFoundHandler()}
			listening := serve(t, callbacks)
			operation := payout("T1P")
			require.NoError(t, operation.Amount.Currency.UnmarshalText([]byte(currency)))
			for _, state := range []adapters.State{adapters.Accepted, adapters.Unknown} {
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				require.NoError(t, err)
				server, text, err := sandbox.Open(adapters.SandboxOptions{
					Config: kit.Config{LedgerPath: filepath.Join(dir, "ledger"), Currency: operation.Amount.Currency, Seed: 1},
					Dir:    dir, URL: "http://" + listener.Addr().String(), CallbackURL: listening.URL + "/rail",
				})
				require.NoError(t, err)
				api := &http.Server{Handler: server, ReadHeaderTimeout: patience}
				go func() { _ = api.Serve(listener) }()

				settings, err := adapters.ParseSettings(text)
				require.NoError(t, err)
				heard := &sink{heard: make(chan heard, 16)}
				rail, err := gcash.Plug().New(settings, heard)
				require.NoError(t, err)
				callbacks.set(http.StripPrefix("/rail", rail.Handler()))
				assert.Equal(t, gcash.ProductionTimers(), rail.Capabilities().Timers)
				e := rail.Submit(t.Context(), operation)
				assert.Equal(t, state, e.State, "once, and then a duplicate: the books and the keys are the same (%v)", e.Err)
				if state == adapters.Accepted {
					assert.Equal(t, adapters.Settled, heard.next(t).evidence.State)
				}
				assert.Equal(t, adapters.Settled, rail.Query(t.Context(), operation).State)
				require.NoError(t, api.Close())
				require.NoError(t, server.Close())
			}
		})
	}
}
