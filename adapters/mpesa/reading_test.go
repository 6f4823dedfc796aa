package mpesa

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
)

func TestReadings(t *testing.T) {
	for name, c := range map[string]struct {
		kind, body string
		want       adapters.Reading
	}{
		"a refusal before acceptance": {
			kindError, `{"requestId":"1","errorCode":"400.002.02","errorMessage":"Bad Request - Invalid PartyB"}`,
			adapters.Reading{Kind: kindError, About: adapters.AboutPayout, State: adapters.Failed, Code: "400.002.02", Text: "Bad Request - Invalid PartyB", Reason: "FF01", Confirm: "of a first submission; after a doubtful one it is asked about first"},
		},
		"too fast": {
			kindError, `{"errorCode":"500.003.02","errorMessage":"Spike Arrest"}`,
			adapters.Reading{Kind: kindError, About: adapters.AboutPayout, State: adapters.Unknown, Code: "500.003.02", Text: "Spike Arrest", Confirm: "it was not forwarded, so it is sent again under the same id"},
		},
		"a duplicate": {
			kindError, `{"errorCode":"500.002.1001","errorMessage":"Duplicate OriginatorConversationID."}`,
			adapters.Reading{Kind: kindError, About: adapters.AboutPayout, State: adapters.Unknown, Code: "500.002.1001", Text: "Duplicate OriginatorConversationID."},
		},
		"a queue timeout": {
			kindTimeout, string(resultWith(`,"ResultCode":0`)),
			adapters.Reading{Kind: kindTimeout, About: adapters.AboutPayout, State: adapters.Unknown, Code: "0", Text: "d", IDs: map[string]string{"operation": "P1", "rail_id": "AG_1"}, Confirm: "it waited too long, and may be carried out all the same"},
		},
		"a kind that there is not": {"fax", `{}`, adapters.Reading{Kind: "fax", Refused: `mpesa: no such kind of payload: "fax"`}},
		"a message of nobody's":    {"", `{"hello":"there"}`, adapters.Reading{Refused: "mpesa: decode: no message of this rail"}},
		"a name in two cases":      {"", `{"Result":{},"result":{}}`, adapters.Reading{Refused: `json: name "result" twice`}},
		"a prompt that was not seen": {
			kindPushQuery, `{"CheckoutRequestID":"ws_1","ResponseCode":"0","ResultCode":"1037","ResultDesc":"unreachable"}`,
			adapters.Reading{Kind: kindPushQuery, About: adapters.AboutCollection, State: adapters.Failed, Code: "1037", Text: "unreachable", IDs: map[string]string{"rail_id": "ws_1"}, Confirm: "only this prompt has failed; the order may be paid otherwise"},
		},
		"a prompt that contradicts itself": {
			kindPushQuery, `{"CheckoutRequestID":"ws_1","ResponseCode":"0","ResultCode":"1032","ResultDesc":"processed successfully"}`,
			adapters.Reading{Kind: kindPushQuery, About: adapters.AboutCollection, State: adapters.Unknown, Code: "1032", Text: "processed successfully", IDs: map[string]string{"rail_id": "ws_1"}, Refused: "mpesa: decode: code 1032 with a text of success"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Decode(adapters.Payload{Kind: c.kind, Body: []byte(c.body)})
			if len(got.IDs) == 0 {
				got.IDs = nil
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestReadingOfPulledPayments(t *testing.T) {
	r := Decode(adapters.Payload{Body: []byte(`{"ResponseCode":"1000","Response":[[
		{"transactionId":"R1","billreference":"ORDER1","amount":"10","msisdn":"x"},{"transactionId":"R2","amount":"-1"}]]}`)})
	require.Len(t, r.Parts, 2)
	assert.True(t, r.Counts())
	assert.Equal(t, "ORDER1", r.Parts[0].IDs["order"])
	assert.NotEmpty(t, r.Parts[1].Refused)
	r = Decode(adapters.Payload{Body: []byte(`{"ResponseCode":"1000","Response":[[]]}`)})
	assert.False(t, r.Counts())
}

func TestReadingsRepeatNoSecret(t *testing.T) {
	for _, body := range []string{
		`{"access_token":"hunter2","expires_in":3599}`,
		`{"Initiator":"a","SecurityCredential":"hunter2","CommandID":"AccountBalance"}`,
		`{"BusinessShortCode":"1","Password":"hunter2","Timestamp":"1","TransactionType":"CustomerPayBillOnline"}`,
	} {
		r := Decode(adapters.Payload{Body: []byte(body)})
		assert.NotEmpty(t, r.Kind)
		assert.NotContains(t, fmt.Sprintf("%+v", r), "hunter2")
	}
}

// Whatever the bytes: no payload is evidence of an end and refused at once, and none that settles lacks an amount,
// except a reversal that was made before.
func FuzzDecode(f *testing.F) {
	seedKind(f)
	for _, r := range readers {
		f.Add(resultWith(`,"ResultCode":0,"ResultParameters":{"ResultParameter":[{"Key":"TransactionAmount","Value":10}]}`), r.kind)
		f.Add([]byte(`{"Body":{"stkCallback":{"MerchantRequestID":"m","CheckoutRequestID":"c","ResultCode":0,"CallbackMetadata":{"Item":[{"Name":"Amount","Value":1},{"Name":"MpesaReceiptNumber","Value":"R1"}]}}}}`), r.kind)
	}
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		r := Decode(adapters.Payload{Kind: kind, Body: body})
		if r.Counts() {
			require.Empty(t, r.Refused)
			if r.State == adapters.Settled && r.Kind != kindPull && r.Code != codeAlreadyReversed {
				require.NotNil(t, r.Amount)
			}
		}
		require.LessOrEqual(t, len(r.Text), 4096)
	})
}

// seedKind adds every public sample, its kind left to be found.
func seedKind(f *testing.F) {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "daraja", "*"))
	require.NoError(f, err)
	for _, name := range names {
		body, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(body, "")
	}
}
