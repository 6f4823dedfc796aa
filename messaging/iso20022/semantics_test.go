package iso20022

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

// TestWhatNoSchemaSays spoils what every schema allows.
func TestWhatNoSchemaSays(t *testing.T) {
	parsers := map[string]func([]byte) (noun, error){}
	samples := map[string]noun{}
	for _, k := range kinds() {
		parsers[k.file], samples[k.file] = k.parse, k.sample
	}
	for name, c := range map[string]struct {
		file, old, by string
		fault         Fault
		reason        string
	}{
		"unknown currency":        {"pacs.008.xml", `Ccy="PHP"`, `Ccy="ABC"`, FaultAmount, "AM12"},
		"too many decimals":       {"pacs.008.xml", "21000000.00", "21000000.001", FaultAmount, "AM12"},
		"sixteen digits":          {"pacs.008.xml", "21000000.00", "99999999999999.99", FaultAmount, "AM12"},
		"nothing instructed":      {"pacs.008.xml", ">47250000.00<", ">0<", FaultAmount, "AM12"},
		"settled next year":       {"pacs.008.xml", "2026-03-03", "2027-12-31", FaultCode, "FF01"},
		"made in year 10000":      {"pacs.008.xml", "2026-03-02T04:05:06.789Z", "9999-12-31T23:59:59-14:00", FaultCode, "FF01"},
		"made before year 1":      {"pacs.008.xml", "2026-03-02T04:05:06.789Z", "0001-01-01T00:00:00+14:00", FaultCode, "FF01"},
		"ordered for year 10000":  {"pain.001.xml", "<Dt>2026-03-03</Dt>", "<DtTm>9999-12-31T23:59:59-14:00</DtTm>", FaultCode, "FF01"},
		"settled long ago":        {"pacs.008.xml", "2026-03-03", "1970-01-01", FaultCode, "FF01"},
		"LEI with wrong digits":   {"pacs.008.xml", "5493001KJTIIGC8Y1R12", "5493001KJTIIGC8Y1R21", FaultCode, "FF01"},
		"IBAN with wrong digits":  {"pacs.008.xml", "<Othr><Id>254700000001</Id><SchmeNm><Prtry>MSISDN</Prtry></SchmeNm></Othr>", "<IBAN>GB82WEST12345698765433</IBAN>", FaultCode, "FF01"},
		"agent of an address":     {"pacs.008.xml", "<BICFI>GXCHPHM2XXX</BICFI>", "<PstlAdr><Ctry>PH</Ctry></PstlAdr>", FaultMissing, "FF01"},
		"count of three":          {"pacs.008.xml", "<NbOfTxs>1<", "<NbOfTxs>3<", FaultMismatch, "AM18"},
		"returned nothing":        {"pacs.004.xml", `<RtrdIntrBkSttlmAmt Ccy="EUR">123.45`, `<RtrdIntrBkSttlmAmt Ccy="EUR">0.00`, FaultAmount, "AM12"},
		"return without UETR":     {"pacs.004.xml", "<OrgnlUETR>" + UETR("T42") + "</OrgnlUETR>", "", FaultMissing, "FF01"},
		"returns of another sum":  {"pacs.004.xml", "</NbOfTxs>", "</NbOfTxs><CtrlSum>123.46</CtrlSum>", FaultMismatch, "AM10"},
		"returns of another":      {"pacs.004.xml", "</NbOfTxs>", `</NbOfTxs><TtlRtrdIntrBkSttlmAmt Ccy="USD">123.45</TtlRtrdIntrBkSttlmAmt>`, FaultMismatch, "AM10"},
		"a count of two returns":  {"pacs.004.xml", "<NbOfTxs>1", "<NbOfTxs>2", FaultCount, "AM18"},
		"two returns":             {"pacs.004.xml", "</TxInf>", `</TxInf><TxInf><RtrdIntrBkSttlmAmt Ccy="EUR">1</RtrdIntrBkSttlmAmt></TxInf>`, FaultCount, "AM18"},
		"report of nothing":       {"pacs.002.xml", "<TxSts>RJCT</TxSts>", "", FaultMissing, "FF01"},
		"request about nothing":   {"pacs.028.xml", "<OrgnlTxId>T42</OrgnlTxId><OrgnlUETR>" + UETR("T42") + "</OrgnlUETR>", "", FaultMissing, "FF01"},
		"recall of two":           {"camt.056.xml", "</TxInf>", "</TxInf><TxInf><OrgnlTxId>T43</OrgnlTxId></TxInf>", FaultCount, "AM18"},
		"recall of nothing":       {"camt.056.xml", "<OrgnlTxId>T42</OrgnlTxId><OrgnlUETR>" + UETR("T42") + "</OrgnlUETR>", "", FaultMissing, "FF01"},
		"recall of nothing's sum": {"camt.056.xml", ">123.45<", ">0<", FaultAmount, "AM12"},
		"another investigation":   {"camt.029.xml", "<Conf>RJCR</Conf>", "<Conf>IPAY</Conf>", FaultCode, "FF01"},
		"answer about two":        {"camt.029.xml", "</TxInfAndSts>", "</TxInfAndSts><TxInfAndSts/>", FaultCount, "AM18"},
		"a cheque":                {"pain.001.xml", "<PmtMtd>TRF<", "<PmtMtd>CHK<", FaultCode, "FF01"},
		"converted by the bank":   {"pain.001.xml", `<InstdAmt Ccy="KES">0.07</InstdAmt>`, `<EqvtAmt><Amt Ccy="KES">0.07</Amt><CcyOfTrf>USD</CcyOfTrf></EqvtAmt>`, FaultMissing, "FF01"},
		"a batch that lies":       {"pain.001.xml", "</PmtMtd><NbOfTxs>2<", "</PmtMtd><NbOfTxs>3<", FaultMismatch, "AM19"},
		"an order that lies":      {"pain.001.xml", "<CtrlSum>1500.57<", "<CtrlSum>1500.58<", FaultMismatch, "AM10"},
		"an order given twice":    {"pain.001.xml", "<EndToEndId>002<", "<EndToEndId>001<", FaultDuplicate, "DUPL"},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := samples[c.file].MarshalIn(nil)
			require.NoError(t, err)
			require.Contains(t, string(data), c.old)
			spoilt := strings.Replace(string(data), c.old, c.by, 1)
			_, err = parsers[c.file]([]byte(spoilt))
			requireFault(t, err, c.fault)
			var format *FormatError
			require.ErrorAs(t, err, &format)
			assert.Equal(t, c.reason, format.Reason)
			assert.NotEmpty(t, format.Message)
		})
	}
}

// TestCheckDigits: with one digit changed, an IBAN or LEI is none.
func TestCheckDigits(t *testing.T) {
	for _, good := range []string{"DE89370400440532013000", "GB82WEST12345698765432", "PK36SCBL0000001123456702", "NO9386011117947"} {
		require.True(t, validIBAN(good), good)
	}
	for _, good := range []string{"5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55", "HWUPKR0MPOU8FGXBT394"} {
		require.True(t, validLEI(good), good)
	}
	for _, none := range []string{"", "DE", "de89370400440532013000", "GB82 WEST 1234 5698 7654 32"} {
		assert.False(t, validIBAN(none), none)
		assert.False(t, validLEI(none), none)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := []byte("GB82WEST12345698765432")
		i := rapid.IntRange(len("GB82WEST"), len(text)-1).Draw(t, "i")
		text[i] = rapid.SampledFrom([]byte("0123456789")).Draw(t, "digit")
		assert.Equal(t, string(text) == "GB82WEST12345698765432", validIBAN(string(text)), string(text))
	})
}

func TestAmountsAreWhatTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := (&drawn{T: t}).amount()
		zeros := strings.Repeat("0", 5-want.Currency.MinorUnits())
		text := want.Text()
		if want.Currency.MinorUnits() == 0 {
			text += "."
		}
		got, problem := parseAmount(text+zeros, want.Currency.String())
		require.Empty(t, problem)
		require.Equal(t, want, got)
		_, problem = parseAmount("-"+want.Text(), want.Currency.String())
		require.NotEmpty(t, problem)
	})
	_, problem := parseAmount("1", "hours.chama-nairobi.2")
	assert.NotEmpty(t, problem)
	assert.NotEmpty(t, amountProblem(fx.Money{}))
}

func TestUETR(t *testing.T) {
	assert.Equal(t, "f29f437f-defb-4a2e-b3e6-909911316af7", UETR("T42"), "payments on their way have it already")
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		assert.Regexp(t, `^[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}$`, UETR(a))
		assert.Equal(t, a == b, UETR(a) == UETR(b))
	})
}
