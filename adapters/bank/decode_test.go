package bank

import (
	"crypto/x509"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

func text(t *testing.T, message interface{ Marshal() ([]byte, error) }) []byte {
	t.Helper()
	body, err := message.Marshal()
	require.NoError(t, err)
	return body
}

// TestReadings holds what is made of each message, and which of them are evidence of an end.
func TestReadings(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	part := aReturn()
	part.Amount.Minor--
	report := func(status iso20022.Status, reason string, amount *fx.Money, original string) iso20022.StatusReport {
		return iso20022.StatusReport{
			MsgID: "S1", Created: noon, OriginalMsgID: "T42P", OriginalMessage: original, ID: clearing.PaymentID("T42P"),
			Status: status, Reason: reason, Amount: amount, ClearingRef: "C1", CreditorAccount: "DE001",
		}
	}
	whole := &fx.Money{Minor: 500, Currency: fx.MustCurrency("EUR")}
	counting, readings := []string{}, map[string]adapters.Reading{}
	for name, body := range map[string][]byte{
		"payment": text(t, iso20022.CreditTransfer{
			MsgID: "M1", Created: noon, ID: clearing.PaymentID("S1"), Amount: *whole, ChargeBearer: "SLEV",
			InstructingAgent: iso20022.Agent{BIC: "AYNIXXBKXXX"}, InstructedAgent: iso20022.Agent{Other: "ayni"},
			Debtor: iso20022.Party{Name: "Ada Example"}, DebtorAccount: iso20022.Account{ID: "DE001"}, DebtorAgent: iso20022.Agent{BIC: "AYNIXXBKXXX"},
			CreditorAgent: iso20022.Agent{BIC: "GXCHPHM2XXX"}, Creditor: iso20022.Party{Name: "Maria Santos"}, CreditorAccount: iso20022.Account{ID: "639170000001"},
		}),
		"question":         text(t, iso20022.StatusRequest{MsgID: "Q1", Created: noon, OriginalMsgID: "T42P", OriginalMessage: iso20022.MessageCreditTransfer, ID: clearing.PaymentID("T42P")}),
		"settled":          text(t, report(iso20022.AcceptedSettled, "", whole, iso20022.MessageCreditTransfer)),
		"settled return":   text(t, report(iso20022.AcceptedSettled, "", nil, MessagePaymentReturn)),
		"rejected":         text(t, report(iso20022.Rejected, "AC04", nil, iso20022.MessageCreditTransfer)),
		"rejected for XT9": text(t, report(iso20022.Rejected, "XT9", nil, iso20022.MessageCreditTransfer)),
		"pending":          text(t, report(iso20022.Pending, "", nil, iso20022.MessageCreditTransfer)),
		"returned":         text(t, aReturn()),
		"returned in part": text(t, part),
		"statement":        []byte(`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt/></Document>`),
		"no XML":           []byte(`{"paid":true}`),
	} {
		r := Decode(adapters.Payload{Body: body})
		readings[name] = r
		if r.Counts() {
			counting = append(counting, name)
		}
		assert.False(t, Decode(adapters.Payload{Body: body, Trust: &x509.Certificate{}}).Counts(), "nothing here is signed")
	}
	assert.ElementsMatch(t, []string{"settled", "settled return", "rejected", "returned"}, counting)
	raw, err := json.Marshal(readings, json.Deterministic(true), jsontext.WithIndent("  "))
	require.NoError(t, err)
	golden(t, "readings.json", append(raw, '\n'))
}

func FuzzDecode(f *testing.F) {
	body, err := aReturn().Marshal()
	require.NoError(f, err)
	f.Add("", body)
	f.Add("pacs.002", []byte("<Document><FIToFIPmtStsRpt>"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r := Decode(adapters.Payload{Kind: kind, Body: body})
		if r.Counts() && r.State == adapters.Settled {
			assert.True(t, r.Amount != nil || r.Confirm != "", "money of which nobody says how much is asked about")
		}
	})
}
