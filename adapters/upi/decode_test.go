package upi

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

func goldenCertificate(tb testing.TB) *x509.Certificate {
	tb.Helper()
	block, _ := pem.Decode(golden(tb, "golden-psp.pem"))
	require.NotNil(tb, block)
	certificate, err := x509.ParseCertificate(block.Bytes)
	require.NoError(tb, err)
	return certificate
}

// The one public sample of this stack: settled on both sides, signed by nobody, without amount and RRN.
func TestDecodeSample(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "samples", "upi-imps", "RespChkTxn-success.xml")
	body, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("SKIPPED: no public sample at %s", path)
	}
	require.NoError(t, err)
	r := Plug().Decode(adapters.Payload{Body: body})
	assert.True(t, r.Counts())
	assert.Equal(t, adapters.Settled, r.State)
	assert.Equal(t, adapters.AboutCollection, r.About)
	assert.Equal(t, adapters.SignatureAbsent, r.Signature)
	assert.Equal(t, "TXN-123", r.IDs["original"])
	assert.NotEmpty(t, r.Confirm)
	assert.Nil(t, r.Amount)

	r = Plug().Decode(adapters.Payload{Body: body, Trust: goldenCertificate(t)})
	assert.False(t, r.Counts())
	assert.Contains(t, r.Refused, "signature: missing")
	assert.Contains(t, Plug().Decode(adapters.Payload{Body: body, Kind: MessagePay}).Refused, "not ReqPay")
}

func TestDecode(t *testing.T) {
	marshal := func(m interface{ Marshal(*Signer) ([]byte, error) }) string {
		body, err := m.Marshal(nil)
		require.NoError(t, err)
		return string(body)
	}
	pay := goldenPay()
	undone, asked, who := pay, pay, pay
	undone.Type, undone.OriginalRRN = TypeReversal, pay.CustRef
	asked.Type = "COLLECT"
	who.Message, who.Type = MessageAuthorisation, "PAY"
	verdict := func(result, code string, legs ...Leg) Verdict {
		v := Verdict{Result: result, ErrCode: code}
		if len(legs) == 2 {
			v.Payer, v.Payee = legs[0], legs[1]
		}
		return v
	}
	done := []Leg{{VPA: "asha.rao@okbank", Code: "00", Settled: "1250.50", Currency: "INR"}, {VPA: "ayni@sponsor", Code: "00", Settled: "1250.50", Currency: "INR"}}
	answer := func(message string, v Verdict) string {
		return marshal(Response{Message: message, Head: pay.Head, TxnID: "BNKt", Type: "ChkTxn", RefID: "R7", CustRef: "609512345678", ReqMsgID: "BNKq", Verdict: v})
	}
	confirmed := func(v Verdict) string {
		return marshal(Confirmation{Head: pay.Head, TxnID: "BNKt", RefID: "R7", CustRef: "609512345678", Verdict: v})
	}
	ackText, err := Ack{API: MessageCheck, ReqMsgID: "BNKq", Time: time.Now()}.Marshal()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		kind, body string
		state      adapters.State
		counts     bool
		reason     string
		refused    string
		about      adapters.About
	}{
		"a payment":               {body: marshal(pay), state: adapters.Settled, counts: true, about: adapters.AboutCollection},
		"a payment undone":        {body: marshal(undone), refused: "undoes", about: adapters.AboutCollection},
		"a mere request":          {body: marshal(asked), refused: "asks", about: adapters.AboutRequest},
		"who is that":             {body: marshal(who), refused: "nothing of an end", about: adapters.AboutRequest},
		"a check":                 {body: marshal(CheckRequest{Head: pay.Head, TxnID: "BNKt", RefID: "R7", Since: pay.Head.Time}), refused: "nothing of an end", about: adapters.AboutRequest},
		"an Ack":                  {body: string(ackText), refused: "nothing of an end", about: adapters.AboutRequest},
		"checked, done":           {body: answer(MessageChecked, verdict(StatusSuccess, "", done...)), state: adapters.Settled, counts: true, about: adapters.AboutCollection},
		"checked, one side":       {body: answer(MessageChecked, verdict(StatusSuccess, "", done[0], Leg{VPA: "ayni@sponsor", Code: "01"})), state: adapters.Unknown, about: adapters.AboutCollection},
		"checked, declined":       {body: answer(MessageChecked, verdict(StatusFailure, "Z9")), state: adapters.Failed, counts: true, reason: "AM04", about: adapters.AboutCollection},
		"checked, timed out":      {body: answer(MessageChecked, verdict(StatusFailure, "UP")), state: adapters.Failed, counts: true, reason: "AB05", about: adapters.AboutCollection},
		"checked, not there":      {body: answer(MessageChecked, verdict(StatusFailure, "U48")), state: adapters.Unknown, about: adapters.AboutCollection},
		"checked, deemed":         {body: answer(MessageChecked, verdict(StatusDeemed, "RB")), state: adapters.Unknown, about: adapters.AboutCollection},
		"checked, pending":        {body: answer(MessageChecked, verdict(StatusPending, "01")), state: adapters.Accepted, about: adapters.AboutCollection},
		"paid, our side only":     {body: answer(MessagePaid, verdict(StatusSuccess, "", Leg{}, done[1])), state: adapters.Unknown, about: adapters.AboutCollection},
		"confirmed":               {body: confirmed(verdict(StatusSuccess, "00", done...)), state: adapters.Settled, counts: true, about: adapters.AboutCollection},
		"confirmed, timed out":    {body: confirmed(verdict(StatusFailure, "UP", done...)), state: adapters.Unknown, about: adapters.AboutCollection},
		"our confirmation":        {body: answer(MessageConfirmed, verdict(StatusSuccess, "")), refused: "nothing of an end", about: adapters.AboutRequest},
		"a failed webhook":        {body: string(golden(t, "webhook-failure.json")), state: adapters.Failed, counts: true, reason: "AC06", about: adapters.AboutPayout},
		"an answer, pending":      {body: string(golden(t, "payout-pending.json")), state: adapters.Accepted, about: adapters.AboutPayout},
		"an answer, done":         {kind: kindAnswer, body: string(golden(t, "payout-success.json")), state: adapters.Settled, counts: true, about: adapters.AboutPayout},
		"a status":                {kind: kindStatus, body: string(golden(t, "payout-success.json")), state: adapters.Settled, counts: true, about: adapters.AboutPayout},
		"a failed call":           {body: `{"status":"FAILURE","responseCode":"REQUEST_NOT_FOUND"}`, state: adapters.Unknown, refused: "call failed"},
		"a failed call with more": {body: `{"status":"FAILURE","payload":{"amount":"1.00"}}`, refused: "call that failed"},
		"two cases":               {body: `{"status":"SUCCESS","Status":"SUCCESS"}`, refused: "twice"},
		"another kind":            {kind: "token", body: "{}", refused: "no such kind"},
		"JSON as XML":             {kind: MessagePay, body: "{}", refused: "no XML"},
		"another document":        {body: `<a/>`, refused: "no message of this rail"},
		"another namespace":       {body: `<ReqPay/>`, refused: "root"},
		"a doctype":               {body: `<!DOCTYPE a><a/>`, refused: "markup declaration"},
	} {
		r := decode(adapters.Payload{Kind: c.kind, Body: []byte(c.body)})
		assert.Equal(t, c.state, r.State, name)
		assert.Equal(t, c.counts, r.Counts(), name)
		assert.Equal(t, c.reason, r.Reason, name)
		assert.Equal(t, c.about, r.About, name)
		if c.refused == "" {
			assert.Empty(t, r.Refused, name)
		} else {
			assert.Contains(t, r.Refused, c.refused, name)
		}
	}
}

// With the PSP's certificate only what it signed counts; without, a signature is looked at.
func TestDecodeSigned(t *testing.T) {
	body := golden(t, "respchktxn-signed.xml")
	r := decode(adapters.Payload{Body: body, Trust: goldenCertificate(t)})
	assert.Equal(t, adapters.SignatureVerified, r.Signature)
	assert.Equal(t, adapters.Settled, r.State)
	assert.Equal(t, messaging.NewAmount(fx.Money{Minor: 125050, Currency: inr}), *r.Amount)
	assert.Equal(t, map[string]string{"rail_ref": "609512345678", "order": "R7kenya2", "request": "BNKquestion"}, keep(r.IDs, "rail_ref", "order", "request"))
	r = decode(adapters.Payload{Body: body})
	assert.Equal(t, adapters.SignatureUnchecked, r.Signature)
	assert.True(t, r.Counts())
	r = decode(adapters.Payload{Body: golden(t, "webhook-failure.json"), Trust: goldenCertificate(t)})
	assert.Contains(t, r.Refused, "signature: missing")
	forged := strings.Replace(string(body), "1250.50", "9250.50", 1)
	require.NotEqual(t, string(body), forged)
	r = decode(adapters.Payload{Body: []byte(forged), Trust: goldenCertificate(t)})
	assert.False(t, r.Counts())
	assert.Contains(t, r.Refused, "signature")
}

func keep(ids map[string]string, names ...string) map[string]string {
	kept := map[string]string{}
	for _, name := range names {
		kept[name] = ids[name]
	}
	return kept
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"reqpay-signed.xml", "respchktxn-signed.xml", "payout-pending.json", "payout-success.json", "webhook-failure.json"} {
		f.Add("", golden(f, name))
	}
	f.Add(kindStatus, []byte(`{"status":"FAILURE","responseCode":"REQUEST_NOT_FOUND"}`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r := decode(adapters.Payload{Kind: kind, Body: body})
		if r.Counts() {
			require.Contains(t, []adapters.State{adapters.Settled, adapters.Failed}, r.State)
			require.Equal(t, r.State == adapters.Failed, r.Reason != "")
		}
		trusted := decode(adapters.Payload{Kind: kind, Body: body, Trust: goldenCertificate(t)})
		require.True(t, !trusted.Counts() || trusted.Signature == adapters.SignatureVerified)
	})
}
