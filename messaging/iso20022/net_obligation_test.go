package iso20022_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

var netVersions = []string{iso20022.MessageNetObligation, "pacs.009.001.09", "pacs.009.001.10"}

func owed() iso20022.NetObligation {
	return iso20022.NetObligation{
		MsgID: "W3-7", Created: time.Date(2026, 4, 13, 18, 0, 0, 0, time.UTC),
		ID:     iso20022.PaymentID{InstrID: "W3-7", EndToEndID: "W3-7", TxID: "W3-7", UETR: iso20022.UETR("W3-7")},
		Amount: fx.Money{Minor: 1_234_567_89, Currency: kes}, SettlementDate: "2026-04-13",
		InstructingAgent: iso20022.Agent{Other: "mpesa-ke"}, InstructedAgent: iso20022.Agent{Other: "agent-kes"},
		Debtor: iso20022.Agent{Other: "mpesa-ke"}, Creditor: iso20022.Agent{BIC: "AYNIKENAXXX"}, Remittance: "window 3",
	}
}

func TestNetObligationInEachVersion(t *testing.T) {
	for _, message := range netVersions {
		t.Run(message, func(t *testing.T) {
			data, err := owed().Marshal(message)
			require.NoError(t, err)
			require.Contains(t, string(data), message)
			got, err := iso20022.ParseNetObligation(data)
			require.NoError(t, err)
			require.Equal(t, owed(), got)
			if message == iso20022.MessageNetObligation {
				goldenStatement(t, message, data)
			} else {
				validated(t, message, data)
			}
		})
	}
}

func TestAnyNetObligationRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := owed()
		n.MsgID, n.Amount.Minor = text(35).Draw(t, "id"), rapid.Int64Range(1, 1e17).Draw(t, "minor")
		n.Debtor, n.Remittance = iso20022.Agent{Other: text(35).Draw(t, "debtor")}, maybe(text(140)).Draw(t, "remittance")
		data, err := n.Marshal(rapid.SampledFrom(netVersions).Draw(t, "version"))
		require.NoError(t, err)
		got, err := iso20022.ParseNetObligation(data)
		require.NoError(t, err)
		require.Equal(t, n, got)
	})
}

func TestNetObligationIsRefused(t *testing.T) {
	data, err := owed().Marshal(iso20022.MessageNetObligation)
	require.NoError(t, err)
	for old, c := range map[string]struct {
		fresh string
		fault iso20022.Fault
	}{
		`<NbOfTxs>1<`: {`<NbOfTxs>2<`, iso20022.FaultMismatch},
		`<TtlIntrBkSttlmAmt Ccy="KES">1234567.89<`: {`<TtlIntrBkSttlmAmt Ccy="KES">1234567.90<`, iso20022.FaultMismatch},
		`1234567.89`: {`0.00`, iso20022.FaultAmount},
	} {
		require.Contains(t, string(data), old)
		_, err := iso20022.ParseNetObligation([]byte(strings.ReplaceAll(string(data), old, c.fresh)))
		requireStatementFault(t, err, c.fault)
	}
	nothing := owed()
	nothing.Amount.Minor = 0
	_, err = nothing.Marshal(iso20022.MessageNetObligation)
	requireStatementFault(t, err, iso20022.FaultAmount)
	_, err = owed().Marshal("pacs.009.001.02")
	requireStatementFault(t, err, iso20022.FaultNamespace)
}

func FuzzParseNetObligation(f *testing.F) {
	data, err := owed().Marshal(iso20022.MessageNetObligation)
	require.NoError(f, err)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := iso20022.ParseNetObligation(data)
		require.True(t, err != nil || n.Amount.Minor > 0)
	})
}
