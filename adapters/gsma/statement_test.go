package gsma

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

func pagesLines(text string) (lines []adapters.StatementLine, err error) {
	s, err := adapters.ParseSettings([]byte("currency: ZMW\naccount: {key: accountid, value: \"2000\"}\napi_key: env:NOBODY_HAS_SET_THIS\n"))
	if err != nil {
		return nil, err
	}
	err = Plug().Statement(strings.NewReader(text), s, func(l adapters.StatementLine) error {
		lines = append(lines, l)
		return nil
	})
	return lines, err
}

// row is a transaction of the API, or, without a type, one of its statement entries.
func row(reference, ours, kind, status, amount, debit, credit string) string {
	return `{"transactionReference":"` + reference + `","requestingOrganisationTransactionReference":"` + ours + `","type":"` + kind +
		`","transactionStatus":"` + status + `","amount":"` + amount + `","currency":"ZMW","creationDate":"2026-04-13T09:00:00.000Z",` +
		`"debitParty":[` + debit + `],"creditParty":[` + credit + `]}`
}

const (
	us       = `{"key":"accountid","value":"2000"}`
	customer = `{"key":"msisdn","value":"+260970000001"}`
)

func TestTransactionsAsAStatement(t *testing.T) {
	lines, err := pagesLines("[" + row("TX1", "ORDER1", "merchantpay", "completed", "10.5", customer, us) + "," +
		row("TX2", "T2P", "disbursement", "pending", "1", us, customer) + "]\n[" +
		row("TX3", "T3P", "disbursement", "completed", "7", us, customer) + "," +
		row("TX4", "T1R", "reversal", "completed", "10.5", "", customer) + "," +
		`{"transactionReference":"TX5","displayType":"Payment","transactionStatus":"reversed","amount":"1","currency":"ZMW","creationDate":"2026-04-13T09:00:00Z","debitParty":[` + customer + `],"creditParty":[` + us + `]}` +
		"]\n[]\n")
	require.NoError(t, err)
	money := func(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: fx.MustCurrency("ZMW")} }
	at := time.Date(2026, 4, 13, 9, 0, 0, 0, time.UTC)
	assert.Equal(t, []adapters.StatementLine{
		{At: at, Ref: "TX1", Order: "ORDER1", Amount: money(1050), Direction: adapters.In, Party: "260970000001", Code: "merchantpay"},
		{At: at, Ref: "TX3", Order: "T3P", Amount: money(700), Direction: adapters.Out, Party: "260970000001", Code: "disbursement"},
		{At: at, Ref: "TX4", Order: "T1R", Amount: money(1050), Direction: adapters.Out, Party: "260970000001", Code: "reversal"},
		{At: at, Ref: "TX5", Amount: money(100), Direction: adapters.In, Party: "260970000001", Code: "Payment"},
	}, lines)
}

func TestStatementsRefused(t *testing.T) {
	good := row("TX1", "O", "merchantpay", "completed", "1", customer, us)
	for name, c := range map[string]struct {
		text  string
		line  int
		fault string
	}{
		"nothing":           {"", 1, "no array"},
		"an object":         {"{}", 1, "no array"},
		"an open array":     {"[" + good, 2, ""},
		"a text":            {`["x"]`, 1, ""},
		"something behind":  {"[" + good + "] x", 1, ""},
		"an unknown status": {"[" + good + "," + row("TX2", "", "x", "perhaps", "1", us, customer) + "]", 2, `transactionStatus "perhaps"`},
		"others' money":     {"[" + row("TX2", "", "x", "completed", "1", customer, customer) + "]", 1, "neither"},
		"to ourselves":      {"[" + row("TX2", "", "x", "completed", "1", us, us) + "]", 1, "to itself"},
		"no amount":         {"[" + row("TX2", "", "x", "completed", "-1", us, customer) + "]", 1, "amount"},
		"no time":           {"[" + strings.Replace(good, "2026-04-13T", "", 1) + "]", 1, "creationDate"},
		"no receipt":        {"[" + row("", "", "x", "completed", "1", us, customer) + "]", 1, "transactionReference"},
		"a name twice":      {`[{"type":"x","type":"y"}]`, 1, ""},
	} {
		_, err := pagesLines(c.text)
		var fault *adapters.StatementError
		if assert.ErrorAs(t, err, &fault, name) {
			assert.Equal(t, c.line, fault.Line, name)
			assert.Contains(t, fault.Fault, c.fault, name)
		}
	}
}

func FuzzStatement(f *testing.F) {
	f.Add("[" + row("TX1", "O", "merchantpay", "completed", "1", customer, us) + "] []")
	f.Add("[{}]")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := pagesLines(text)
		if err != nil {
			var fault *adapters.StatementError
			require.ErrorAs(t, err, &fault)
		}
		for _, l := range lines {
			require.Positive(t, l.Amount.Minor)
			require.NotEmpty(t, l.Ref)
			require.NotEmpty(t, l.Direction)
		}
	})
}
