package momo

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

const portalHead = "Id,External id,Date,Status,Type,From,From Name,To,To Name,Amount,Currency,Fee,Currency,Balance\n"

var (
	shillings = fx.MustCurrency("UGX")
	kampala   = time.FixedZone("EAT", 3*60*60)
)

func portalLines(text, settings string) (lines []adapters.StatementLine, err error) {
	s, err := adapters.ParseSettings([]byte("currency: UGX\nzone: Africa/Kampala\napi_key: env:NOBODY_HAS_SET_THIS\n" + settings))
	if err != nil {
		return nil, err
	}
	err = Plug().Statement(strings.NewReader(text), s, func(l adapters.StatementLine) error {
		lines = append(lines, l)
		return nil
	})
	return lines, err
}

const ourAccount = `statement: {account: "256770000001"}`

func TestPortalStatement(t *testing.T) {
	lines, err := portalLines("Account,256770000001\n"+portalHead+
		"1234567890,T1P,2026-04-13 09:15:30,Successful,Transfer,FRI:256770000001/MSISDN,Us,FRI:256772000002/MSISDN,W,\"-12,500\",UGX,-150,UGX,\"1,000\"\n"+
		"1234567891,T2P,2026-04-13 09:16:00,Failed,Transfer,oops,,,,,,,,\n"+
		"1234567892,,13/04/2026 23:59,Successful,Deposit,FRI:7/MM,Bank,+256770000001,Us,500000.00,,0,,\n", ourAccount)
	require.NoError(t, err)
	money := func(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: shillings} }
	at := time.Date(2026, 4, 13, 9, 15, 30, 0, kampala).UTC()
	for i := range lines {
		lines[i].At = lines[i].At.UTC()
	}
	assert.Equal(t, []adapters.StatementLine{
		{At: at, Ref: "1234567890", Order: "T1P", Amount: money(12500), Direction: adapters.Out, Party: "256772000002", Code: "Transfer"},
		{At: at, Ref: "1234567890", Amount: money(150), Direction: adapters.Out, Fee: true, Code: "Transfer"},
		{At: time.Date(2026, 4, 13, 23, 59, 0, 0, kampala).UTC(), Ref: "1234567892", Amount: money(500000), Direction: adapters.In, Party: "7", Code: "Deposit"},
	}, lines)
	lines, err = portalLines("Code,Ref,When,State,Kind,Payer,Payee,Sum\n9,T1P,2026-04-13 09:15:30,completed,x,256770000001,1,5\n", `statement:
  account: "256770000001"
  columns: {id: Code, external_id: Ref, at: When, status: State, type: Kind, from: Payer, to: Payee, amount: Sum}
`)
	require.NoError(t, err)
	require.Len(t, lines, 1)
}

func TestPortalStatementsRefused(t *testing.T) {
	const good = "1,T1P,2026-04-13 09:15:30,Successful,Transfer,256770000001,Us,2,W,5,UGX,1,UGX,1\n"
	for name, c := range map[string]struct{ text, fault string }{
		"an unknown status": {strings.Replace(good, "Successful", "Perhaps", 1), `status "Perhaps"`},
		"no id":             {good[1:], `no "Id"`},
		"no time":           {strings.Replace(good, "2026-04-13", "2026-13-13", 1), "no time"},
		"another currency":  {strings.Replace(good, "UGX", "KES", 1), `currency "KES"`},
		"nothing":           {strings.Replace(good, ",5,", ",0,", 1), "no amount"},
		"others":            {strings.Replace(good, "256770000001", "3", 1), "neither from our account nor to it"},
		"a fee in words":    {strings.Replace(good, ",1,UGX,1", ",one,UGX,1", 1), `fee "one"`},
	} {
		_, err := portalLines(portalHead+good+c.text, ourAccount)
		var fault *adapters.StatementError
		require.ErrorAs(t, err, &fault, name)
		assert.Equal(t, 3, fault.Line, name)
		assert.Contains(t, fault.Fault, c.fault, name)
	}
	var wrong *adapters.SettingsError
	for _, settings := range []string{"", `statement: {account: "1", columns: {id: ""}}`} {
		_, err := portalLines(portalHead+good, settings)
		require.ErrorAs(t, err, &wrong, settings)
	}
}

func FuzzStatement(f *testing.F) {
	f.Add(portalHead + "1,T1P,2026-04-13 09:15:30,Successful,Transfer,256770000001,Us,2,W,5,UGX,1,UGX,1\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := portalLines(text, ourAccount)
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
