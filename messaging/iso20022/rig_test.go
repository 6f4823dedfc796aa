package iso20022

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var created = time.Date(2026, 3, 2, 4, 5, 6, 789_000_000, time.UTC)

// noun is what every message here is written from and read into.
type noun interface {
	MarshalIn(Dialect) ([]byte, error)
	Rest() []Field
}

// kind is one noun: a sample with all of its fields, its generator, and its reader.
type kind struct {
	family string
	file   string // golden
	sample noun
	gen    func(*drawn) noun
	parse  func([]byte) (noun, error)
}

func reading[T noun](parse func([]byte) (T, error)) func([]byte) (noun, error) {
	return func(data []byte) (noun, error) {
		return parse(data)
	}
}

// sourceless is a noun without what it was read from.
func sourceless(n noun) noun {
	value := reflect.New(reflect.TypeOf(n)).Elem()
	value.Set(reflect.ValueOf(n))
	value.FieldByName("Source").SetZero()
	return value.Interface().(noun)
}

func kinds() []kind {
	return []kind{
		{"pacs.008", "pacs.008.xml", sampleTransfer(), genTransfer, reading(ParseCreditTransfer)},
		{"pacs.002", "pacs.002.xml", sampleReport(), genReport, reading(ParseStatusReport)},
		{"pacs.002", "pacs.002.group.xml", sampleGroupReport(), genGroupReport, reading(ParseGroupReport)},
		{"pacs.028", "pacs.028.xml", sampleRequest(), genRequest, reading(ParseStatusRequest)},
		{"pacs.004", "pacs.004.xml", sampleReturn(), genReturn, reading(ParsePaymentReturn)},
		{"camt.056", "camt.056.xml", sampleRecall(), genRecall, reading(ParseRecall)},
		{"camt.029", "camt.029.xml", sampleRecallAnswer(), genRecallAnswer, reading(ParseRecallAnswer)},
		{"pain.001", "pain.001.xml", sampleOrder(), genOrder, reading(ParsePaymentOrder)},
		{"pain.002", "pain.002.xml", sampleOrderReport(), genOrderReport, reading(ParseOrderReport)},
		{"acmt.023", "acmt.023.xml", sampleCheck(), genCheck, reading(ParseIdentityCheck)},
		{"acmt.024", "acmt.024.xml", sampleAnswer(), genAnswer, reading(ParseIdentityAnswer)},
		{"admi.002", "admi.002.xml", sampleRejection(), genRejection, reading(ParseMessageRejection)},
	}
}

func id(s string) PaymentID {
	return PaymentID{InstrID: s, EndToEndID: s, TxID: s, UETR: UETR(s)}
}

func money(minor int64, code string) fx.Money {
	return fx.Money{Minor: minor, Currency: fx.MustCurrency(code)}
}

func sampleTransfer() CreditTransfer {
	return CreditTransfer{
		MsgID: "T42", Created: created, ClearingSystem: "INSTAPAY", ID: id("T42"),
		Amount: money(21_000_000_00, "PHP"), Settlement: "2026-03-03", Instructed: money(47_250_000_00, "KES"), ExchangeRate: "0.44444", ChargeBearer: "SLEV",
		InstructingAgent: Agent{Other: "ayni-ph"}, InstructedAgent: Agent{BIC: "BOPIPHMMXXX"},
		UltimateDebtor: Party{Name: "Chama ya Amani", LEI: "5493001KJTIIGC8Y1R12"},
		Debtor:         Party{Name: "Amani & Söhne <Nairobi>", Address: strings.Repeat("Kenyatta Avenue 1, ", 5), Town: "Nairobi", Country: "KE", Birth: Birth{"1980-02-03", "Kisumu", "KE"}, ID: Identity{ID: "12345678", Scheme: "NIDN", Issuer: "KE"}},
		DebtorAccount:  Account{ID: "254700000001", Scheme: "MSISDN"},
		DebtorAgent:    Agent{Member: "01", System: "KENPG"}, CreditorAgent: Agent{BIC: "GXCHPHM2XXX"},
		Creditor:        Party{Name: "Maria Santos", Street: "Rizal Avenue", Building: "7", PostCode: "1014", Town: "Manila", Country: "PH"},
		CreditorAccount: Account{ID: "639170000001", Scheme: "MSISDN", Proxy: "+63-9170000001", ProxyType: "MBNO"},
		Purpose:         "FAMI", Remittance: "for school",
	}
}

func sampleReport() StatusReport {
	amount := money(1, "KWD")
	return StatusReport{
		MsgID: "R1", Created: created, OriginalMsgID: "T42", OriginalMessage: MessageCreditTransfer, ID: id("T42"),
		Status: Rejected, Reason: "AC03", Info: strings.Repeat("wallet not found ", 10),
		ServicerRef: "BANK-7", ClearingRef: "IP-9", Amount: &amount, CreditorAccount: "639170000001",
	}
}

func sampleGroupReport() GroupReport {
	of := func(id, reason string, status Status) StatusReport {
		return StatusReport{MsgID: "R2", Created: created, OriginalMsgID: "G1", OriginalMessage: MessageCreditTransfer, ID: PaymentID{TxID: id}, Status: status, Reason: reason}
	}
	return GroupReport{
		MsgID: "R2", Created: created, OriginalMsgID: "G1", OriginalMessage: MessageCreditTransfer, OriginalCount: 2, Status: Partly,
		Payments: []StatusReport{of("T1", "", AcceptedInProgress), of("T2", "AM02", Rejected)},
	}
}

func sampleRequest() StatusRequest {
	return StatusRequest{MsgID: "Q1", Created: created, OriginalMsgID: "T42", OriginalMessage: MessageCreditTransfer, ID: id("T42")}
}

func sampleReturn() PaymentReturn {
	return PaymentReturn{
		MsgID: "T42R", Created: created, ID: "T42R", OriginalMsgID: "T42", OriginalMessage: MessageCreditTransfer, Original: id("T42"),
		OriginalAmount: money(12_345, "EUR"), Amount: money(12_345, "EUR"), Settlement: "2026-03-02",
		InstructingAgent: Agent{Other: "ayni"}, InstructedAgent: Agent{BIC: "AYNIXXBKXXX"}, Reason: "AC04", Info: "the account is <closed>",
	}
}

func sampleRecall() Recall {
	return Recall{
		ID: "C1", Created: created, Assigner: Agent{BIC: "AYNIXXBKXXX"}, Assignee: Agent{Other: "ayni"}, CancellationID: "C1",
		OriginalMsgID: "T42", OriginalMessage: MessageCreditTransfer, Original: id("T42"), OriginalAmount: money(12_345, "EUR"),
		OriginalDay: "2026-03-02", Reason: "DUPL", Info: "sent twice",
	}
}

func sampleRecallAnswer() RecallAnswer {
	return RecallAnswer{
		ID: "A1", Created: created, Assigner: Agent{Other: "ayni"}, Assignee: Agent{BIC: "AYNIXXBKXXX"}, Resolution: RecallRefused,
		AnswerID: "C1", OriginalMsgID: "T42", OriginalMessage: MessageCreditTransfer, Original: id("T42"), Reason: "AGNT", Info: "paid out",
	}
}

func sampleOrder() PaymentOrder {
	paid := func(id string, minor int64) OrderedPayment {
		return OrderedPayment{
			InstrID: id, EndToEndID: id, Amount: money(minor, "KES"), CreditorAgent: Agent{BIC: "GXCHPHM2XXX"},
			Creditor: Party{Name: "Member " + id, Town: "Nakuru", Country: "KE"}, CreditorAccount: Account{ID: "254700000" + id, Scheme: "MSISDN"},
			Purpose: "SALA", Remittance: "March",
		}
	}
	return PaymentOrder{
		MsgID: "P1", Created: created, Initiator: Party{Name: "Chama ya Amani"},
		Batches: []OrderBatch{{
			ID: "B1", Execution: "2026-03-03", Debtor: Party{Name: "Chama ya Amani", Country: "KE"}, DebtorAccount: Account{ID: "0011", Scheme: "BBAN"},
			DebtorAgent: Agent{BIC: "AYNIXXBKXXX"}, ChargeBearer: "SLEV", Payments: []OrderedPayment{paid("001", 150_050), paid("002", 7)},
		}},
	}
}

func sampleOrderReport() OrderReport {
	return OrderReport{
		MsgID: "R3", Created: created, OriginalMsgID: "P1", OriginalMessage: MessagePaymentOrder, OriginalCount: 2, Status: Partly,
		Batches: []BatchReport{{OriginalID: "B1", Status: Partly, Payments: []OrderedStatus{
			{ID: PaymentID{InstrID: "001", EndToEndID: "001"}, Status: AcceptedSettled, ServicerRef: "L1", ClearingRef: "C1"},
			{ID: PaymentID{InstrID: "002", EndToEndID: "002"}, Status: Rejected, Reason: "AC03", Info: "2040 unregistered"},
		}}},
	}
}

func sampleCheck() IdentityCheck {
	return IdentityCheck{
		MsgID: "V1", Created: created, Assigner: Agent{Other: "ayni"}, Assignee: Agent{BIC: "GXCHPHM2XXX"}, ID: "V1",
		Owner: Party{Name: "Maria Santos", Country: "PH"}, Account: Account{ID: "639170000001", Scheme: "MSISDN"}, Agent: Agent{BIC: "GXCHPHM2XXX"},
	}
}

func sampleAnswer() IdentityAnswer {
	return IdentityAnswer{
		MsgID: "V2", Created: created, Assigner: Agent{BIC: "GXCHPHM2XXX"}, Assignee: Agent{Other: "ayni"}, OriginalMsgID: "V1", OriginalID: "V1",
		Reason: "AC01", Owner: Party{Name: "Mario Santos"}, Account: Account{ID: "639170000001"},
	}
}

func sampleRejection() MessageRejection {
	return MessageRejection{Related: "in/payments.xml", Reason: "FF01", Rejected: created, Location: "Document/FIToFICstmrCdtTrf", Info: "not well-formed"}
}

// golden compares with testdata/name, and checks the file with the official schema.
func golden(t *testing.T, name, message string, data []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, data, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(data))
	validate(t, message, data)
}

// published is where the official schema of a message is: beside the checkout, those of acmt in a module that we use.
func published(t *testing.T, message string) string {
	t.Helper()
	if !strings.HasPrefix(message, "acmt.") {
		return filepath.Join("..", "..", "..", "shared", "xsd", message+".xsd")
	}
	module, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/moov-io/iso20022").Output()
	require.NoError(t, err)
	found, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), "docs", "specifications", "*", message+".xsd"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found[0]
}

// validate checks documents against the official schema, with xmllint.
func validate(t *testing.T, message string, documents ...[]byte) {
	t.Helper()
	xsd := published(t, message)
	if _, err := os.Stat(xsd); err != nil {
		t.Skipf("NOT VALIDATED: the ISO 20022 schema is not at %s", xsd)
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("NOT VALIDATED: xmllint (package libxml2-utils) is not installed")
	}
	arguments, dir := []string{"--noout", "--nonet", "--schema", xsd}, t.TempDir()
	for i, data := range documents {
		file := filepath.Join(dir, fmt.Sprintf("%d.xml", i))
		require.NoError(t, os.WriteFile(file, data, 0o600))
		arguments = append(arguments, file)
	}
	out, err := exec.CommandContext(t.Context(), "xmllint", arguments...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func requireFault(t *testing.T, err error, want Fault) {
	t.Helper()
	var format *FormatError
	require.ErrorAs(t, err, &format)
	require.Equal(t, want, format.Fault, "%v", format)
	requireBounded(t, format)
}

func requireBounded(t require.TestingT, err error) {
	var format *FormatError
	require.ErrorAs(t, err, &format)
	assert.Less(t, len(err.Error()), 800)
	assert.True(t, KnownReason(format.Reason), format.Reason)
}

// replaced is data with one text in place of another.
func replaced(t *testing.T, data []byte, old, by string) []byte {
	t.Helper()
	require.Contains(t, string(data), old)
	return []byte(strings.Replace(string(data), old, by, 1))
}
