package iso20022

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var created = time.Date(2026, 3, 2, 4, 5, 6, 789_000_000, time.UTC)

func id(s string) PaymentID {
	return PaymentID{InstrID: s, EndToEndID: s, TxID: s, UETR: UETR(s)}
}

func sampleTransfer() CreditTransfer {
	return CreditTransfer{
		MsgID: "T42", Created: created, ClearingSystem: "INSTAPAY", ID: id("T42"),
		Amount: fx.Money{Minor: 21_000_000_00, Currency: fx.MustCurrency("PHP")}, ChargeBearer: "SLEV",
		InstructingAgent: Agent{Other: "ayni-ph"}, InstructedAgent: Agent{BIC: "BOPIPHMMXXX"},
		Debtor: Party{Name: "Amani & Söhne <Nairobi>", Address: strings.Repeat("Kenyatta Avenue 1, ", 5)}, DebtorAccount: Account{ID: "254700000001", Scheme: "MSISDN"},
		DebtorAgent: Agent{Other: "ayni-ph"}, CreditorAgent: Agent{BIC: "GXCHPHM2XXX"},
		Creditor: Party{Name: "Maria Santos"}, CreditorAccount: Account{ID: "639170000001", Scheme: "MSISDN"},
		Purpose: "FAMI", Remittance: "for school",
	}
}

func sampleReport() StatusReport {
	amount := fx.Money{Minor: 1, Currency: fx.MustCurrency("KWD")}
	return StatusReport{
		MsgID: "R1", Created: created, OriginalMsgID: "T42", OriginalMessage: MessageCreditTransfer, ID: id("T42"),
		Status: Rejected, Reason: "AC03", Info: strings.Repeat("wallet not found ", 10),
		ServicerRef: "BANK-7", ClearingRef: "IP-9", Amount: &amount, CreditorAccount: "639170000001",
	}
}

func sampleRequest() StatusRequest {
	return StatusRequest{MsgID: "Q1", Created: created, OriginalMsgID: "T42", OriginalMessage: MessageCreditTransfer, ID: id("T42")}
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

// validate checks data against the official schema beside the checkout, with xmllint.
func validate(t *testing.T, message string, data []byte) {
	t.Helper()
	xsd := filepath.Join("..", "..", "..", "shared", "xsd", message+".xsd")
	if _, err := os.Stat(xsd); err != nil {
		t.Skipf("NOT VALIDATED: the ISO 20022 schema is not at %s", xsd)
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("NOT VALIDATED: xmllint (package libxml2-utils) is not installed")
	}
	file := filepath.Join(t.TempDir(), "message.xml")
	require.NoError(t, os.WriteFile(file, data, 0o600))
	out, err := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", xsd, file).CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, data)
}

func TestGoldenCreditTransfer(t *testing.T) {
	want := sampleTransfer()
	data, err := want.Marshal()
	require.NoError(t, err)
	assert.Contains(t, string(data), `Ccy="PHP">21000000.00<`, "never an exponent")
	got, err := ParseCreditTransfer(data)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	golden(t, "pacs.008.xml", MessageCreditTransfer, data)
}

func TestGoldenStatusReport(t *testing.T) {
	want := sampleReport()
	data, err := want.Marshal()
	require.NoError(t, err)
	got, err := ParseStatusReport(data)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	golden(t, "pacs.002.xml", MessageStatusReport, data)
}

func TestGoldenStatusRequest(t *testing.T) {
	want := sampleRequest()
	data, err := want.Marshal()
	require.NoError(t, err)
	got, err := ParseStatusRequest(data)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	golden(t, "pacs.028.xml", MessageStatusRequest, data)
}

func textGen(limit int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.Rune(), 1, limit, -1).Filter(xmlText)
}

func idGen() *rapid.Generator[string] { return rapid.StringMatching(`[A-Za-z0-9]{1,35}`) }

func momentGen() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.UnixMilli(rapid.Int64Range(0, 4_000_000_000_000).Draw(t, "ms")).UTC()
	})
}

func amountGen() *rapid.Generator[fx.Money] {
	return rapid.Custom(func(t *rapid.T) fx.Money {
		return fx.Money{
			Minor:    rapid.Int64Range(1, maxAmountMinor).Draw(t, "minor"),
			Currency: fx.MustCurrency(rapid.SampledFrom([]string{"PHP", "UGX", "KWD", "CLF", "USD"}).Draw(t, "currency")),
		}
	})
}

func agentGen() *rapid.Generator[Agent] {
	return rapid.Custom(func(t *rapid.T) Agent {
		if rapid.Bool().Draw(t, "bic") {
			return Agent{BIC: rapid.StringMatching(`[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?`).Draw(t, "bic")}
		}
		return Agent{Other: textGen(35).Draw(t, "other")}
	})
}

func accountGen() *rapid.Generator[Account] {
	return rapid.Custom(func(t *rapid.T) Account {
		return Account{ID: textGen(34).Draw(t, "id"), Scheme: rapid.OneOf(rapid.Just(""), rapid.Just("MSISDN")).Draw(t, "scheme")}
	})
}

func partyGen() *rapid.Generator[Party] {
	return rapid.Custom(func(t *rapid.T) Party {
		return Party{Name: textGen(140).Draw(t, "name"), Address: rapid.OneOf(rapid.Just(""), textGen(140)).Draw(t, "address")}
	})
}

func TestRoundTripCreditTransfer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := CreditTransfer{
			MsgID: idGen().Draw(t, "msg"), Created: momentGen().Draw(t, "created"), ClearingSystem: rapid.SampledFrom([]string{"", "INSTAPAY"}).Draw(t, "clearing"),
			ID: id(idGen().Draw(t, "id")), Amount: amountGen().Draw(t, "amount"), ChargeBearer: rapid.SampledFrom([]string{"DEBT", "CRED", "SHAR", "SLEV"}).Draw(t, "bearer"),
			InstructingAgent: agentGen().Draw(t, "instructing"), InstructedAgent: agentGen().Draw(t, "instructed"),
			Debtor: partyGen().Draw(t, "debtor"), DebtorAccount: accountGen().Draw(t, "debtor account"), DebtorAgent: agentGen().Draw(t, "debtor agent"),
			CreditorAgent: agentGen().Draw(t, "creditor agent"), Creditor: partyGen().Draw(t, "creditor"), CreditorAccount: accountGen().Draw(t, "creditor account"),
			Purpose: rapid.SampledFrom([]string{"", "FAMI"}).Draw(t, "purpose"), Remittance: rapid.OneOf(rapid.Just(""), textGen(140)).Draw(t, "remittance"),
		}
		data, err := want.Marshal()
		require.NoError(t, err)
		got, err := ParseCreditTransfer(data)
		require.NoError(t, err, string(data))
		assert.Equal(t, want, got)
	})
}

func TestRoundTripStatus(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := StatusReport{
			MsgID: idGen().Draw(t, "msg"), Created: momentGen().Draw(t, "created"), OriginalMsgID: idGen().Draw(t, "original"), OriginalMessage: MessageCreditTransfer,
			ID: id(idGen().Draw(t, "id")), Status: rapid.SampledFrom([]Status{AcceptedCreditor, AcceptedSettled, AcceptedInProgress, Pending, Rejected}).Draw(t, "status"),
			Reason: rapid.SampledFrom([]string{"", "AC03", "NARR"}).Draw(t, "reason"), Info: rapid.OneOf(rapid.Just(""), textGen(400)).Draw(t, "info"),
			ServicerRef: rapid.OneOf(rapid.Just(""), idGen()).Draw(t, "servicer"), ClearingRef: rapid.OneOf(rapid.Just(""), idGen()).Draw(t, "clearing"),
		}
		if rapid.Bool().Draw(t, "stated") {
			amount := amountGen().Draw(t, "amount")
			want.Amount, want.CreditorAccount = &amount, idGen().Filter(func(s string) bool { return len(s) <= 34 }).Draw(t, "account")
		}
		data, err := want.Marshal()
		require.NoError(t, err)
		got, err := ParseStatusReport(data)
		require.NoError(t, err, string(data))
		assert.Equal(t, want, got)
	})
}

// TestSchemaAcceptsOddValues sends values at the edges of their types through the official schema.
func TestSchemaAcceptsOddValues(t *testing.T) {
	transfer := sampleTransfer()
	transfer.Debtor = Party{Name: strings.Repeat("é", 140), Address: strings.Repeat("道", 140)}
	transfer.Remittance = "tab\tnewline\nreturn\r ]]> <!-- & \" '"
	transfer.Amount = fx.Money{Minor: maxAmountMinor, Currency: fx.MustCurrency("UGX")}
	transfer.ClearingSystem, transfer.Purpose, transfer.CreditorAccount.Scheme = "", "", ""
	data, err := transfer.Marshal()
	require.NoError(t, err)
	validate(t, MessageCreditTransfer, data)
}

func TestSchemaAcceptsBareReport(t *testing.T) {
	data, err := StatusReport{MsgID: "R", Created: created, OriginalMsgID: "T", OriginalMessage: MessageCreditTransfer, Status: Pending}.Marshal()
	require.NoError(t, err)
	validate(t, MessageStatusReport, data)
}

func TestWriterRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*CreditTransfer)
		fault Fault
	}{
		"zero amount":        {func(c *CreditTransfer) { c.Amount.Minor = 0 }, FaultAmount},
		"negative amount":    {func(c *CreditTransfer) { c.Amount.Minor = -1 }, FaultAmount},
		"sixteen digits":     {func(c *CreditTransfer) { c.Amount.Minor = maxAmountMinor + 1 }, FaultAmount},
		"community unit":     {func(c *CreditTransfer) { c.Amount.Currency = fx.MustCurrency("hours.chama-nairobi.2") }, FaultAmount},
		"long account":       {func(c *CreditTransfer) { c.CreditorAccount.ID = strings.Repeat("9", 35) }, FaultText},
		"no name":            {func(c *CreditTransfer) { c.Creditor.Name = "" }, FaultMissing},
		"control character":  {func(c *CreditTransfer) { c.Creditor.Name = "a\x00b" }, FaultText},
		"invalid UTF-8":      {func(c *CreditTransfer) { c.Creditor.Name = "a\xffb" }, FaultText},
		"bad BIC":            {func(c *CreditTransfer) { c.CreditorAgent.BIC = "gxch" }, FaultCode},
		"agent without id":   {func(c *CreditTransfer) { c.DebtorAgent = Agent{} }, FaultMissing},
		"UETR of version 1":  {func(c *CreditTransfer) { c.ID.UETR = "00000000-0000-1000-8000-000000000000" }, FaultCode},
		"long purpose":       {func(c *CreditTransfer) { c.Purpose = "FAMILY" }, FaultCode},
		"no charge bearer":   {func(c *CreditTransfer) { c.ChargeBearer = "" }, FaultCode},
		"no moment":          {func(c *CreditTransfer) { c.Created = time.Time{} }, FaultMissing},
		"long address":       {func(c *CreditTransfer) { c.Debtor.Address = strings.Repeat("x", 491) }, FaultText},
		"long message id":    {func(c *CreditTransfer) { c.MsgID = strings.Repeat("x", 36) }, FaultText},
		"long remittance":    {func(c *CreditTransfer) { c.Remittance = strings.Repeat("x", 141) }, FaultText},
		"missing remittance": {func(c *CreditTransfer) { c.ID.EndToEndID = "" }, FaultMissing},
	} {
		t.Run(name, func(t *testing.T) {
			transfer := sampleTransfer()
			c.spoil(&transfer)
			_, err := transfer.Marshal()
			requireFault(t, err, c.fault)
		})
	}
}

func requireFault(t *testing.T, err error, want Fault) {
	t.Helper()
	var format *FormatError
	require.ErrorAs(t, err, &format)
	require.Equal(t, want, format.Fault, format.Detail)
}

func TestReaderRefuses(t *testing.T) {
	data, err := sampleTransfer().Marshal()
	require.NoError(t, err)
	good := string(data)
	amount := `<IntrBkSttlmAmt Ccy="PHP">21000000.00</IntrBkSttlmAmt>`
	require.Contains(t, good, amount)
	swap := func(old, by string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, by, 1)
	}
	withAmount := func(text string) string { return swap("21000000.00", text) }
	payment := good[strings.Index(good, "<CdtTrfTxInf>") : strings.Index(good, "</CdtTrfTxInf>")+len("</CdtTrfTxInf>")]
	for name, c := range map[string]struct {
		text  string
		fault Fault
	}{
		"empty":                {"", FaultRoot},
		"oversized":            {good + strings.Repeat(" ", MaxMessageBytes), FaultOversized},
		"noise":                {"\x1f\x8b\x08\x00", FaultEncoding},
		"JSON":                 {`{"Document":{}}`, FaultRoot},
		"invalid UTF-8":        {swap("Maria", "Mar\xffia"), FaultEncoding},
		"ISO-8859-1":           {swap("UTF-8", "ISO-8859-1"), FaultSyntax},
		"DOCTYPE":              {swap("<Document", `<!DOCTYPE x [<!ENTITY a "b">]><Document`), FaultDoctype},
		"inner instruction":    {swap("<GrpHdr>", `<?php x ?><GrpHdr>`), FaultDoctype},
		"unknown entity":       {swap("Maria", "&a;"), FaultSyntax},
		"truncated":            {good[:len(good)-20], FaultSyntax},
		"crossed tags":         {swap("</GrpHdr>", "</Nm>"), FaultSyntax},
		"second root":          {good + `<Document xmlns="` + namespace(MessageCreditTransfer) + `"/>`, FaultRoot},
		"text after the root":  {good + "x", FaultRoot},
		"another root":         {strings.ReplaceAll(good, "Document", "Dokument"), FaultRoot},
		"another version":      {swap("pacs.008.001.08", "pacs.008.001.09"), FaultNamespace},
		"no namespace":         {swap(` xmlns="`+namespace(MessageCreditTransfer)+`"`, ""), FaultNamespace},
		"prefix":               {swap("<GrpHdr>", `<x:GrpHdr xmlns:x="y">`), FaultNamespace},
		"inner namespace":      {swap("<GrpHdr>", `<GrpHdr xmlns="y">`), FaultNamespace},
		"deep":                 {swap("<GrpHdr>", "<GrpHdr>"+strings.Repeat("<a>", maxDepth)), FaultDepth},
		"two amounts":          {swap(amount, amount+amount), FaultRepeated},
		"two creditors":        {swap("</Cdtr>", "</Cdtr><Cdtr><Nm>Eve</Nm></Cdtr>"), FaultRepeated},
		"two payments":         {swap(payment, payment+payment), FaultCount},
		"no payment":           {swap(payment, ""), FaultCount},
		"count of two":         {swap("<NbOfTxs>1<", "<NbOfTxs>2<"), FaultMismatch},
		"sum of another":       {swap("</NbOfTxs>", "</NbOfTxs><CtrlSum>1</CtrlSum>"), FaultMismatch},
		"sum with exponent":    {swap("</NbOfTxs>", "</NbOfTxs><CtrlSum>2.1e7</CtrlSum>"), FaultAmount},
		"total of another":     {swap("</NbOfTxs>", `</NbOfTxs><TtlIntrBkSttlmAmt Ccy="USD">21000000</TtlIntrBkSttlmAmt>`), FaultMismatch},
		"exponent":             {withAmount("2.1e+07"), FaultAmount},
		"hexadecimal":          {withAmount("0x1p4"), FaultAmount},
		"not a number":         {withAmount("NaN"), FaultAmount},
		"negative":             {withAmount("-1"), FaultAmount},
		"signed":               {withAmount("+1"), FaultAmount},
		"zero":                 {withAmount("0.00"), FaultAmount},
		"empty amount":         {withAmount(""), FaultAmount},
		"twenty digits":        {withAmount(strings.Repeat("9", 20)), FaultAmount},
		"three decimals":       {withAmount("1.001"), FaultAmount},
		"grouping":             {withAmount("21,000,000.00"), FaultAmount},
		"element in amount":    {withAmount("1<x/>2"), FaultAmount},
		"unknown currency":     {swap(`Ccy="PHP"`, `Ccy="ABC"`), FaultAmount},
		"amount without":       {swap(` Ccy="PHP"`, ""), FaultMissing},
		"foreign attribute":    {swap("<GrpHdr>", `<GrpHdr x="y">`), FaultNamespace},
		"UETR of version 1":    {swap(UETR("T42"), "00000000-0000-1000-8000-000000000000"), FaultCode},
		"no message id":        {swap("<MsgId>T42</MsgId>", ""), FaultMissing},
		"charge bearer":        {swap("SLEV", "ABCD"), FaultCode},
		"bad moment":           {swap("2026-03-02T", "yesterday"), FaultSyntax},
		"ten megabytes of <a>": {strings.Repeat("<a/>", 10<<20/4), FaultOversized},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseCreditTransfer([]byte(c.text))
			requireFault(t, err, c.fault)
		})
	}
}

func TestReaderTakesHarmlessVariants(t *testing.T) {
	want := sampleTransfer()
	data, err := want.Marshal()
	require.NoError(t, err)
	good := string(data)
	for name, text := range map[string]string{
		"byte order mark":    "\ufeff" + good,
		"comments":           strings.Replace(good, "<GrpHdr>", "<!-- 1 --><GrpHdr>", 1) + "\n<!-- end -->\n",
		"comment in amount":  strings.Replace(good, "21000000.00", "2100<!-- -->0000.00", 1),
		"spaces in amount":   strings.Replace(good, "21000000.00", "\n 21000000.00 ", 1),
		"CDATA in amount":    strings.Replace(good, "21000000.00", "<![CDATA[21000000.00]]>", 1),
		"fewer decimals":     strings.Replace(good, "21000000.00", "21000000", 1),
		"more zero decimals": strings.Replace(good, "21000000.00", "21000000.00000", 1),
		"schema location":    strings.Replace(good, "<Document ", `<Document xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" `, 1),
		"sums that tie":      strings.Replace(good, "</NbOfTxs>", `</NbOfTxs><CtrlSum>021000000.0</CtrlSum><TtlIntrBkSttlmAmt Ccy="PHP">21000000</TtlIntrBkSttlmAmt>`, 1),
		"other count":        strings.Replace(good, "<NbOfTxs>1<", "<NbOfTxs>001<", 1),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseCreditTransfer([]byte(text))
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestReportOnTheWholeMessage(t *testing.T) {
	text := `<Document xmlns="` + namespace(MessageStatusReport) + `"><FIToFIPmtStsRpt><GrpHdr><MsgId>R</MsgId><CreDtTm>2026-03-02T04:05:06</CreDtTm></GrpHdr>` +
		`<OrgnlGrpInfAndSts><OrgnlMsgId>T42</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId><GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Prtry>E7</Prtry></Rsn><AddtlInf> bad</AddtlInf></StsRsnInf></OrgnlGrpInfAndSts></FIToFIPmtStsRpt></Document>`
	validate(t, MessageStatusReport, []byte(text))
	r, err := ParseStatusReport([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, StatusReport{
		MsgID: "R", Created: created.Truncate(time.Second), OriginalMsgID: "T42", OriginalMessage: MessageCreditTransfer, Status: Rejected, Info: "E7 bad",
	}, r)
}

func TestUETR(t *testing.T) {
	assert.Equal(t, "f29f437f-defb-4a2e-b3e6-909911316af7", UETR("T42"), "payments on their way have it already")
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		assert.Regexp(t, uetrText, UETR(a))
		assert.Equal(t, a == b, UETR(a) == UETR(b))
	})
}

func TestReasons(t *testing.T) {
	assert.True(t, KnownReason("AB05"))
	assert.False(t, KnownReason("XX99"))
	for code, text := range reasons {
		assert.Regexp(t, codeText, code)
		assert.NotEmpty(t, text)
	}
}

// document finds the bare Document in a sample that wraps it.
var document = regexp.MustCompile(`(?s)<Document[\s>].*</Document>`)

// TestPublicSamples reads the public messages beside the checkout: the ones that the official schema
// accepts must be read or refused for a reason that this package names on purpose.
func TestPublicSamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "iso20022", "pacs.00[28].001.*.xml"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("NOT CHECKED: no public samples beside the checkout")
	}
	readable := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		body := document.Find(data)
		switch {
		case body == nil:
			continue
		case strings.Contains(file, MessageCreditTransfer):
			_, err = ParseCreditTransfer(body)
		case strings.Contains(file, MessageStatusReport):
			_, err = ParseStatusReport(body)
		default:
			continue
		}
		var format *FormatError
		switch {
		case err == nil:
			readable++
		case errors.As(err, &format):
			t.Logf("%s: %v", filepath.Base(file), err)
		default:
			t.Errorf("%s: untyped error %v", file, err)
		}
	}
	t.Logf("%d readable", readable)
	assert.Greater(t, readable, 15)
}

func FuzzParseCreditTransfer(f *testing.F) {
	data, err := sampleTransfer().Marshal()
	require.NoError(f, err)
	seed(f, data)
	f.Fuzz(func(t *testing.T, data []byte) {
		transfer, err := ParseCreditTransfer(data)
		if err != nil {
			requireTyped(t, err)
			return
		}
		assert.Positive(t, transfer.Amount.Minor)
		again, err := transfer.Marshal() // may refuse what others may write; what it writes must read the same
		if err != nil {
			return
		}
		back, err := ParseCreditTransfer(again)
		require.NoError(t, err, string(again))
		assert.Equal(t, transfer.Amount, back.Amount)
		assert.Equal(t, transfer.ID, back.ID)
		assert.Equal(t, transfer.CreditorAccount.ID, back.CreditorAccount.ID)
	})
}

func FuzzParseStatusReport(f *testing.F) {
	data, err := sampleReport().Marshal()
	require.NoError(f, err)
	seed(f, data)
	f.Fuzz(func(t *testing.T, data []byte) {
		report, err := ParseStatusReport(data)
		if err != nil {
			requireTyped(t, err)
			return
		}
		assert.NotEmpty(t, report.Status)
	})
}

func FuzzParseStatusRequest(f *testing.F) {
	data, err := sampleRequest().Marshal()
	require.NoError(f, err)
	seed(f, data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := ParseStatusRequest(data); err != nil {
			requireTyped(t, err)
		}
	})
}

func seed(f *testing.F, data []byte) {
	f.Helper()
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte(`<!DOCTYPE a><Document/>`))
	f.Add([]byte(strings.Replace(string(data), ".00<", "e5<", 1)))
	f.Add([]byte(`<Document xmlns="` + namespace(MessageStatusReport) + `"><FIToFIPmtStsRpt/></Document>`))
}

func requireTyped(t *testing.T, err error) {
	t.Helper()
	var format *FormatError
	require.ErrorAs(t, err, &format)
	assert.Less(t, len(err.Error()), 300)
}

func BenchmarkMarshal(b *testing.B) {
	transfer := sampleTransfer()
	for b.Loop() {
		_, _ = transfer.Marshal()
	}
}

func BenchmarkParse(b *testing.B) {
	data, err := sampleTransfer().Marshal()
	require.NoError(b, err)
	for b.Loop() {
		_, _ = ParseCreditTransfer(data)
	}
}

func BenchmarkParseReport(b *testing.B) {
	data, err := sampleReport().Marshal()
	require.NoError(b, err)
	for b.Loop() {
		_, _ = ParseStatusReport(data)
	}
}
