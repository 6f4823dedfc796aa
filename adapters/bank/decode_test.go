package bank

import (
	"crypto/x509"
	"flag"
	"os"
	"path/filepath"
	"strings"
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

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

// statement is a message that is none of this rail's.
const statement = `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr>` +
	`<MsgId>1</MsgId><CreDtTm>2026-03-02T12:00:00Z</CreDtTm></GrpHdr></BkToCstmrStmt></Document>`

func aReturn() iso20022.PaymentReturn {
	return iso20022.PaymentReturn{
		MsgID: "T42R", Created: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), ID: "T42R",
		Original:       iso20022.PaymentID{InstrID: "S1", EndToEndID: "S1", TxID: "S1", UETR: iso20022.UETR("S1")},
		OriginalAmount: fx.Money{Minor: 12_345, Currency: fx.MustCurrency("EUR")}, Amount: fx.Money{Minor: 12_345, Currency: fx.MustCurrency("EUR")},
		InstructingAgent: iso20022.Agent{Other: "ayni"}, InstructedAgent: iso20022.Agent{BIC: "AYNIXXBKXXX"},
		Reason: "AC04", Info: "the account is <closed>",
	}
}

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
		"settled return":   text(t, report(iso20022.AcceptedSettled, "", nil, iso20022.MessagePaymentReturn)),
		"rejected":         text(t, report(iso20022.Rejected, "AC04", nil, iso20022.MessageCreditTransfer)),
		"rejected for XT9": text(t, report(iso20022.Rejected, "XT9", nil, iso20022.MessageCreditTransfer)),
		"pending":          text(t, report(iso20022.Pending, "", nil, iso20022.MessageCreditTransfer)),
		"returned":         text(t, aReturn()),
		"returned in part": text(t, part),
		"recall": text(t, iso20022.Recall{
			ID: "C1", Created: noon, Assigner: iso20022.Agent{BIC: "AYNIXXBKXXX"}, Assignee: iso20022.Agent{Other: "ayni"},
			Original: clearing.PaymentID("S1"), OriginalAmount: *whole, Reason: "DUPL", Info: "sent twice",
		}),
		"out of order": []byte(strings.Replace(string(text(t, aReturn())), "<MsgId>T42R</MsgId><CreDtTm>2026-03-02T12:00:00.000Z</CreDtTm>", "<CreDtTm>2026-03-02T12:00:00.000Z</CreDtTm><MsgId>T42R</MsgId>", 1)),
		"statement":    []byte(statement),
		"no XML":       []byte(`{"paid":true}`),
	} {
		r := Decode(adapters.Payload{Body: body})
		if strings.HasPrefix(r.Refused, "iso20022:") { // by its schema, which has tests of its own
			r.Refused = "iso20022"
		}
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
	recall, err := iso20022.Recall{
		ID: "C1", Created: aReturn().Created, Assigner: iso20022.Agent{BIC: "AYNIXXBKXXX"}, Assignee: iso20022.Agent{Other: "ayni"},
		Original: clearing.PaymentID("S1"), Reason: "DUPL",
	}.Marshal()
	require.NoError(f, err)
	f.Add("", recall)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r := Decode(adapters.Payload{Kind: kind, Body: body})
		if r.Counts() && r.State == adapters.Settled {
			assert.True(t, r.Amount != nil || r.Confirm != "", "money of which nobody says how much is asked about")
		}
	})
}

// TestPublicSamples reads the public messages, and refuses what their schemas or their figures do not allow.
func TestPublicSamples(t *testing.T) {
	samples := filepath.Join("..", "..", "..", "shared", "samples", "iso20022")
	if _, err := os.Stat(samples); err != nil {
		t.Skipf("NOT READ: there are no public samples at %s", samples)
	}
	read, refused := map[string]int{}, map[string]int{}
	for _, kind := range []string{"pacs.008.001.08", "pacs.002.001.10", "pacs.004.001.09", "camt.056.001.08"} {
		files, err := filepath.Glob(filepath.Join(samples, kind+"__*.xml"))
		require.NoError(t, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			r := Decode(adapters.Payload{Body: data})
			if strings.Contains(file, "XAU") && r.Amount != nil {
				assert.NotEqual(t, "XAU", r.Amount.Currency)
			}
			if r.About == "" {
				require.NotEmpty(t, r.Refused, file)
				refused[kind]++
				continue
			}
			assert.Equal(t, kind[:len(kindReport)], r.Kind)
			read[kind]++
		}
	}
	// Refused are those that the index calls invalid, those in gold, those without a debtor's agent, and those under a
	// header that is none, or announces another message. Amounts and ends of the others were looked at one by one.
	assert.Equal(t, map[string]int{"pacs.008.001.08": 18, "pacs.002.001.10": 9, "pacs.004.001.09": 11, "camt.056.001.08": 2}, read)
	assert.Equal(t, map[string]int{"pacs.008.001.08": 21, "pacs.002.001.10": 4, "pacs.004.001.09": 3, "camt.056.001.08": 1}, refused)

	settled, err := os.ReadFile(filepath.Join(samples, "pacs.002.001.10__moov-io__fednow-sample-message-outgoing-pacs002.xml"))
	require.NoError(t, err)
	assert.True(t, Decode(adapters.Payload{Body: settled}).Counts(), "ACSC")
	rejected, err := os.ReadFile(filepath.Join(samples, "pacs.002.001.10__ballerina-platform__mt199_pacs_002_B_A.xml"))
	require.NoError(t, err)
	assert.Equal(t, "AC04", Decode(adapters.Payload{Body: rejected}).Reason)
	unlisted, err := os.ReadFile(filepath.Join(samples, "pacs.002.001.10__ballerina-platform__mt199_pacs_002_B_A-f113e1.xml"))
	require.NoError(t, err)
	assert.False(t, Decode(adapters.Payload{Body: unlisted}).Counts(), "XT99")
}
