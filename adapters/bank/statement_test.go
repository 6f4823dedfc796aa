package bank

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// A customer's payment may be for an order that its EndToEndId names, or have made one, which its UETR names: whoever
// reads a statement, which says neither, has both.
func TestStatement(t *testing.T) {
	euro := fx.MustCurrency("EUR")
	at := time.Date(2026, 4, 13, 23, 30, 0, 0, time.UTC)
	uetr := iso20022.UETR("T1")
	amount := func(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: euro} }
	entry := func(id, receipt string, minor int64, uetr string) iso20022.StatementEntry {
		return kit.StatementEntry(iso20022.PaymentID{InstrID: id, EndToEndID: id, TxID: id, UETR: uetr}, receipt, amount(minor), at, iso20022.Account{ID: "DE001"})
	}
	var file bytes.Buffer
	require.NoError(t, kit.DayStatement{
		Day: at.Truncate(24 * time.Hour), Account: "AYNI", Servicer: "AYNIXXBKXXX", Opening: amount(100_00),
		Entries: []iso20022.StatementEntry{entry("INVOICE7", "B1", 5000, uetr), entry("T2P", "B2", -700, iso20022.UETR("T2P"))},
	}.Write(&file))
	settings, err := adapters.ParseSettings([]byte("currency: EUR\nzone: Europe/Berlin\ntoken: env:NOBODY_HAS_SET_THIS\n"))
	require.NoError(t, err)
	var got []adapters.StatementLine
	require.NoError(t, Plug().Statement(&file, settings, func(l adapters.StatementLine) error {
		assert.True(t, l.At.Equal(at))
		l.At = time.Time{}
		got = append(got, l)
		return nil
	}))
	assert.Equal(t, []adapters.StatementLine{
		{Ref: "B1", Order: "INVOICE7", Alias: orderOf(uetr), Amount: amount(5000), Direction: adapters.In, Party: "DE001", Code: "ESCT"},
		{Ref: "B2", Order: "T2P", Alias: "T2P", Amount: amount(700), Direction: adapters.Out, Party: "DE001", Code: "ESCT"},
	}, got)
	zone, err := Plug().StatementZone(settings)
	require.NoError(t, err)
	assert.Equal(t, "Europe/Berlin", zone.String())
}
