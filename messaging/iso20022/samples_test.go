package iso20022

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// refusedSamples are the public messages that their schema allows and this package refuses, and why.
var refusedSamples = map[string]Fault{
	// XAU is no currency that anybody settles in here.
	"pacs.004.001.09__phoughton__pacs_004_2025_invalid.xml":                                                         FaultAmount,
	"pacs.008.001.08__phoughton__CBPR+_p.8.1.1.a_pacs.008_AtoB__violates_pacs.008-R41_commodity_currency_XAU.xml":   FaultAmount,
	"pacs.008.001.08__phoughton__CBPR+_p.8.1.1.a_pacs.008_CtoD_1__violates_pacs.008-R41_commodity_currency_XAU.xml": FaultAmount,
	"pacs.008.001.08__phoughton__CBPR2025.PACS008-MinMax-0023__violates_pacs.008-R41_commodity_currency_XAU.xml":    FaultAmount,
	"pacs.008.001.08__phoughton__cbprplus_pacs008_2025__violates_pacs.008-R41_commodity_currency_XAU.xml":           FaultAmount,
	"pacs.008.001.08__phoughton__cbprplus_pacs008_2026__violates_pacs.008-R31_commodity_currency_XAU.xml":           FaultAmount,
	"pacs.008.001.08__phoughton__pacs008_credit_transfer_sample__violates_pacs.008-R31_commodity_currency_XAU.xml":  FaultAmount,
	"pacs.008.001.08__phoughton__pacs008_credit_transfer_sample__violates_pacs.008-R41_commodity_currency_XAU.xml":  FaultAmount,
	// IBANs with other check digits.
	"pacs.008.001.08__phoughton__cbprplus_pacs008_sample_dodgy_IBAN_and_bic_mismatch.xml": FaultCode,
	"pain.001.001.03__moov-io__International_payment_RUB_naujas_1.xml":                    FaultCode,
	"pain.001.001.03__moov-io__International_payment_USD_naujas_1.xml":                    FaultCode,
	"pain.001.001.03__svapnil__sepa_pain_001_v3.xml":                                      FaultCode,
	// A header that announces another message.
	"pacs.002.001.10__phoughton__pacs_002_2026_invalid.xml": FaultNamespace,
	// Agents of no name, cheques, and amounts that the bank is to convert.
	"pacs.008.001.08__phoughton__pacs.008.min.xml":                                                    FaultMissing,
	"pain.001.001.09__phoughton__pain.001.min-6e73a5.xml":                                             FaultCode,
	"pain.001.001.09__phoughton__pain.001.min.xml":                                                    FaultCode,
	"pain.001.001.09__phoughton__pain001_credit_initiation_sample.xml":                                FaultMissing,
	"pain.001.001.09__phoughton__pain001_credit_initiation_sample__violates_pain.001-R8_existing.xml": FaultMissing,
}

// TestPublicSamples reads the public messages beside the checkout that their schemas allow: each is read, or refused
// for the reason listed. Of what is read, nothing is lost, and what is written of it is what the schema allows.
func TestPublicSamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "iso20022", "*.xml"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("NOT CHECKED: no public samples beside the checkout")
	}
	readable, refused, written := map[string]int{}, map[string]Fault{}, map[string][][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		doc, err := schema.Parse(data, MaxGroupBytes)
		if err != nil {
			continue
		}
		for _, k := range kinds() {
			if k.family != Family(doc.Message) || k.file == "pacs.002.group.xml" {
				continue
			}
			read, err := k.parse(data)
			if err != nil {
				t.Logf("%s: %v", filepath.Base(file), err)
				var format *FormatError
				require.ErrorAs(t, err, &format)
				refused[filepath.Base(file)] = format.Fault
				continue
			}
			readable[k.family]++
			again, err := read.MarshalIn(Dialect{k.family: doc.Message})
			if err != nil { // what others may write without a name or an id, we may not
				requireBounded(t, err)
				continue
			}
			written[doc.Message] = append(written[doc.Message], again)
		}
	}
	t.Log(readable)
	assert.Equal(t, refusedSamples, refused)
	for message, documents := range written {
		t.Log(message, len(documents), "written again")
		validate(t, message, documents...)
	}
	assert.GreaterOrEqual(t, len(readable), 8)
}
