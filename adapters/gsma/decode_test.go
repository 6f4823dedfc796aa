package gsma_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/gsma"
	"github.com/ayni-switch/ayni/adapters/gsma/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

func TestDecode(t *testing.T) {
	failure := `{"errorCategory":"businessRule","errorCode":"insufficientFunds","errorDescription":"why"}`
	paid := `{"transactionReference":"TX1","type":"disbursement","transactionStatus":"completed","amount":"5","currency":"GHS"}`
	for name, c := range map[string]struct {
		kind, body string
		told       string
		state      adapters.State
		counts     bool
	}{
		"paid":                  {"", paid, "transaction", adapters.Settled, true},
		"paid, in a callback":   {"callback", paid, "callback", adapters.Settled, true},
		"a customer's payment":  {"", `{"transactionReference":"TX1","type":"merchantpay","transactionStatus":"completed","amount":"5","currency":"GHS"}`, "transaction", adapters.Settled, true},
		"not paid yet":          {"", `{"transactionReference":"TX1","type":"merchantpay","transactionStatus":"pending","amount":"5","currency":"GHS"}`, "transaction", adapters.Accepted, false},
		"without an amount":     {"", `{"transactionReference":"TX1","type":"disbursement","transactionStatus":"completed"}`, "transaction", adapters.Unknown, false},
		"failed, in a callback": {"callback", failure, "callback", adapters.Failed, true},
		"an error":              {"", failure, "error", adapters.Unknown, false},
		"an unlisted error":     {"callback", `{"errorCategory":"x","errorCode":"y"}`, "callback", adapters.Unknown, false},
		"completed":             {"", `{"serverCorrelationId":"a","status":"completed","objectReference":"TX1"}`, "requeststate", adapters.Settled, true},
		"pending":               {"", `{"serverCorrelationId":"a","status":"pending"}`, "requeststate", adapters.Accepted, false},
		"a link":                {"", `{"link":"/transactions/TX1"}`, "response", "", false},
		"a request":             {"", `{"amount":"5","currency":"GHS","creditParty":[{"key":"msisdn","value":"+233244000001"}]}`, "request", "", false},
		"a reversal asked for":  {"", `{"type":"reversal"}`, "request", "", false},
		"a batch":               {"", `{"transactions":[{"amount":"5","currency":"GHS"},{"amount":"6","currency":"GHS"}]}`, "batch", "", false},
		"a batch that is none":  {"", `{"transactions":{"amount":"5","currency":"GHS"}}`, "batch", "", false},
		"a batch that is done":  {"", `{"batchId":"B","batchStatus":"completed"}`, "batch", adapters.Accepted, false},
		"a batch somewhere":     {"", `{"batchId":"B","batchStatus":"lost"}`, "batch", "", false},
		"a balance":             {"", `{"currentBalance":"-7.50"}`, "balance", "", false},
		"a heartbeat":           {"", `{"serviceStatus":"degraded"}`, "heartbeat", "", false},
		"a token":               {"", `{"access_token":"s3cret","expires_in":3600}`, "token", "", false},
		"an update":             {"", `{"result":"success"}`, "update", "", false},
		"nothing":               {"", `{}`, "?", "", false},
		"a poem":                {"poem", `{}`, "poem", "", false},
		"no exchange":           {"", `{"exchanges":[]}`, "testcase", "", false},
		"half":                  {"", `{`, "", "", false},
	} {
		r := gsma.Decode(adapters.Payload{Kind: c.kind, Body: []byte(c.body), Currency: ghs})
		assert.Equal(t, c.told, r.Kind, name)
		assert.Equal(t, c.state, r.State, "%s: %+v", name, r)
		assert.Equal(t, c.counts, r.Counts(), name)
		assert.NotContains(t, r.Text, "s3cret", name)
		if !c.counts && r.State != adapters.Accepted {
			assert.NotEmpty(t, r.Refused, name)
		}
	}
}

// misspelt is how the names of three samples begin.
const misspelt = "Indivudual_Disbursement_-_" //nolint:misspell // their authors' spelling

// The public samples stand beside the checkout, and are not copied into it. What is said of each is what their index
// and the rail's facts ask.
func TestSamples(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "shared", "samples", "gsma")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("SKIPPED: the public samples are not there: %v", err)
	}
	type part struct {
		kind  string
		state adapters.State
	}
	want := map[string]struct {
		state  adapters.State
		counts bool
		parts  []part
		code   string
	}{
		"1-Step_Bulk_Disbursement_-_callback_-_failure_-_sync.json": {adapters.Unknown, false, []part{{"batch", ""}, {"error", adapters.Unknown}}, "GenericError"},
		"1-Step_Bulk_Disbursement_-_callback_-_success.json":        {adapters.Accepted, false, []part{{"batch", ""}, {"requeststate", adapters.Accepted}, {"batch", adapters.Accepted}}, "created"},
		"2-Step_Bulk_Disbursement_-_callback_-_success.json": {adapters.Accepted, false, []part{
			{"batch", ""}, {"requeststate", adapters.Accepted}, {"batch", adapters.Accepted}, {"requeststate", adapters.Accepted}, {"update", ""},
		}, "pending"},
		"Check_for_Service_Availability.json":                       {"", false, []part{{"heartbeat", ""}}, ""},
		misspelt + "callback_-_failure.json":                        {adapters.Failed, true, []part{{"request", ""}, {"requeststate", adapters.Accepted}, {"callback", adapters.Failed}}, "insufficientFunds"},
		misspelt + "polling_-_failure.json":                         {adapters.Unknown, false, []part{{"request", ""}, {"requeststate", adapters.Accepted}, {"error", adapters.Unknown}}, "identifierError"},
		misspelt + "polling_-_success.json":                         {adapters.Settled, true, []part{{"request", ""}, {"requeststate", adapters.Accepted}, {"requeststate", adapters.Settled}}, "completed"},
		"Refund_-_failure.json":                                     {adapters.Failed, true, []part{{"request", ""}, {"requeststate", adapters.Accepted}, {"callback", adapters.Failed}}, "mandatoryValueNotSupplied"},
		"Refund_-_success.json":                                     {adapters.Accepted, false, []part{{"request", ""}, {"requeststate", adapters.Accepted}}, "pending"},
		"Retrieve_Account_Balance_-_failure.json":                   {adapters.Unknown, false, []part{{"request", ""}, {"error", adapters.Unknown}}, "identifierError"},
		"Retrieve_Account_Balance_-_success.json":                   {"", false, []part{{"request", ""}, {"balance", ""}}, ""},
		"Retrieve_Bulk_Disbursements_-_success.json":                {adapters.Accepted, false, []part{{"batch", adapters.Accepted}}, "completed"},
		"Retrieve_Bulk_Disbursements_Completed_-_failure.json":      {adapters.Unknown, false, []part{{"error", adapters.Unknown}}, "identifierError"},
		"Retrieve_Transaction_by_reference_-_failure.json":          {adapters.Unknown, false, []part{{"error", adapters.Unknown}}, "identifierError"},
		"Retrieve_Transactions_-_offsets_and_limits_-_success.json": {"", false, []part{{"request", ""}}, ""},
		"Retrieve_Transactions_-_success.json":                      {"", false, []part{{"request", ""}}, ""},
		"Retrieve_a_missing_API_response_-_failure.json":            {adapters.Unknown, false, []part{{"error", adapters.Unknown}}, "clientAuthorisationError"},
		"Reversal_-_success.json":                                   {adapters.Settled, true, []part{{"request", ""}, {"requeststate", adapters.Accepted}, {"callback", adapters.Settled}}, "completed"},
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	require.NoError(t, err)
	require.Len(t, files, len(want), "a sample that this test does not know")
	read := map[string]adapters.Reading{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		name := filepath.Base(file)
		r := gsma.Decode(adapters.Payload{Body: body})
		read[name] = r
		w, known := want[name]
		require.True(t, known, name)
		assert.Equal(t, "testcase", r.Kind, name)
		assert.Equal(t, w.state, r.State, "%s: %+v", name, r)
		assert.Equal(t, w.counts, r.Counts(), name)
		assert.Equal(t, w.code, r.Code, name)
		var parts []part
		for _, p := range r.Parts {
			parts = append(parts, part{p.Kind, p.State})
		}
		assert.Equal(t, w.parts, parts, name)
	}
	reversal := read["Reversal_-_success.json"]
	assert.Equal(t, adapters.AboutRefund, reversal.About)
	assert.Equal(t, &messaging.Amount{Amount: "21.00", Currency: "USD"}, reversal.Amount)
	assert.Equal(t, "99999911-2222-4e3d-8111-98211e4f910c", reversal.IDs["original"])
	assert.NotEmpty(t, reversal.IDs["rail_ref"])
	assert.Equal(t, "AM04", read[misspelt+"callback_-_failure.json"].Reason)
	assert.Equal(t, "FF01", read["Refund_-_failure.json"].Reason)
	assert.NotEmpty(t, read[misspelt+"polling_-_success.json"].Confirm)
	assert.Equal(t, &messaging.Amount{Amount: "52.00", Currency: "USD"}, read[misspelt+"polling_-_success.json"].Parts[0].Amount)
	assert.Equal(t, "33555789123", read[misspelt+"polling_-_success.json"].Parts[0].Account)
	assert.Contains(t, read["1-Step_Bulk_Disbursement_-_callback_-_failure_-_sync.json"].Parts[0].Refused, "no array")
	assert.Equal(t, &messaging.Amount{Amount: "54.00", Currency: "USD"}, read["1-Step_Bulk_Disbursement_-_callback_-_success.json"].Parts[0].Parts[0].Amount)
	body, err := os.ReadFile(filepath.Join(folder, "Retrieve_Account_Balance_-_success.json"))
	require.NoError(t, err)
	balance := gsma.Decode(adapters.Payload{Body: body, Currency: ghs})
	assert.Equal(t, &messaging.Amount{Amount: "1000.00", Currency: "GHS"}, balance.Parts[1].Amount)
}

// Whatever comes, what counts is settled or failed with a reason, and reading it again says the same.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"transactionReference":"TX1","type":"disbursement","transactionStatus":"completed","amount":"5.50","currency":"GHS","creditParty":[{"key":"msisdn","value":"+233 244"}]}`,
		`{"serverCorrelationId":"a","status":"failed","error":{"errorCategory":"businessRule","errorCode":"insufficientFunds"}}`,
		`{"errorCategory":"businessRule","errorCode":"insufficientFunds","errordescription":"x"}`,
		`{"exchanges":[{"path":"{X-Callback-URL}","method":"PUT","which":"request","status":null,"headers":{},"body":{"type":"reversal","transactionStatus":"completed","transactionReference":"{{ uuidv4() }}"}}]}`,
		`{"exchanges":[{"path":"/transactions","method":"POST","which":"response","status":"500","body":{"errorCategory":"{{ steps.0.response.body.errorCode }}","errorCode":"x"}}]}`,
		`{"transactions":[{}]}`, `{"link":"/a/b"}`, `{"accountsBalance":"1"}`, `{"result":"success"}`, `[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, kind := range []string{"", "callback"} {
			p := adapters.Payload{Kind: kind, Body: body, Currency: ghs}
			r := gsma.Decode(p)
			require.Equal(t, r, gsma.Decode(p))
			if r.Counts() && r.State == adapters.Failed {
				require.Regexp(t, `^[A-Z0-9]{4}$`, r.Reason)
			}
			if r.Counts() && r.State == adapters.Settled {
				require.NotEmpty(t, r.IDs["rail_ref"])
			}
		}
	})
}

func TestPlug(t *testing.T) {
	plug := gsma.Plug()
	for name, value := range map[string]string{"GSMA_API_KEY": "key", "GSMA_CALLBACK_PREFIX": prefix} {
		t.Setenv(name, value)
	}
	settings, err := adapters.ParseSettings([]byte(plug.Template))
	require.NoError(t, err)
	_, err = plug.New(settings, &sink{})
	var fault *gsma.ConfigError
	require.ErrorAs(t, err, &fault, "the account is a blank to fill in")
	assert.Equal(t, "Account", fault.Field)

	settings, err = adapters.ParseSettings([]byte("api_key: in-clear"))
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
				Config: kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: ghs, Seed: 1},
				Dir:    t.TempDir(), URL: r.url, CallbackURL: r.adapter, Timers: impatient,
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
			rail, err := gsma.Plug().New(settings, r.sink)
			require.NoError(t, err)
			r.callbacks.set(rail.Handler())
			e := rail.Submit(t.Context(), payout(10))
			require.Equal(t, adapters.Accepted, e.State, "%+v", e)
			assert.Equal(t, adapters.Settled, r.next().evidence.State)
			require.NoError(t, server.Pay(t.Context(), kit.CustomerPayment{OrderRef: "O1", Payer: "233244000001", Amount: payout(10).Amount}))
			assert.Equal(t, "O1", r.next().collection.OrderRef, "payments are told to where the settings take them")
		})
	}
}
