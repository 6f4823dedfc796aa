package bank

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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

func aReturn() PaymentReturn {
	return PaymentReturn{
		MsgID: "T42R", Created: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), ID: "T42R",
		Original:       iso20022.PaymentID{InstrID: "S1", EndToEndID: "S1", TxID: "S1", UETR: iso20022.UETR("S1")},
		OriginalAmount: fx.Money{Minor: 12_345, Currency: fx.MustCurrency("EUR")}, Amount: fx.Money{Minor: 12_345, Currency: fx.MustCurrency("EUR")},
		InstructingAgent: iso20022.Agent{Other: "ayni"}, InstructedAgent: iso20022.Agent{BIC: "AYNIXXBKXXX"},
		Reason: "AC04", Info: "the account is <closed>",
	}
}

func TestGoldenReturn(t *testing.T) {
	text, err := aReturn().Marshal()
	require.NoError(t, err)
	golden(t, "pacs.004.xml", text)
	read, err := ParsePaymentReturn(text)
	require.NoError(t, err)
	assert.Equal(t, aReturn(), read)
	validate(t, text)
}

// validate holds a message against the official schema beside the checkout, with xmllint.
func validate(t *testing.T, text []byte) {
	t.Helper()
	xsd := filepath.Join("..", "..", "..", "shared", "xsd", MessagePaymentReturn+".xsd")
	if _, err := os.Stat(xsd); err != nil {
		t.Skipf("NOT VALIDATED: the ISO 20022 schema is not at %s", xsd)
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("NOT VALIDATED: xmllint (package libxml2-utils) is not installed")
	}
	file := filepath.Join(t.TempDir(), "return.xml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	out, err := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", xsd, file).CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestReturnsAreReadAsTheyWereWritten(t *testing.T) {
	id := rapid.StringMatching(`[A-Za-z0-9]{1,35}`)
	rapid.Check(t, func(t *rapid.T) {
		p := aReturn()
		p.MsgID, p.ID = id.Draw(t, "MsgID"), id.Draw(t, "ID")
		p.Original.UETR = iso20022.UETR(p.ID)
		p.Amount = fx.Money{
			Minor:    rapid.Int64Range(1, 999_999_999_999).Draw(t, "minor"),
			Currency: fx.MustCurrency(rapid.SampledFrom([]string{"EUR", "JPY", "KWD", "UGX"}).Draw(t, "currency")),
		}
		p.OriginalAmount = rapid.SampledFrom([]fx.Money{{}, p.Amount}).Draw(t, "original")
		p.Info = rapid.StringMatching(`[ -~]{0,105}`).Draw(t, "info")
		text, err := p.Marshal()
		require.NoError(t, err)
		read, err := ParsePaymentReturn(text)
		require.NoError(t, err)
		assert.Equal(t, p, read)
	})
}

func TestReturnsThatAreRefused(t *testing.T) {
	text, err := aReturn().Marshal()
	require.NoError(t, err)
	good := string(text)
	for name, c := range map[string]struct {
		old, by string
		fault   iso20022.Fault
	}{
		"another version":        {"pacs.004.001.09", "pacs.004.001.14", iso20022.FaultSyntax},
		"no namespace":           {` xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.004.001.09"`, "", iso20022.FaultSyntax},
		"a prefix":               {"<PmtRtr>", "<p:PmtRtr>", iso20022.FaultNamespace},
		"a namespace inside":     {"<PmtRtr>", `<PmtRtr xmlns="urn:else">`, iso20022.FaultNamespace},
		"a doctype":              {"<Document", "<!DOCTYPE Document [<!ENTITY a \"b\">]><Document", iso20022.FaultDoctype},
		"a style sheet":          {"<Document", "<?xml-stylesheet href=\"x\"?><Document", iso20022.FaultDoctype},
		"something behind":       {"</Document>", "</Document><Document/>", iso20022.FaultRoot},
		"text behind":            {"</Document>", "</Document>paid", iso20022.FaultRoot},
		"an end too few":         {"</Document>", "", iso20022.FaultSyntax},
		"an end of another":      {"</Document>", "</Documents>", iso20022.FaultSyntax},
		"amount twice":           {"<RtrdIntrBkSttlmAmt", `<RtrdIntrBkSttlmAmt Ccy="EUR">1</RtrdIntrBkSttlmAmt><RtrdIntrBkSttlmAmt`, iso20022.FaultRepeated},
		"UETR twice":             {"<OrgnlUETR>", "<OrgnlUETR>x</OrgnlUETR><OrgnlUETR>", iso20022.FaultRepeated},
		"two payments":           {"</TxInf>", "</TxInf><TxInf></TxInf>", iso20022.FaultCount},
		"a count of two":         {"<NbOfTxs>1", "<NbOfTxs>2", iso20022.FaultCount},
		"no amount":              {`<RtrdIntrBkSttlmAmt Ccy="EUR">123.45</RtrdIntrBkSttlmAmt>`, "", iso20022.FaultMissing},
		"amount of an exponent":  {`<RtrdIntrBkSttlmAmt Ccy="EUR">123.45`, `<RtrdIntrBkSttlmAmt Ccy="EUR">1e2`, iso20022.FaultAmount},
		"negative amount":        {`<RtrdIntrBkSttlmAmt Ccy="EUR">123.45`, `<RtrdIntrBkSttlmAmt Ccy="EUR">-1`, iso20022.FaultAmount},
		"amount of nothing":      {`<RtrdIntrBkSttlmAmt Ccy="EUR">123.45`, `<RtrdIntrBkSttlmAmt Ccy="EUR">0.00`, iso20022.FaultAmount},
		"three decimals":         {`<RtrdIntrBkSttlmAmt Ccy="EUR">123.45`, `<RtrdIntrBkSttlmAmt Ccy="EUR">123.451`, iso20022.FaultAmount},
		"original in gold":       {`<OrgnlIntrBkSttlmAmt Ccy="EUR">`, `<OrgnlIntrBkSttlmAmt Ccy="gold">`, iso20022.FaultAmount},
		"an unknown attribute":   {`<RtrdIntrBkSttlmAmt Ccy=`, `<RtrdIntrBkSttlmAmt ccy="USD" Ccy=`, iso20022.FaultNamespace},
		"no UETR":                {"<OrgnlUETR>", "<OrgnlUETR>0", iso20022.FaultCode},
		"a time without a zone":  {"12:00:00.000Z", "12:00:00.000", iso20022.FaultCode},
		"a long MsgId":           {"<MsgId>", "<MsgId>" + strings.Repeat("x", 35), iso20022.FaultText},
		"an overlong document":   {"<PmtRtr>", strings.Repeat(" ", iso20022.MaxMessageBytes) + "<PmtRtr>", iso20022.FaultOversized},
		"not UTF-8":              {"closed", "cl\xffosed", iso20022.FaultEncoding},
		"deeper than any":        {"<PmtRtr>", "<PmtRtr>" + strings.Repeat("<a>", maxDepth), iso20022.FaultDepth},
		"a reason of five signs": {"<Cd>AC04", "<Cd>AC045", iso20022.FaultCode},
	} {
		t.Run(name, func(t *testing.T) {
			spoilt := strings.Replace(good, c.old, c.by, 1)
			require.NotEqual(t, good, spoilt)
			_, err := ParsePaymentReturn([]byte(spoilt))
			var format *iso20022.FormatError
			require.ErrorAs(t, err, &format)
			assert.Equal(t, c.fault, format.Fault, format.Detail)
		})
	}
}

func FuzzParsePaymentReturn(f *testing.F) {
	text, err := aReturn().Marshal()
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte("<Document/>"))
	f.Add([]byte(`<?xml version="1.0"?><!DOCTYPE a>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePaymentReturn(data)
		if err != nil {
			var format *iso20022.FormatError
			require.ErrorAs(t, err, &format)
			return
		}
		assert.Positive(t, p.Amount.Minor)
		assert.Regexp(t, uetrForm, p.Original.UETR)
	})
}
