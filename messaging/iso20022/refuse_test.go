package iso20022

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

func TestWriterRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*CreditTransfer)
		fault Fault
	}{
		"zero amount":         {func(c *CreditTransfer) { c.Amount.Minor = 0 }, FaultAmount},
		"negative amount":     {func(c *CreditTransfer) { c.Amount.Minor = -1 }, FaultAmount},
		"sixteen digits":      {func(c *CreditTransfer) { c.Amount.Minor = maxAmountMinor + 1 }, FaultAmount},
		"community unit":      {func(c *CreditTransfer) { c.Amount.Currency = fx.MustCurrency("hours.chama-nairobi.2") }, FaultAmount},
		"long account":        {func(c *CreditTransfer) { c.CreditorAccount.ID = strings.Repeat("9", 35) }, FaultText},
		"no name":             {func(c *CreditTransfer) { c.Creditor.Name = "" }, FaultMissing},
		"control character":   {func(c *CreditTransfer) { c.Creditor.Name = "a\x00b" }, FaultText},
		"invalid UTF-8":       {func(c *CreditTransfer) { c.Creditor.Name = "a\xffb" }, FaultEncoding},
		"bad BIC":             {func(c *CreditTransfer) { c.CreditorAgent.BIC = "gxch" }, FaultCode},
		"agent without id":    {func(c *CreditTransfer) { c.DebtorAgent = Agent{} }, FaultMissing},
		"UETR of version 1":   {func(c *CreditTransfer) { c.ID.UETR = "00000000-0000-1000-8000-000000000000" }, FaultCode},
		"long purpose":        {func(c *CreditTransfer) { c.Purpose = "FAMILY" }, FaultCode},
		"no charge bearer":    {func(c *CreditTransfer) { c.ChargeBearer = "" }, FaultMissing},
		"no moment":           {func(c *CreditTransfer) { c.Created = time.Time{} }, FaultMissing},
		"long address":        {func(c *CreditTransfer) { c.Debtor.Address = strings.Repeat("x", 491) }, FaultText},
		"long message id":     {func(c *CreditTransfer) { c.MsgID = strings.Repeat("x", 36) }, FaultText},
		"long remittance":     {func(c *CreditTransfer) { c.Remittance = strings.Repeat("x", 141) }, FaultText},
		"no end-to-end id":    {func(c *CreditTransfer) { c.ID.EndToEndID = "" }, FaultMissing},
		"a wrong IBAN":        {func(c *CreditTransfer) { c.CreditorAccount = Account{ID: "DE88370400440532013000", Scheme: "IBAN"} }, FaultCode},
		"a wrong LEI":         {func(c *CreditTransfer) { c.UltimateDebtor.LEI = "5493001KJTIIGC8Y1R13" }, FaultCode},
		"a born company":      {func(c *CreditTransfer) { c.Debtor.LEI = "5493001KJTIIGC8Y1R12" }, FaultCode},
		"half a birth":        {func(c *CreditTransfer) { c.Debtor.Birth.Country = "" }, FaultMissing},
		"settled in a year":   {func(c *CreditTransfer) { c.Settlement = "2027-03-04" }, FaultCode},
		"settled on no day":   {func(c *CreditTransfer) { c.Settlement = "tomorrow" }, FaultCode},
		"no creditor's agent": {func(c *CreditTransfer) { c.CreditorAgent = Agent{} }, FaultMissing},
	} {
		t.Run(name, func(t *testing.T) {
			transfer := sampleTransfer()
			c.spoil(&transfer)
			_, err := transfer.Marshal()
			requireFault(t, err, c.fault)
		})
	}
}

func TestReaderRefuses(t *testing.T) {
	data, err := sampleTransfer().Marshal()
	require.NoError(t, err)
	good := string(data)
	request, err := sampleRequest().Marshal()
	require.NoError(t, err)
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
		"noise":                {"\x1f\x8b\x08\x00", FaultText},
		"JSON":                 {`{"Document":{}}`, FaultSyntax},
		"invalid UTF-8":        {swap("Maria", "Mar\xffia"), FaultEncoding},
		"ISO-8859-1":           {swap("UTF-8", "ISO-8859-1"), FaultEncoding},
		"DOCTYPE":              {swap("<Document", `<!DOCTYPE x [<!ENTITY a "b">]><Document`), FaultDoctype},
		"inner instruction":    {swap("<GrpHdr>", `<?php x ?><GrpHdr>`), FaultDoctype},
		"unknown entity":       {swap("Maria", "&a;"), FaultSyntax},
		"truncated":            {good[:len(good)-20], FaultSyntax},
		"crossed tags":         {swap("</GrpHdr>", "</Nm>"), FaultSyntax},
		"second root":          {good + `<Document xmlns="` + "urn:iso:std:iso:20022:tech:xsd:" + MessageCreditTransfer + `"/>`, FaultRoot},
		"text after the root":  {good + "x", FaultSyntax},
		"another root":         {strings.TrimSpace(strings.ReplaceAll(good, "Document", "Dokument")), FaultSyntax},
		"another message":      {string(request), FaultNamespace},
		"no namespace":         {swap(` xmlns="`+"urn:iso:std:iso:20022:tech:xsd:"+MessageCreditTransfer+`"`, ""), FaultNamespace},
		"prefix":               {swap("<GrpHdr>", `<x:GrpHdr xmlns:x="y">`), FaultNamespace},
		"inner namespace":      {swap("<GrpHdr>", `<GrpHdr xmlns="y">`), FaultNamespace},
		"deep":                 {strings.Repeat("<a>", 5) + good, FaultRoot},
		"two amounts":          {swap(amount, amount+amount), FaultRepeated},
		"two creditors":        {swap("</Cdtr>", "</Cdtr><Cdtr><Nm>Eve</Nm></Cdtr>"), FaultRepeated},
		"two payments":         {swap(payment, payment+payment), FaultCount},
		"no payment":           {swap(payment, ""), FaultMissing},
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
		"element in amount":    {withAmount("1<x/>2"), FaultElement},
		"unknown currency":     {swap(`Ccy="PHP"`, `Ccy="ABC"`), FaultAmount},
		"amount without":       {swap(` Ccy="PHP">21`, ">21"), FaultAttribute},
		"foreign attribute":    {swap("<GrpHdr>", `<GrpHdr x="y">`), FaultAttribute},
		"UETR of version 1":    {swap(UETR("T42"), "00000000-0000-1000-8000-000000000000"), FaultCode},
		"no message id":        {swap("<MsgId>T42</MsgId>", ""), FaultMissing},
		"charge bearer":        {swap("SLEV", "ABCD"), FaultCode},
		"bad moment":           {swap("2026-03-02T", "yesterday"), FaultCode},
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
			assert.Equal(t, want, sourceless(got))
			assert.Equal(t, text, string(got.Source.Raw))
		})
	}
}

func TestReportOnTheWholeMessage(t *testing.T) {
	text := `<Document xmlns="` + "urn:iso:std:iso:20022:tech:xsd:" + MessageStatusReport + `"><FIToFIPmtStsRpt><GrpHdr><MsgId>R</MsgId><CreDtTm>2026-03-02T04:05:06</CreDtTm></GrpHdr>` +
		`<OrgnlGrpInfAndSts><OrgnlMsgId>T42</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId><GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Prtry>E7</Prtry></Rsn><AddtlInf> bad</AddtlInf></StsRsnInf></OrgnlGrpInfAndSts></FIToFIPmtStsRpt></Document>`
	validate(t, MessageStatusReport, []byte(text))
	r, err := ParseStatusReport([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, StatusReport{
		MsgID: "R", Created: created.Truncate(time.Second), OriginalMsgID: "T42", OriginalMessage: MessageCreditTransfer, Status: Rejected, Info: "E7 bad",
	}, sourceless(r))
}
