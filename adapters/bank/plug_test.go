package bank

import (
	"context"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
)

type deafSink struct{}

func (deafSink) Evidence(context.Context, string, string, adapters.Evidence) error { return nil }
func (deafSink) Collected(context.Context, adapters.Collection) error              { return nil }

// filled is the template; the environment has what it names.
func filled(t *testing.T) string {
	t.Helper()
	t.Setenv("BANK_CALLBACK_PREFIX", "/0123456789abcdefghijkl")
	t.Setenv("BANK_TOKEN_OF_OURS", "a token that we show")
	t.Setenv("BANK_SHORT", "short")
	t.Setenv("BANK_TOKEN_OF_THEIRS", "a token that the bank shows")
	return template
}

func made(t *testing.T, text string) (adapters.Rail, error) {
	t.Helper()
	settings, err := adapters.ParseSettings([]byte(text))
	require.NoError(t, err)
	return Plug().New(settings, deafSink{})
}

func TestTemplate(t *testing.T) {
	text := filled(t)
	rail, err := made(t, text)
	require.NoError(t, err)
	standard := rail.Capabilities()
	assert.Equal(t, Plug().Name, standard.Rail)
	assert.Equal(t, int64(10_000_000), standard.PayoutMaxMinor)
	assert.Equal(t, int64(1_000_000), standard.ConfirmAboveMinor)
	assert.Equal(t, ProductionTimers(), standard.Timers)

	// What is commented out is a name with its default: without the marks it says the same.
	whole := regexp.MustCompile(`(?m)^( *)# ( *[a-z_]+:)`).ReplaceAllString(text, "$1$2")
	require.NotEqual(t, text, whole)
	rail, err = made(t, whole)
	require.NoError(t, err)
	assert.Equal(t, standard, rail.Capabilities())

	var walk func(reflect.Type)
	walk = func(kind reflect.Type) {
		for field := range kind.Fields() {
			name, told := field.Tag.Lookup("yaml")
			if !told {
				continue
			}
			assert.Regexp(t, `(?m)^[ #]*`+name+`:`, text)
			if field.Type.Kind() == reflect.Struct {
				walk(field.Type)
			}
		}
	}
	walk(reflect.TypeFor[settings]())
}

func TestSettingsAreChecked(t *testing.T) {
	text := filled(t)
	for name, c := range map[string]struct{ old, by, fault string }{
		"unknown name":        {"currency: EUR", "currency: EUR\ncurrencies: EUR", "currencies"},
		"a token in clear":    {"env:BANK_TOKEN_OF_OURS", "a token that we show", "in clear"},
		"one token for both":  {"env:BANK_TOKEN_OF_THEIRS", "env:BANK_TOKEN_OF_OURS", "tokens"},
		"no way in":           {"bank_token: env:BANK_TOKEN_OF_THEIRS", "", "each side"},
		"a short token":       {"token: env:BANK_TOKEN_OF_OURS", "token: env:BANK_SHORT", "at least"},
		"no certificate":      {"# tls:\n#   certificate: \"\"", "tls:\n  certificate: nowhere.pem", "nowhere.pem"},
		"nobody's names":      {"# tls:", "tls: {bank: {names: [bank.example]}}\n# tls:", "go together"},
		"a pin that is none":  {"# tls:", "tls: {bank: {pins: [1234]}}\n# tls:", "pin"},
		"no common version":   {"# versions: []", "versions: [pacs.008.001.02]", "pacs.008"},
		"no largest payout":   {`payout_max: "100000"`, `payout_max: "0"`, "largest"},
		"amount in words":     {`payout_max: "100000"`, `payout_max: many`, "payout_max"},
		"no base URL":         {"https://bank.example.com/ayni", "bank", "base URL"},
		"URL and folder":      {`# folder: ""`, "folder: bank", "either"},
		"no agent":            {"id: ayni-eu", `id: ""`, "agent"},
		"a BIC that is none":  {"AYNIDEFFXXX", "AYNI", "BIC"},
		"sending to ourself":  {"GXCHPHM2XXX: gcash-ph", "ayni-eu: gcash-ph", "ayni-eu"},
		"no participant":      {"GXCHPHM2XXX: gcash-ph", `GXCHPHM2XXX: "G Cash"`, "G Cash"},
		"a prefix to guess":   {"env:BANK_CALLBACK_PREFIX", "env:BANK_TOKEN_OF_OURS", "prefix"},
		"a source of nowhere": {"# callback_sources: [203.0.113.0/28]", "callback_sources: [everywhere]", "everywhere"},
	} {
		t.Run(name, func(t *testing.T) {
			spoilt := strings.Replace(text, c.old, c.by, 1)
			require.NotEqual(t, text, spoilt)
			_, err := made(t, spoilt)
			require.ErrorContains(t, err, c.fault)
			assert.NotContains(t, err.Error(), "a token that")
		})
	}
}
