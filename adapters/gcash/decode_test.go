package gcash

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
)

// TestReadings holds what is made of each payload of ours, and whether it counts: all that do are named here.
func TestReadings(t *testing.T) {
	counting := map[string]bool{
		"notifyPayment-paid.json": true, "inquiryPayment-paid.json": true, "pay-paid.json": true,
		"refund-done.json": true, "refund-refused.json": true, "inquiryRefund-done.json": true, "inquiryRefund-failed.json": true,
		"pacs.002-settled.xml": true, "pacs.002-settled-without-amount.xml": true, "pacs.002-closed-account.xml": true,
	}
	files, err := filepath.Glob(filepath.Join("testdata", "payloads", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(file)
			require.NoError(t, err)
			kind, _, _ := strings.Cut(name, "-")
			if kind == "other" {
				kind = ""
			}
			reading := Decode(adapters.Payload{Kind: kind, Body: body})
			raw, err := json.Marshal(reading, json.Deterministic(true), jsontext.WithIndent("  "))
			require.NoError(t, err)
			golden(t, filepath.Join("readings", strings.TrimSuffix(name, filepath.Ext(name))+".json"), append(raw, '\n'))
			assert.Equal(t, counting[name], reading.Counts())

			told := Decode(adapters.Payload{Body: body})
			switch name {
			case "refund-refused.json", "refund-unlisted-code.json":
				assert.Equal(t, kindInquiryRefund, told.Kind)
				assert.Equal(t, adapters.Unknown, told.State, "of two readings, the one that decides nothing")
			case "notifyPayment-two-cases.json":
				assert.Empty(t, told.Kind)
				assert.Equal(t, reading.Refused, told.Refused)
			default:
				assert.Equal(t, reading, told, "the content tells the kind")
			}
			trusted := Decode(adapters.Payload{Body: body, Trust: &x509.Certificate{}})
			assert.False(t, trusted.Counts(), "who wants a signature finds none in the body")
			delete(counting, name)
		})
	}
	assert.Empty(t, counting, "payloads that are not there")
}

func TestDecodeAsAnotherKind(t *testing.T) {
	body, err := os.ReadFile(filepath.Join("testdata", "payloads", "notifyPayment-paid.json"))
	require.NoError(t, err)
	for _, kind := range append(kinds(), "pain.001") {
		if kind == kindNotify {
			continue
		}
		reading := Decode(adapters.Payload{Kind: kind, Body: body})
		assert.Equal(t, kind, reading.Kind)
		assert.False(t, reading.Counts(), kind)
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "payloads", "*"))
	require.NoError(f, err)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add("", body)
	}
	f.Add("qrph", []byte("000201"))
	f.Add("refund", []byte(`{"result":{}}`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r := Decode(adapters.Payload{Kind: kind, Body: body})
		if r.Counts() && r.State == adapters.Settled {
			assert.NotEmpty(t, r.IDs)
			assert.True(t, r.Amount != nil || r.Confirm != "", "money of which nobody says how much is asked about")
		}
	})
}
