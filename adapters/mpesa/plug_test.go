package mpesa_test

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/mpesa"
	"github.com/ayni-switch/ayni/adapters/mpesa/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

func TestTemplateIsReadable(t *testing.T) {
	template := mpesa.Plug().Template
	dir := t.TempDir()
	options := adapters.SandboxOptions{Dir: dir}
	options.Currency, options.LedgerPath = fx.MustCurrency("KES"), filepath.Join(dir, "ledger.db")
	server, _, err := sandbox.Open(options) // for its key
	require.NoError(t, err)
	require.NoError(t, server.Close())
	for name, text := range map[string]string{
		"MPESA_CALLBACK_PREFIX": "/0123456789abcdefghijklm", "MPESA_CONSUMER_KEY": "hunter2", "MPESA_CONSUMER_SECRET": "hunter3",
		"MPESA_INITIATOR_PASSWORD": "hunter4", "MPESA_PASSKEY": "hunter5",
	} {
		t.Setenv(name, text)
	}
	filled := strings.Replace(template, "/etc/ayni/mpesa.pem", filepath.Join(dir, "public_key"), 1)
	uncommented := strings.NewReplacer("# account_hold", "account_hold", "# passkey", "passkey", "# command_id", "command_id",
		"# payout_", "payout_", "# confirm_from", "confirm_from", "# without_validation", "without_validation",
		"# pull_", "pull_", "# zone", "zone", "# timers", "timers", "#   ", "  ").Replace(filled)
	var made []adapters.Capabilities
	for _, text := range []string{filled, uncommented} {
		settings, err := adapters.ParseSettings([]byte(text))
		require.NoError(t, err)
		rail, err := mpesa.Plug().New(settings, &sink{})
		require.NoError(t, err)
		made = append(made, rail.Capabilities())
	}
	assert.Equal(t, made[0], made[1], "what is commented out is the default")

	for field, change := range map[string][2]string{
		"sources":      {"sources: [published]", "sources: []"},
		"sources hold": {"sources: [published]", "sources: [everywhere]"},
		"authorities":  {"# authorities: /etc/ayni/mpesa-ca.pem", "authorities: " + filepath.Join(dir, "passkey")},
		"currency":     {"currency: KES", "currency: shillings"},
		"payout_max":   {`payout_max: "250000"`, "payout_max: -1"},
		"confirm_from": {`confirm_from: "10000"`, "confirm_from: 0.001"},
		"zone":         {"zone: Africa/Nairobi", "zone: Africa/Nowhere"},
		"public_key":   {filepath.Join(dir, "public_key"), filepath.Join(dir, "passkey")},
		"Shortcode":    {`shortcode: "600000"`, `shortcode: "six"`},
		"clear":        {"env:MPESA_CONSUMER_SECRET", "hunter3"},
	} {
		text := strings.Replace(uncommented, change[0], change[1], 1)
		require.NotEqual(t, uncommented, text, field)
		settings, err := adapters.ParseSettings([]byte(text))
		require.NoError(t, err)
		_, err = mpesa.Plug().New(settings, &sink{})
		require.ErrorContains(t, err, field)
		assert.NotContains(t, err.Error(), "hunter")
	}
}

// joined is an adapter that was joined to a sandbox by settings alone.
type joined struct {
	server kit.Server
	rail   *mpesa.Rail
	plug   adapters.Plug
	from   adapters.Settings
}

func join(t *testing.T, s *sink) joined {
	t.Helper()
	var api, callbacks http.Handler
	serve := func(handler *http.Handler) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handler).ServeHTTP(w, r) }))
		t.Cleanup(server.Close)
		return server.URL
	}
	dir := t.TempDir()
	options := adapters.SandboxOptions{
		Dir: filepath.Join(dir, "secrets"), URL: serve(&api), CallbackURL: serve(&callbacks),
		Timers: adapters.Timers{SubmitTimeout: time.Second, CollectionEvery: time.Millisecond},
	}
	options.Currency, options.LedgerPath, options.Seed = fx.MustCurrency("KES"), filepath.Join(dir, "ledger.db"), 3
	server, text, err := sandbox.Open(options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	settings, err := adapters.ParseSettings(text)
	require.NoError(t, err)
	plug := mpesa.Plug()
	rail, err := plug.New(settings, s)
	require.NoError(t, err)
	made, ok := rail.(*mpesa.Rail)
	require.True(t, ok)
	api, callbacks = server, rail.Handler()
	for _, name := range []string{"consumer_secret", "initiator_password", "passkey", "callback_prefix"} {
		secret, err := os.ReadFile(filepath.Join(options.Dir, name))
		require.NoError(t, err)
		assert.NotContains(t, string(text), string(secret))
	}
	return joined{server: server, rail: made, plug: plug, from: settings}
}

// The statement of a day says of each payment, payout and reversal what the ledger says.
func TestStatementEqualsTheLedger(t *testing.T) {
	s := &sink{evidence: make(chan heard, 64), collected: make(chan adapters.Collection, 64)}
	j := join(t, s)
	require.NoError(t, j.rail.Register(t.Context()))
	kes := fx.MustCurrency("KES")
	pay := kit.CustomerPayment{OrderRef: "ORDER1", Payer: "254701234567", Amount: fx.Money{Minor: 1050, Currency: kes}}
	require.NoError(t, j.server.Pay(t.Context(), pay))
	collected := <-s.collected
	operations := []adapters.Operation{
		{ID: "P1", Kind: messaging.KindPayout, Amount: fx.Money{Minor: 150_000_00, Currency: kes}, Beneficiary: messaging.Party{Account: "254708374149"}},
		{ID: "P2", Kind: messaging.KindPayout, Amount: fx.Money{Minor: 10_00, Currency: kes}, Beneficiary: messaging.Party{Account: "254708374150"}},
		{ID: "R1", Kind: messaging.KindRefund, Amount: pay.Amount, CollectionRef: collected.RailRef},
	}
	want := map[string]adapters.StatementLine{collected.RailRef: {Amount: pay.Amount, Direction: adapters.In, Order: "ORDER1"}}
	for _, op := range operations {
		require.Equal(t, adapters.Accepted, j.rail.Submit(t.Context(), op).State)
		want[(<-s.evidence).evidence.RailRef] = adapters.StatementLine{Amount: op.Amount, Direction: adapters.Out}
	}
	require.NoError(t, j.server.SetFaults(kit.Faults{DeclinePct: 100}))
	refused := operations[1]
	refused.ID = "P3"
	require.Equal(t, adapters.Accepted, j.rail.Submit(t.Context(), refused).State)
	require.Equal(t, adapters.Failed, (<-s.evidence).evidence.State)

	day := func(d time.Time) map[string]adapters.StatementLine {
		w := httptest.NewRecorder()
		j.server.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/admin/statement?day="+d.Format(time.DateOnly), nil))
		require.Equal(t, http.StatusOK, w.Code)
		got := map[string]adapters.StatementLine{}
		require.NoError(t, j.plug.Statement(bytes.NewReader(w.Body.Bytes()), j.from, func(l adapters.StatementLine) error {
			got[l.Ref] = adapters.StatementLine{Amount: l.Amount, Direction: l.Direction, Order: l.Order}
			return nil
		}))
		return got
	}
	now := time.Now().In(time.FixedZone("EAT", 3*60*60))
	got := day(now)
	if len(got) < len(want) { // midnight there passed meanwhile
		maps.Copy(got, day(now.AddDate(0, 0, 1)))
	}
	assert.Equal(t, want, got)
	assert.Empty(t, day(now.AddDate(0, 0, -2)))
}

// A sandbox that is started again is the same operator, and its adapter's settings still fit.
func TestSandboxKeepsItsSecrets(t *testing.T) {
	dir := t.TempDir()
	options := adapters.SandboxOptions{Dir: dir, URL: "http://127.0.0.1:1", CallbackURL: "http://127.0.0.1:2"}
	options.Currency, options.LedgerPath = fx.MustCurrency("UGX"), filepath.Join(dir, "ledger.db")
	var texts []string
	for range 2 {
		server, text, err := sandbox.Open(options)
		require.NoError(t, err)
		require.NoError(t, server.Close())
		texts = append(texts, string(text))
		settings, err := adapters.ParseSettings(text)
		require.NoError(t, err)
		_, err = mpesa.Plug().New(settings, &sink{})
		require.NoError(t, err)
	}
	assert.Equal(t, texts[0], texts[1])
	info, err := os.Stat(filepath.Join(dir, "initiator_password"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
