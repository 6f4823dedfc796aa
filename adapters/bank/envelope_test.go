package bank

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// bare is a return without the declaration in front.
func bare(tb testing.TB) string {
	tb.Helper()
	text, err := aReturn().Marshal()
	require.NoError(tb, err)
	_, document, found := strings.Cut(string(text), "\n")
	require.True(tb, found)
	return document
}

// prefixed has a prefix on every name.
func prefixed(document string) string {
	named := regexp.MustCompile(`<(/?)([A-Z])`).ReplaceAllString(document, "<${1}p:$2")
	return strings.Replace(named, "xmlns=", "xmlns:p=", 1)
}

const header = `<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><MsgDefIdr>pacs.004.001.09</MsgDefIdr></AppHdr>`

func TestUnwrap(t *testing.T) {
	document := bare(t)
	for name, wrapped := range map[string]string{
		"bare":                  document,
		"declared":              `<?xml version="1.0"?>` + document,
		"with a prefix":         prefixed(document),
		"in an envelope":        `<Envelope>` + header + document + `</Envelope>`,
		"prefix and envelope":   `<e:Envelope xmlns:e="urn:e">` + header + prefixed(document) + `</e:Envelope>`,
		"prefix declared above": strings.Replace(`<Envelope xmlns:p="urn:iso:std:iso:20022:tech:xsd:pacs.004.001.09">`+prefixed(document)+`</Envelope>`, `<p:Document xmlns:p="urn:iso:std:iso:20022:tech:xsd:pacs.004.001.09">`, `<p:Document>`, 1),
		"commented":             strings.Replace(document, "<PmtRtr>", "<!-- a return --><PmtRtr>", 1),
		"where the schema is":   strings.Replace(document, "<Document ", `<Document xmlns:xsi="urn:x" xsi:schemaLocation="a b" `, 1),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := unwrap([]byte(wrapped))
			require.NoError(t, err)
			assert.Equal(t, document, string(got))
			read, err := ParsePaymentReturn(got)
			require.NoError(t, err)
			assert.Equal(t, aReturn(), read)
		})
	}
	for name, c := range map[string]struct {
		text  string
		fault iso20022.Fault
	}{
		"nothing":                   {"", iso20022.FaultRoot},
		"an empty envelope":         {"<Envelope/>", iso20022.FaultRoot},
		"two documents":             {"<Envelope>" + document + document + "</Envelope>", iso20022.FaultRoot},
		"a document of nobody's":    {strings.Replace(document, "urn:iso:std:iso:20022:tech:xsd:", "urn:else:", 1), iso20022.FaultRoot},
		"another message announced": {"<Envelope>" + strings.Replace(header, "pacs.004", "pacs.008", 1) + document + "</Envelope>", iso20022.FaultMismatch},
		"something else inside":     {strings.Replace(document, "<TxInf>", `<TxInf xmlns="urn:else">`, 1), iso20022.FaultNamespace},
		"a prefix of nothing":       {strings.Replace(document, "<TxInf>", "<q:TxInf>", 1), iso20022.FaultNamespace},
		"another attribute":         {strings.Replace(document, "<TxInf>", `<TxInf paid="yes">`, 1), iso20022.FaultNamespace},
		"crossed ends":              {strings.Replace(document, "</PmtRtr></Document>", "</Document></PmtRtr>", 1), iso20022.FaultSyntax},
		"a doctype":                 {"<!DOCTYPE a>" + document, iso20022.FaultDoctype},
		"text behind":               {document + "paid", iso20022.FaultRoot},
		"deep":                      {strings.Repeat("<a>", maxDepth+1), iso20022.FaultDepth},
		"long":                      {strings.Repeat(" ", maxEnvelopeBytes+1), iso20022.FaultOversized},
		"not UTF-8":                 {"\xff", iso20022.FaultEncoding},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := unwrap([]byte(c.text))
			var format *iso20022.FormatError
			require.ErrorAs(t, err, &format)
			assert.Equal(t, c.fault, format.Fault, format.Detail)
		})
	}
}

func FuzzUnwrap(f *testing.F) {
	f.Add([]byte(bare(f)))
	f.Add([]byte(prefixed(bare(f))))
	f.Add([]byte("<Envelope>" + header + bare(f) + "</Envelope>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		document, err := unwrap(data)
		if err != nil {
			return
		}
		again, err := unwrap(document)
		if len(document) > maxEnvelopeBytes { // what was escaped grew
			return
		}
		require.NoError(t, err)
		assert.Equal(t, string(document), string(again))
	})
}

// TestPublicSamples reads the public messages, and refuses what their index or their names say is no money.
func TestPublicSamples(t *testing.T) {
	samples := filepath.Join("..", "..", "..", "shared", "samples", "iso20022")
	if _, err := os.Stat(samples); err != nil {
		t.Skipf("NOT READ: there are no public samples at %s", samples)
	}
	read := map[string]int{}
	for _, kind := range []string{"pacs.008.001.08", "pacs.002.001.10", "pacs.004.001.09"} {
		files, err := filepath.Glob(filepath.Join(samples, kind+"__*.xml"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			r := Decode(adapters.Payload{Body: data})
			if strings.Contains(file, "XAU") && r.Amount != nil {
				assert.NotEqual(t, "XAU", r.Amount.Currency)
			}
			if r.About != "" {
				assert.Equal(t, kind[:len(kindReport)], r.Kind)
				read[kind]++
			}
		}
	}
	// Read are all that the index calls valid, in a currency that is money, and a few that it does not: this reader does
	// not look at the order of elements. Their amounts and ends were looked at one by one.
	assert.Equal(t, map[string]int{"pacs.008.001.08": 22, "pacs.002.001.10": 10, "pacs.004.001.09": 13}, read)

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
