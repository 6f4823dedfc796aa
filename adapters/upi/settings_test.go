package upi

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
)

// filled is the template with its blanks filled in: its secrets in the environment, its files in a folder.
func filled(t *testing.T) string {
	t.Helper()
	t.Setenv("AYNI_UPI_CALLBACK_PREFIX", "/kY3vQ8sT1uW6xZ0aB4cD7eF")
	t.Setenv("AYNI_UPI_API_KEY", "key of the account")
	t.Setenv("AYNI_UPI_WEBHOOK_SECRET", "a secret of 16 bytes or more")
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, text, 0o600))
		return "file:" + path
	}
	text := Plug().Template
	text = strings.Replace(text, "file:upi-psp.pem", write("psp.pem", golden(t, "golden-psp.pem")), 1)
	return strings.Replace(text, "file:upi-signing.pem", write("signing.pem", newIdentity(t)), 1)
}

// newIdentity makes a key and its certificate, in PEM.
func newIdentity(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	self := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, self, self, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})...)
}

func TestTemplate(t *testing.T) {
	text := filled(t)
	for field := range reflect.TypeFor[settings]().Fields() {
		assert.Contains(t, text, field.Tag.Get("yaml")+":")
	}
	s, err := adapters.ParseSettings([]byte(text))
	require.NoError(t, err)
	rail, err := Plug().New(s, nil)
	require.NoError(t, err)
	c := rail.Capabilities()
	assert.Equal(t, "upi", c.Rail)
	assert.Equal(t, ProductionTimers, c.Timers)
	assert.Equal(t, int64(50_000_000), c.PayoutMaxMinor)
	assert.Equal(t, int64(1_000_000), c.ConfirmAboveMinor)
	require.NotNil(t, rail.(*Rail).cfg.Signer)

	// What the template shows as defaults are the defaults.
	shown := text
	for _, name := range []string{"timers:", "currency:", "payout_min:", "payout_max:", "confirm_above:", "calls_per_second:", "check_timeout:", "settlement_columns:"} {
		shown = strings.Replace(shown, "# "+name, name, 1)
	}
	shown = strings.ReplaceAll(shown, "\n#   ", "\n  ")
	shown = strings.Replace(shown, "# inward:", "inward:", 1)
	s, err = adapters.ParseSettings([]byte(shown))
	require.NoError(t, err)
	read, err := readSettings(s)
	require.NoError(t, err)
	assert.Equal(t, StandardColumns, read.Settlement)
	assert.Equal(t, ProductionTimers, read.Timers)
	cfg, err := read.config()
	require.NoError(t, err)
	assert.Equal(t, []int64{100, 50_000_000, 1_000_000}, []int64{cfg.PayoutMinMinor, cfg.PayoutMaxMinor, cfg.ConfirmAboveMinor})
	assert.Equal(t, checkTimeout, cfg.CheckTimeout)
	assert.Equal(t, "P1301", cfg.Inward.PurposeCode)
}

func TestSettingsRefused(t *testing.T) {
	good := filled(t)
	for name, change := range map[string][2]string{
		"an unknown name":    {"org_id:", "organisation:"},
		"a secret in clear":  {"env:AYNI_UPI_API_KEY", "hunter2"},
		"an empty secret":    {"env:AYNI_UPI_API_KEY", "env:AYNI_UPI_NO_SUCH"},
		"no certificate":     {"psp_certificate: file:", "# psp_certificate: file:"},
		"no signing key":     {"signing_key: file:", "# signing_key: file:"},
		"a key of nobody":    {"signing.pem", "psp.pem"},
		"a prefix in clear":  {"callback_prefix: env:AYNI_UPI_CALLBACK_PREFIX", "callback_prefix: /kY3vQ8sT1uW6xZ0aB4cD7eF"},
		"a currency":         {`# currency: INR`, "currency: XYZ"},
		"an amount":          {`# payout_min: "1.00"`, `payout_min: "1.001"`},
		"an address":         {"# callback_sources: [203.0.113.0/28]", "callback_sources: [everywhere]"},
		"an amount too high": {`# payout_min: "1.00"`, `payout_min: "600000.00"`},
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		require.NotEqual(t, good, text, name)
		s, err := adapters.ParseSettings([]byte(text))
		require.NoError(t, err, name)
		_, err = Plug().New(s, nil)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "hunter2", name)
	}
}

// Whoever reads a settlement file has no keys.
func TestStatementOfSettings(t *testing.T) {
	s, err := adapters.ParseSettings([]byte("signing_key: env:NOBODY_HAS_SET_THIS\nsettlement_columns: {amount: Rupees}\n"))
	require.NoError(t, err)
	var lines []adapters.StatementLine
	text := strings.Replace(settlementHead, "Amount", "Rupees", 1) + "2026-04-05 09:00:00,609512345678,R1,CR,1.00,INR,a.b@bank,00,collection\n"
	require.NoError(t, Plug().Statement(strings.NewReader(text), s, func(l adapters.StatementLine) error {
		lines = append(lines, l)
		return nil
	}))
	require.Len(t, lines, 1)
	assert.Equal(t, time.Date(2026, 4, 5, 3, 30, 0, 0, time.UTC), lines[0].At.UTC())
}
