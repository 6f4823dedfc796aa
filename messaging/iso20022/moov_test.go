package iso20022

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/moov-io/iso20022/pkg/pacs_v08"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// TestWhatMoovCannot shows why messages with amounts are not read and written with the types of moov-io/iso20022. When
// one of these fails, they have learned it.
func TestWhatMoovCannot(t *testing.T) {
	type transfers = pacs_v08.FIToFICustomerCreditTransferV08
	transfer := sampleTransfer()
	transfer.CreditorAccount = Account{ID: "DE89370400440532013000", Scheme: "IBAN"}
	data, err := transfer.Marshal()
	require.NoError(t, err)
	offset := strings.Replace(string(data), "04:05:06.789Z", "07:05:06.789+03:00", 1)
	doc, err := schema.Parse([]byte(offset), MaxMessageBytes)
	require.NoError(t, err)
	body, err := decode[transfers](doc)
	require.NoError(t, err)
	written, err := xml.Marshal(body)
	require.NoError(t, err)

	assert.Contains(t, string(written), ">2.1e+07<", "amounts pass through a float64")
	assert.Contains(t, string(written), "<CreDtTm>2026-03-02T07:05:06.789</CreDtTm>", "time zones are dropped")
	assert.Contains(t, string(written), "<IBAN>DE89370400440532013000</IBAN><Othr><Id></Id></Othr>", "both branches of a choice are written")
	_, err = schema.Parse([]byte(`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08">`+string(written)+`</Document>`), MaxMessageBytes)
	require.Error(t, err, "which no schema allows")

	spoilt := strings.Replace(offset, ">21000000.00<", ">-1e3<", 1)
	var d moovDocument[transfers]
	require.NoError(t, xml.Unmarshal([]byte(spoilt), &d), "and it reads what is no amount")
	require.Error(t, body.Validate(), "while it refuses an IBAN without another id")
}
