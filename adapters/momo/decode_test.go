package momo_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/momo"
	"github.com/ayni-switch/ayni/adapters/momo/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct {
		payload adapters.Payload
		kind    string
		state   adapters.State
		counts  bool
	}{
		"paid":        {adapters.Payload{Body: []byte(`{"financialTransactionId":"1","externalId":"x","amount":"5","currency":"UGX","status":"SUCCESSFUL"}`)}, "status", adapters.Settled, true},
		"in doubt":    {adapters.Payload{Body: []byte(`{"externalId":"x","status":"SUCCESSFUL"}`)}, "status", adapters.Unknown, false},
		"on its way":  {adapters.Payload{Body: []byte(`{"externalId":"x","status":"PENDING"}`)}, "status", adapters.Accepted, false},
		"told":        {adapters.Payload{Kind: "callback", Body: []byte(`{"externalId":"x","status":"FAILED"}`)}, "callback", adapters.Failed, true},
		"a token":     {adapters.Payload{Body: []byte(`{"access_token":"s3cret","token_type":"access_token","expires_in":3600}`)}, "token", "", false},
		"a bad token": {adapters.Payload{Body: []byte(`{"access_token":"s3 cret","expires_in":3600}`)}, "token", "", false},
		"a balance":   {adapters.Payload{Body: []byte(`{"availableBalance":"-20.50","currency":"EUR"}`)}, "balance", "", false},
		"an error":    {adapters.Payload{Body: []byte(`{"code":"NOT_ALLOWED","message":"no"}`)}, "error", adapters.Unknown, false},
		"a request":   {adapters.Payload{Body: []byte(`{"amount":"1","currency":"EUR","payee":{"partyId":"1"}}`)}, "request", "", false},
		"no amount":   {adapters.Payload{Body: []byte(`{"payee":{"partyId":"1"}}`)}, "request", "", false},
		"no kind":     {adapters.Payload{Kind: "poem", Body: []byte(`{}`)}, "poem", "", false},
		"nothing":     {adapters.Payload{Body: []byte(`{}`)}, "?", "", false},
		"a list":      {adapters.Payload{Body: []byte(`[]`)}, "", "", false},
	} {
		r := momo.Decode(c.payload)
		assert.Equal(t, c.kind, r.Kind, name)
		assert.Equal(t, c.state, r.State, name)
		assert.Equal(t, c.counts, r.Counts(), name)
		assert.Equal(t, !c.counts && r.State != adapters.Accepted, r.Refused != "", name)
		assert.NotContains(t, r.Text, "s3cret", name)
	}
	assert.NotEmpty(t, momo.Decode(adapters.Payload{Kind: "callback", Body: []byte(`{"status":"FAILED"}`)}).Confirm)
}

// The public samples stand beside the checkout, and are not copied into it.
func TestSamples(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "shared", "samples", "mtn-momo")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("SKIPPED: the public samples are not there: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	require.NoError(t, err)
	want := map[string]func(adapters.Reading){
		"cashtransfer-failed.json": func(r adapters.Reading) {
			assert.True(t, r.Counts(), "the index: FAILED; the reason is a bare text")
			assert.Equal(t, adapters.Failed, r.State)
			assert.Equal(t, "PAYER_NOT_FOUND", r.Code)
			assert.Equal(t, "AC02", r.Reason)
			assert.Equal(t, &messaging.Amount{Amount: "2000", Currency: "UGX"}, r.Amount)
			assert.Equal(t, "256772000000", r.Account)
		},
		"requesttopay-request.json": func(r adapters.Reading) {
			assert.False(t, r.Counts(), "the index: a request")
			assert.Equal(t, adapters.AboutRequest, r.About)
			assert.Equal(t, &messaging.Amount{Amount: "12.50", Currency: "EUR"}, r.Amount)
			assert.Equal(t, "fare-8842", r.IDs["operation"])
		},
		"transfer-request.json": func(r adapters.Reading) {
			assert.False(t, r.Counts(), "the index: a request")
			assert.Equal(t, &messaging.Amount{Amount: "7.50", Currency: "EUR"}, r.Amount)
			assert.Equal(t, "46733123453", r.Account)
		},
	}
	require.Len(t, files, len(want), "a sample that this test does not know")
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		check := want[filepath.Base(file)]
		require.NotNil(t, check, file)
		check(momo.Decode(adapters.Payload{Body: body}))
	}
}

// Whatever comes, what counts is settled with an amount or failed, and reading it again says the same.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"financialTransactionId":"1","externalId":"x","amount":"5.00","currency":"UGX","status":"SUCCESSFUL","payee":{"partyIdType":"MSISDN","partyId":"+256772000000"}}`,
		`{"status":"FAILED","reason":{"code":"EXPIRED"}}`, `{"status":"FAILED","reason":"RESOURCE_ALREADY_EXIST"}`,
		`{"Status":"FAILED"}`, `{"access_token":"a","expires_in":"1"}`, `{"availableBalance":"-1","currency":"UGX"}`,
		`{"amount":1e3,"currency":"UGX","status":"SUCCESSFUL"}`, `{"payer":{}}`, `[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := momo.Decode(adapters.Payload{Body: body, Currency: ugx})
		require.Equal(t, r, momo.Decode(adapters.Payload{Body: body, Currency: ugx}))
		if !r.Counts() {
			return
		}
		require.Equal(t, "status", r.Kind)
		if r.State == adapters.Settled {
			require.NotNil(t, r.Amount)
			require.NotEmpty(t, r.IDs["rail_ref"])
		} else {
			require.Regexp(t, `^[A-Z0-9]{4}$`, r.Reason)
		}
	})
}

func TestPlug(t *testing.T) {
	plug := momo.Plug()
	for name, value := range map[string]string{
		"MOMO_SUBSCRIPTION_KEY": "key", "MOMO_API_KEY": "key", "MOMO_CALLBACK_PREFIX": prefix,
	} {
		t.Setenv(name, value)
	}
	settings, err := adapters.ParseSettings([]byte(plug.Template))
	require.NoError(t, err)
	_, err = plug.New(settings, &sink{})
	var fault *momo.ConfigError
	require.ErrorAs(t, err, &fault, "the user is a blank to fill in")
	assert.Equal(t, "APIUser", fault.Field)

	settings, err = adapters.ParseSettings([]byte("subscription_key: in-clear"))
	require.NoError(t, err)
	_, err = plug.New(settings, &sink{})
	var wrong *adapters.SettingsError
	require.ErrorAs(t, err, &wrong)
	assert.NotContains(t, err.Error(), "in-clear")
}

// What Open says joins an adapter to the sandbox that it makes, also the second time.
func TestOpen(t *testing.T) {
	for name, restart := range map[string]bool{"new": false, "again": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, kit.Faults{}, nil)
			options := adapters.SandboxOptions{
				Config: kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: ugx, Seed: 1},
				Dir:    t.TempDir(), URL: r.cfg.BaseURL, CallbackURL: r.adapter, Timers: impatient,
			}
			server, text, err := sandbox.Open(options)
			require.NoError(t, err)
			if restart {
				require.NoError(t, server.Close())
				server, _, err = sandbox.Open(options)
				require.NoError(t, err)
			}
			t.Cleanup(func() { assert.NoError(t, server.Close()) })
			r.api.set(server)
			settings, err := adapters.ParseSettings(text)
			require.NoError(t, err)
			rail, err := momo.Plug().New(settings, r.sink)
			require.NoError(t, err)
			r.callbacks.set(rail.Handler())
			assert.Equal(t, impatient.QueryEvery, rail.Capabilities().Timers.QueryEvery)
			e := rail.Submit(t.Context(), payout(10))
			require.Equal(t, adapters.Accepted, e.State, "%+v", e)
			assert.Equal(t, adapters.Settled, r.next().evidence.State)
		})
	}
}
