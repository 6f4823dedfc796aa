package mpesa

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

var (
	kes = fx.MustCurrency("KES")
	ugx = fx.MustCurrency("UGX")
	kwd = fx.MustCurrency("KWD")
)

func money(text string, c fx.Currency) *fx.Money {
	m, err := fx.ParseMoney(text, c)
	if err != nil {
		panic(err)
	}
	return &m
}

// sample reads a public sample payload that lies beside the checkout.
func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "samples", "daraja", name))
	if os.IsNotExist(err) {
		tb.Skipf("SKIPPED: the sample payloads are not beside the checkout: %v", err)
	}
	require.NoError(tb, err)
	return body
}

func TestSampleResults(t *testing.T) {
	for name, want := range map[string]struct {
		code, transaction string
		parameters        int
		payout            adapters.State
		reason            string
	}{
		"result-callback__account_balance-2.json":           {"0", "OA90000000", 2, adapters.Unknown, ""}, // no amount
		"result-callback__b2c-4.json":                       {"0", "", 0, adapters.Unknown, ""},           // no receipt
		"result-callback__b2c_account_top_up-3.json":        {"1", "TX123456", 0, adapters.Failed, "AM04"},
		"result-callback__b2c_account_top_up-4.json":        {"1", "", 0, adapters.Unknown, ""}, // ResultType 1: a timeout
		"result-callback__business_buy_goods-3-d6fd60.json": {"0", "QKA81LK5CY", 8, adapters.Settled, ""},
		"result-callback__business_buy_goods-3.json":        {"1", "", 0, adapters.Unknown, ""},
		"result-callback__business_buy_goods-4.json":        {"0", "QKA81LK5CY", 2, adapters.Settled, ""},
		"result-callback__business_paybill-3.json":          {"0", "QKA81LK5CY", 8, adapters.Settled, ""},
		"result-callback__reversal-2.json":                  {"21", "MJ561H6X5O", 2, adapters.Unknown, ""}, // "successfully"
		"result-callback__transaction_status-3.json":        {"0", "LKXXXX1234", 3, adapters.Settled, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := decodeResult(sample(t, name))
			require.NoError(t, err)
			assert.Equal(t, want.code, r.code)
			assert.Equal(t, want.transaction, r.transactionID)
			assert.Len(t, r.parameters, want.parameters)
			e := r.payoutEvidence(kes)
			assert.Equal(t, want.payout, e.State)
			assert.Equal(t, want.reason, e.Reason)
			assert.Equal(t, adapters.FromCallback, e.Origin)
			if want.code == "0" && want.payout == adapters.Settled && want.parameters != 3 {
				assert.Equal(t, money("190", kes), e.Amount)
			}
		})
	}
}

func TestSampleStatus(t *testing.T) {
	r, err := decodeResult(sample(t, "result-callback__transaction_status-3.json"))
	require.NoError(t, err)
	e := r.statusEvidence(messaging.KindPayout, kes, true)
	assert.Equal(t, adapters.Settled, e.State)
	assert.Equal(t, adapters.FromQuery, e.Origin)
	assert.Equal(t, "LKXXXX1234", e.RailRef)
	assert.Equal(t, money("1000", kes), e.Amount)
	assert.Empty(t, e.RailID, "the answer's conversation is the query's, not the payment's")
}

func TestSampleAcks(t *testing.T) {
	for _, name := range []string{
		"async-ack__account_balance-1.json", "async-ack__account_balance-2.json", "async-ack__b2c_account_top_up-1.json",
		"async-ack__c2b-2.json", "async-ack__reversal-1.json", "async-ack__services-1.json", "async-ack__services-2.json",
	} {
		t.Run(name, func(t *testing.T) {
			a, err := decodeAck(sample(t, name))
			require.NoError(t, err)
			assert.Equal(t, "0", a.code)
			assert.NotEmpty(t, a.originatorConversationID)
			assert.NotEmpty(t, a.conversationID)
		})
	}
}

func TestSampleConfirmation(t *testing.T) {
	c, err := decodeConfirmation(sample(t, "c2b-callback__c2b-1.json"), kes)
	require.NoError(t, err)
	assert.Equal(t, "600638", c.shortcode)
	assert.Equal(t, adapters.Collection{
		OrderRef: "invoice008", RailRef: "RKTQDM7W6S", Amount: *money("10", kes), Payer: "254701234567",
		Origin: adapters.FromCallback,
	}, c.collected)
}

func TestSampleTokens(t *testing.T) {
	for _, name := range []string{"token__auth-1.json", "token__auth-2.json", "token__auth-4.json"} {
		text, life, err := decodeToken(sample(t, name))
		require.NoError(t, err, name)
		assert.NotEmpty(t, text)
		assert.Equal(t, time.Hour, life)
	}
}

// resultWith is a result callback with more members in Result, each starting with a comma.
func resultWith(members string) []byte {
	return []byte(`{"Result":{"ResultType":0,"ResultDesc":"d","OriginatorConversationID":"P1","ConversationID":"AG_1"` + members + `}}`)
}

func TestResultQuirks(t *testing.T) {
	for name, body := range map[string][]byte{
		"code as a number":     resultWith(`,"ResultCode":0`),
		"code as a text":       resultWith(`,"ResultCode":"0"`),
		"items in an object":   resultWith(`,"ResultCode":0,"ResultParameters":{"ResultParameter":{"Key":"A","Value":"1"}}`),
		"items in an array":    resultWith(`,"ResultCode":0,"ResultParameters":{"ResultParameter":[{"Key":"A","Value":1}]}`),
		"items unwrapped":      resultWith(`,"ResultCode":0,"ResultParameters":[{"Key":"A","Value":1}]`),
		"items wrapped inside": resultWith(`,"ResultCode":0,"ResultParameter":{"ResultParameters":[{"Key":"A","Value":1}]}`),
		"value absent":         resultWith(`,"ResultCode":0,"ResultParameters":{"ResultParameter":[{"Key":"A","Value":1},{"Key":"B"},{"Key":"C","Value":null}]}`),
		"reference an object":  resultWith(`,"ResultCode":0,"ReferenceData":{"ReferenceItem":{"Key":"A"}}`),
		"reference an array":   resultWith(`,"ResultCode":0,"ReferenceData":{"ReferenceItem":[{"Key":"A"},{"Key":"A"}]}`),
		"names with a space": []byte(`{"Result":{"Result Type":"0","Result Code":0,"Result Desc":"d",
			"Originator Conversation ID":"P1","Conversation ID":"AG_1","Result Parameters":{"Result Parameter":{"Key":"A","Value":"1"}}}}`),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := decodeResult(body)
			require.NoError(t, err)
			assert.Equal(t, []string{"0", "P1", "AG_1"}, []string{r.code, r.originatorConversationID, r.conversationID})
			if len(r.parameters) > 0 {
				assert.Equal(t, "1", r.parameter("A"))
			}
		})
	}
}

func TestResultsRefused(t *testing.T) {
	for name, body := range map[string][]byte{
		"no code":                     resultWith(``),
		"null code":                   resultWith(`,"ResultCode":null`),
		"empty code":                  resultWith(`,"ResultCode":""`),
		"boolean code":                resultWith(`,"ResultCode":false`),
		"object for a code":           resultWith(`,"ResultCode":{}`),
		"name twice":                  resultWith(`,"ResultCode":0,"ResultCode":1`),
		"name in another case":        resultWith(`,"resultcode":0`),
		"name in both cases":          resultWith(`,"ResultCode":1,"resultCode":0`),
		"name with and without space": resultWith(`,"ResultCode":0,"Conversation ID":"AG_2"`),
		"result in another case":      []byte(`{"result":{"ResultCode":0}}`),
		"parameter twice":             resultWith(`,"ResultCode":0,"ResultParameters":{"ResultParameter":[{"Key":"Amount","Value":1},{"Key":"amount","Value":2}]}`),
		"parameter's name twice":      resultWith(`,"ResultCode":0,"ResultParameters":{"ResultParameter":[{"Key":"A","key":"B"}]}`),
		"no conversation":             []byte(`{"Result":{"ResultCode":0,"OriginatorConversationID":"P1"}}`),
		"conversation too long":       []byte(`{"Result":{"ResultCode":0,"OriginatorConversationID":"P1","ConversationID":"` + strings.Repeat("A", 65) + `"}}`),
		"not an object":               []byte(`{"Result":[]}`),
		"no result":                   []byte(`{}`),
		"an array":                    []byte(`[]`),
		"nothing":                     nil,
		"two values":                  append(resultWith(`,"ResultCode":0`), "{}"...),
		"invalid UTF-8":               resultWith(`,"ResultCode":"` + "\xff" + `"`),
		"too deep":                    resultWith(`,"ResultCode":0,"x":` + strings.Repeat("[", 50) + strings.Repeat("]", 50)),
		"too long":                    resultWith(`,"ResultCode":0,"x":"` + strings.Repeat("x", maxCallbackBytes) + `"`),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeResult(body)
			require.Error(t, err)
			require.True(t, malformed(err), "%v", err)
		})
	}
}

func TestResultCodes(t *testing.T) {
	for code, want := range map[string]struct {
		state  adapters.State
		reason string
	}{
		"1": {adapters.Failed, "AM04"}, "2": {adapters.Failed, "AM02"}, "3": {adapters.Failed, "AM02"},
		"4": {adapters.Failed, "AM02"}, "8": {adapters.Failed, "AM02"}, "11": {adapters.Failed, "AC06"},
		"21": {adapters.Failed, "NARR"}, "1001": {adapters.Failed, "NARR"}, "1019": {adapters.Failed, "AB05"},
		"1032": {adapters.Failed, "NARR"}, "2001": {adapters.Failed, "NARR"}, "2006": {adapters.Failed, "AC06"},
		"2028": {adapters.Failed, "NARR"}, "2040": {adapters.Failed, "AC03"}, "8006": {adapters.Failed, "NARR"},
		"SFC_IC0003": {adapters.Failed, "AC03"},
		"15":         {adapters.Unknown, ""}, "17": {adapters.Unknown, ""}, "26": {adapters.Unknown, ""},
		"1025": {adapters.Unknown, ""}, "9999": {adapters.Unknown, ""}, "1037": {adapters.Unknown, ""},
		"500.001.1001": {adapters.Unknown, ""}, "00": {adapters.Unknown, ""}, "-0": {adapters.Unknown, ""},
		"0.0": {adapters.Unknown, ""}, "R000001": {adapters.Unknown, ""}, "R000002": {adapters.Unknown, ""},
	} {
		e := result{kind: "0", code: code, text: "said", conversationID: "AG_1"}.payoutEvidence(kes)
		assert.Equal(t, want.state, e.State, code)
		assert.Equal(t, want.reason, e.Reason, code)
		assert.Equal(t, []string{code, "said", "AG_1"}, []string{e.Code, e.Text, e.RailID})
		assert.False(t, e.RetrySafe, code)
	}
}

// Nobody may have to guess why a refusal did not count.
func TestContradictoryResultsSayWhy(t *testing.T) {
	for code := range declines {
		r := result{kind: "0", code: code, text: "The service request is processed successfully.", conversationID: "AG_1"}
		for _, e := range []adapters.Evidence{r.payoutEvidence(kes), r.refundEvidence(kes)} {
			assert.Equal(t, adapters.Unknown, e.State, code)
			require.ErrorContains(t, e.Err, "code "+code+" with a text of success")
		}
	}
}

func TestUnlistedCodesAreUnknown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := result{
			kind: "0", code: rapid.StringMatching(`[0-9A-Z._]{1,8}`).Draw(t, "code"), conversationID: "AG_1",
			transactionID: "R1", parameters: map[string]string{"TransactionAmount": "10"},
		}
		_, listed := declines[r.code]
		if listed || r.code == codeSuccess {
			t.Skip("listed")
		}
		assert.Equal(t, adapters.Unknown, r.payoutEvidence(kes).State)
		assert.Equal(t, adapters.Unknown, r.statusEvidence(messaging.KindPayout, kes, false).State)
	})
}

func TestStatusStates(t *testing.T) {
	completed := map[string]string{
		"TransactionStatus": "Completed", "Amount": "10.00", "ReceiptNo": "R1", "ConversationID": "AG_1",
		"OriginatorConversationID": "P1", "CreditPartyName": "254708374149 - John Doe",
	}
	with := func(status string) map[string]string {
		return map[string]string{"TransactionStatus": status, "ConversationID": "AG_1"}
	}
	for name, c := range map[string]struct {
		r         result
		state     adapters.State
		reason    string
		retrySafe bool
	}{
		"completed":                   {result{kind: "0", code: "0", parameters: completed}, adapters.Settled, "", false},
		"completed, not the last":     {result{kind: "1", code: "0", parameters: completed}, adapters.Unknown, "", false},
		"completed, nothing else":     {result{kind: "0", code: "0", parameters: with("Completed")}, adapters.Unknown, "", false},
		"cancelled":                   {result{kind: "0", code: "0", parameters: with("Cancelled")}, adapters.Failed, "NARR", false},
		"declined":                    {result{kind: "0", code: "0", parameters: with("Declined")}, adapters.Failed, "NARR", false},
		"declined, not the last":      {result{kind: "1", code: "0", parameters: with("Declined")}, adapters.Unknown, "", false},
		"expired":                     {result{kind: "0", code: "0", parameters: with("Expired")}, adapters.Failed, "AB05", false},
		"pending":                     {result{kind: "0", code: "0", parameters: with("Pending")}, adapters.Unknown, "", false},
		"lower case":                  {result{kind: "0", code: "0", parameters: with("completed")}, adapters.Unknown, "", false},
		"no status":                   {result{kind: "0", code: "0"}, adapters.Unknown, "", false},
		"the query's funds":           {result{kind: "0", code: "1"}, adapters.Unknown, "", false},
		"the query's failure":         {result{kind: "0", code: "2001", parameters: with("Declined")}, adapters.Unknown, "", false},
		"no such id, unacknowledged!": {result{kind: "0", code: "R000002"}, adapters.Unknown, "", true},
	} {
		e := c.r.statusEvidence(messaging.KindPayout, kes, true)
		assert.Equal(t, c.state, e.State, name)
		assert.Equal(t, c.reason, e.Reason, name)
		assert.Equal(t, c.retrySafe, e.RetrySafe, name)
		assert.Equal(t, adapters.FromQuery, e.Origin, name)
		assert.Equal(t, c.r.parameters["ConversationID"], e.RailID, name)
		assert.False(t, c.r.statusEvidence(messaging.KindPayout, kes, false).RetrySafe, "%s: acknowledged", name)
	}
	e := result{kind: "0", code: "0", parameters: completed}.statusEvidence(messaging.KindPayout, kes, false)
	assert.Equal(t, "254708374149", e.Account)
	assert.Equal(t, money("10", kes), e.Amount)
}

func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		text     string
		currency fx.Currency
		minor    int64 // -1: refused
	}{
		{"10", kes, 1000}, {"10.5", kes, 1050}, {"10.50", kes, 1050}, {"10.500", kes, 1050}, {"10.505", kes, -1},
		{"1000", ugx, 1000}, {"1000.00", ugx, 1000}, {"1000.01", ugx, -1}, {"1.234", kwd, 1234},
		{"1e3", kes, -1}, {"", kes, -1}, {".5", kes, -1}, {"5.", kes, -1}, {"0x10", kes, -1}, {"92233720368547758.07", kes, 9223372036854775807},
		{"92233720368547758.08", kes, -1}, {"1." + strings.Repeat("0", 40), kes, -1},
	} {
		m, err := parseAmount(c.text, c.currency)
		if c.minor < 0 {
			require.Error(t, err, c.text)
			continue
		}
		require.NoError(t, err, c.text)
		assert.Equal(t, c.minor, m.Minor, c.text)
	}
	rapid.Check(t, func(t *rapid.T) {
		m := fx.Money{
			Minor:    rapid.Int64Min(0).Draw(t, "minor"),
			Currency: rapid.SampledFrom([]fx.Currency{kes, ugx, kwd}).Draw(t, "currency"),
		}
		back, err := parseAmount(writeAmount(m), m.Currency)
		require.NoError(t, err)
		assert.Equal(t, m, back)
	})
}

func TestPartyAccount(t *testing.T) {
	for party, want := range map[string]string{
		"254708374149 - John Doe": "254708374149", "+254708374149 - J": "254708374149", "254708374149": "254708374149",
		"2547 ***** 126": "", "2547****126 - John": "", "John Doe": "", "": "", "000000– Biller Company": "",
	} {
		assert.Equal(t, want, partyAccount(party), party)
	}
}

func TestRemarks(t *testing.T) {
	assert.Equal(t, "School fees 2", remarks("School fees #2\n"))
	assert.Equal(t, defaultRemark, remarks("!"))
	assert.Len(t, remarks(strings.Repeat("ab ", 100)), maxRemarks)
}

func seed(f *testing.F, pattern string) {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "daraja", pattern))
	require.NoError(f, err)
	for _, name := range names {
		body, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(body)
	}
}

func FuzzDecodeResult(f *testing.F) {
	seed(f, "result-callback*")
	f.Add(resultWith(`,"ResultCode":0`))
	f.Add(resultWith(`,"ResultCode":"1","ResultParameters":{"ResultParameter":[{"Key":"TransactionAmount","Value":1e400}]}`))
	f.Add([]byte(`{"Result":{"Result Code":"0"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := decodeResult(body)
		if err != nil {
			require.True(t, malformed(err), "%v", err)
			return
		}
		require.NotEmpty(t, r.code)
		require.LessOrEqual(t, len(r.code), messaging.MaxRailCodeLength)
		require.LessOrEqual(t, len(r.text), messaging.MaxRailTextLength)
		for _, e := range []adapters.Evidence{
			r.payoutEvidence(kes), r.refundEvidence(kes), r.statusEvidence(messaging.KindPayout, kes, true),
		} {
			if e.State == adapters.Settled && r.code != codeAlreadyReversed {
				require.Equal(t, codeSuccess, r.code)
				require.NotNil(t, e.Amount)
				require.Positive(t, e.Amount.Minor)
				require.NotEmpty(t, e.RailRef)
			}
			require.Equal(t, e.State == adapters.Failed, e.Reason != "")
		}
	})
}

func FuzzDecodeConfirmation(f *testing.F) {
	seed(f, "c2b-callback*")
	f.Add([]byte(`{"TransID":"A1","TransAmount":10.5,"BusinessShortCode":"600638","BillRefNumber":"o","MSISDN":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := decodeConfirmation(body, kes)
		if err != nil {
			return
		}
		require.Positive(t, c.collected.Amount.Minor)
		require.NotEmpty(t, c.collected.RailRef)
	})
}

func FuzzDecodeAnswers(f *testing.F) {
	seed(f, "async-ack*")
	seed(f, "token*")
	f.Add([]byte(`{"ResponseCode":"1000","Response":[[{"transactionId":"A"}],{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if a, err := decodeAck(body); err == nil {
			require.NotEmpty(t, a.code)
		}
		if _, life, err := decodeToken(body); err == nil {
			require.Positive(t, life)
		}
		_, _ = decodePull(body)
		require.NotNil(t, newAnswerError(500, body))
	})
}
