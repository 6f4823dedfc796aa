package upi

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

func transaction(status, code string) Transaction {
	return Transaction{
		Type: TypePayout, MerchantID: "AYNI", MerchantRequestID: "T1P", Amount: "1250.50", Currency: "INR",
		CustomerVPA: "asha.rao@okbank", TransactionID: "BNK1", ReferenceID: "609512345678",
		ResponseStatus: status, ResponseCode: code, ResponseMessage: "text",
	}
}

// The table of codes, row by row, as a status query answers them.
func TestCodes(t *testing.T) {
	for code, want := range map[string]string{
		"59": "FR01", "U30": "NARR", "U69": "AB05", "XH": "AC03", "XI": "AC03", "YE": "AC06", "YF": "AC06", "Z7": "AM02",
		"Z8": "AM02", "Z9": "AM04", "ZA": "NARR", "ZH": "BE23", "ZM": "NARR", "ZU": "AM02", "UP": "AB05",
	} {
		e := transaction(StatusFailure, code).evidence(adapters.FromQuery, inr)
		assert.Equal(t, adapters.Failed, e.State, code)
		assert.Equal(t, want, e.Reason, code)
		assert.Equal(t, code, e.Code)
		for _, status := range []string{StatusSuccess, "", "DONE", "failure"} {
			e := transaction(status, code).evidence(adapters.FromQuery, inr)
			assert.Equal(t, adapters.Unknown, e.State, "%s %s", status, code)
			assert.Empty(t, e.Reason)
		}
	}
	for _, code := range []string{CodeSuccess, CodePending, CodeDeemed, CodeDoubtful, CodeNotFound, "", "z9", "Z9 ", "X7", "U16"} {
		e := transaction(StatusFailure, code).evidence(adapters.FromQuery, inr)
		assert.Equal(t, adapters.Unknown, e.State, code)
		assert.False(t, e.RetrySafe, code)
	}
	for _, origin := range []adapters.Origin{adapters.FromResponse, adapters.FromCallback} {
		assert.Equal(t, adapters.Unknown, transaction(StatusFailure, CodeTimeout).evidence(origin, inr).State, origin)
	}
	for _, code := range []string{CodePending, ""} {
		assert.Equal(t, adapters.Accepted, transaction(StatusPending, code).evidence(adapters.FromQuery, inr).State, code)
	}
	// Deemed is what the network calls its own not knowing.
	for _, status := range []string{StatusPending, StatusDeemed} {
		for _, code := range []string{CodeDeemed, CodeDoubtful, CodeSuccess, "Z9"} {
			e := transaction(status, code).evidence(adapters.FromQuery, inr)
			assert.Equal(t, adapters.Unknown, e.State, "%s %s", status, code)
			assert.False(t, e.RetrySafe)
			assert.Equal(t, "BNK1", e.RailID)
		}
	}
	assert.Equal(t, adapters.Unknown, transaction(StatusDeemed, CodePending).evidence(adapters.FromQuery, inr).State)
	assert.Equal(t, adapters.Settled, transaction(StatusSuccess, CodeSuccess).evidence(adapters.FromQuery, inr).State)
}

func TestSuccessNeedsItsEvidence(t *testing.T) {
	for name, change := range map[string]func(*Transaction){
		"no RRN":           func(t *Transaction) { t.ReferenceID = "" },
		"no transaction":   func(t *Transaction) { t.TransactionID = "" },
		"no amount":        func(t *Transaction) { t.Amount = "" },
		"one decimal":      func(t *Transaction) { t.Amount = "1250.5" },
		"grouped":          func(t *Transaction) { t.Amount = "1,250.50" },
		"nothing":          func(t *Transaction) { t.Amount = "0.00" },
		"another currency": func(t *Transaction) { t.Currency = "USD" },
		"no currency":      func(t *Transaction) { t.Currency = "" },
	} {
		tx := transaction(StatusSuccess, CodeSuccess)
		change(&tx)
		e := tx.evidence(adapters.FromQuery, inr)
		assert.Equal(t, adapters.Unknown, e.State, name)
		assert.Error(t, e.Err, name)
	}
}

func TestJSONIsStrict(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":            "",
		"no object":          `[]`,
		"name twice":         `{"status":"FAILURE","status":"SUCCESS"}`,
		"other case":         `{"Status":"SUCCESS"}`,
		"two cases":          `{"status":"SUCCESS","Status":"FAILURE"}`,
		"other case below":   `{"status":"SUCCESS","payload":{"Amount":"1.00"}}`,
		"no object below":    `{"status":"SUCCESS","payload":[]}`,
		"an object as text":  `{"status":"SUCCESS","payload":{"amount":{}}}`,
		"something behind":   `{"status":"SUCCESS"} {}`,
		"not UTF-8":          "{\"status\":\"\xff\"}",
		"too long":           `{"status":"` + strings.Repeat("x", MaxJSONBytes) + `"}`,
		"twice further down": `{"status":"SUCCESS","payload":{"amount":"1.00","amount":"2.00"}}`,
	} {
		_, err := decodeAnswer([]byte(body))
		var decode *DecodeError
		assert.ErrorAs(t, err, &decode, name)
	}
}

func FuzzWebhook(f *testing.F) {
	f.Add(golden(f, "webhook-failure.json"))
	for _, status := range []string{StatusSuccess, StatusFailure, StatusPending, StatusDeemed, "?"} {
		for _, code := range []string{"00", "RB", "96", "Z9", "UP", "nonsense"} {
			body, err := json.Marshal(transaction(status, code))
			require.NoError(f, err)
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		tx, err := decodeWebhook(body)
		if err != nil {
			return
		}
		for _, origin := range []adapters.Origin{adapters.FromCallback, adapters.FromQuery} {
			e := tx.evidence(origin, inr)
			switch e.State {
			case adapters.Settled:
				require.Equal(t, StatusSuccess, tx.ResponseStatus)
				require.Equal(t, "00", tx.ResponseCode)
				require.Positive(t, e.Amount.Minor)
				require.Equal(t, tx.Amount, e.Amount.Text())
				require.Regexp(t, `^[0-9]{12}$`, e.RailRef)
			case adapters.Failed:
				require.Equal(t, StatusFailure, tx.ResponseStatus)
				require.Regexp(t, `^[A-Z0-9]{4}$`, e.Reason)
			default:
				require.Empty(t, e.Reason)
				require.Nil(t, e.Amount)
			}
			require.False(t, e.RetrySafe)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(golden(f, "payout-pending.json"))
	f.Add(golden(f, "payout-success.json"))
	f.Add([]byte(`{"status":"FAILURE","responseCode":"REQUEST_NOT_FOUND"}`))
	r := &Rail{cfg: Config{MerchantID: "AYNI", Currency: inr}}
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, err := decodeAnswer(body)
		if err != nil {
			return
		}
		e := r.judge(goldenOperation(), answer, nil, adapters.FromResponse)
		if e.State == adapters.Settled || e.State == adapters.Failed {
			require.Equal(t, "T1P", answer.Payload.MerchantRequestID)
			require.Equal(t, "AYNI", answer.Payload.MerchantID)
			require.Equal(t, StatusSuccess, answer.Status)
		}
	})
}

func FuzzXML(f *testing.F) {
	f.Add(golden(f, "reqpay-signed.xml"))
	f.Add(golden(f, "respchktxn-signed.xml"))
	for _, m := range []interface{ Marshal(*Signer) ([]byte, error) }{
		CheckRequest{Head: goldenPay().Head, TxnID: "BNKt", RefID: "R7", OriginalRRN: "609512345678", Since: goldenPay().Head.Time},
		Confirmation{Head: goldenPay().Head, TxnID: "BNKt", CustRef: "609512345678", Verdict: Verdict{Result: StatusSuccess, Payer: Leg{Code: "00"}}},
	} {
		body, err := m.Marshal(nil)
		require.NoError(f, err)
		f.Add(body)
	}
	f.Add([]byte(`<upi:ReqChkTxn xmlns:upi="http://npci.org/upi/schema/"/>`))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		root, err := parseXML(body)
		if err != nil {
			var decode *DecodeError
			require.ErrorAs(t, err, &decode)
			return
		}
		if p, err := decodePay(root, MessagePay, inr); err == nil {
			require.Positive(t, p.Amount.Minor)
			again, err := p.Marshal(nil)
			require.NoError(t, err)
			root, err := parseXML(again)
			require.NoError(t, err)
			read, err := decodePay(root, MessagePay, inr)
			require.NoError(t, err)
			require.Equal(t, p.Amount, read.Amount)
			require.Equal(t, p.CustRef, read.CustRef)
			require.Equal(t, p.PayerVPA, read.PayerVPA)
			require.Equal(t, p.Institution, read.Institution)
		}
		if c, err := decodeResponse(root, MessageChecked); err == nil {
			_, found, err := c.found("ayni@sponsor", "R7", "BNKq", inr)
			require.False(t, found && (err != nil || !c.Paid() || c.RefID != "R7" || c.ReqMsgID != "BNKq"))
		}
		if c, err := decodeConfirmation(root); err == nil {
			again, err := c.Marshal(nil)
			require.NoError(t, err)
			root, err := parseXML(again)
			require.NoError(t, err)
			read, err := decodeConfirmation(root)
			require.NoError(t, err)
			require.Equal(t, c.Verdict, read.Verdict)
		}
		if c, err := decodeCheck(root); err == nil {
			again, err := c.Marshal(nil)
			require.NoError(t, err)
			read, err := ParseCheckRequest(again, nil)
			require.NoError(t, err)
			require.Equal(t, c.OriginalRRN, read.OriginalRRN)
		}
		if a, err := decodeAck(root); err == nil {
			require.NotEmpty(t, a.ReqMsgID)
		}
	})
}

func TestAddresses(t *testing.T) {
	for _, ok := range []string{"alice@okbank", "a.b-c_d@upi", "9876543210@ybl", "12345678901@HDFC0001234.ifsc.npci", strings.Repeat("a", 39) + "@" + strings.Repeat("b", 20)} {
		assert.True(t, ValidAddress(ok), ok)
	}
	for _, bad := range []string{
		"", "alice", "@okbank", "al@okbank", "alice@ok", "alice@okbank\n", ".alice@okbank", "alice@ok.bank", "alice@okbank@x",
		"a lice@okbank", "12345678901@hdfc0001234.ifsc.npci", "12345678901@HDFC1001234.ifsc.npci", "abc@HDFC0001234.ifsc.npci",
		strings.Repeat("a", 41) + "@okbank", "alice@okbank.ifsc.npci", "álice@okbank",
	} {
		assert.False(t, ValidAddress(bad), bad)
	}
	rapid.Check(t, func(t *rapid.T) {
		ref := rapid.StringMatching(`[A-Za-z0-9]{1,20}`).Draw(t, "ref")
		other := rapid.StringMatching(`[A-Za-z0-9]{0,25}`).Draw(t, "other")
		got, ours := orderOf("shop@bank", OrderVPA("shop@bank", ref), other)
		require.True(t, ours)
		require.Equal(t, ref, got)
		got, ours = orderOf("shop@bank", "SHOP@Bank", ref)
		require.True(t, ours)
		require.Equal(t, ref, got)
	})
	for payee, want := range map[string]bool{"shop@bank": true, "shop@other": false, "shopper@bank": false, "shop.@bank": false, "shop.a.b@bank": false} {
		_, ours := orderOf("shop@bank", payee, "")
		assert.Equal(t, want, ours, payee)
	}
}

func TestCheckBeforeSending(t *testing.T) {
	cfg := Config{Currency: inr, PayoutMinMinor: 100, PayoutMaxMinor: 60_000_000, MerchantID: "AYNI"}
	r := &Rail{cfg: cfg}
	require.Nil(t, r.check(goldenOperation()))
	most := goldenOperation()
	most.Amount.Minor = 10_000_000
	require.Nil(t, r.check(most), "INR 100,000 to a VPA")
	most.Amount.Minor, most.Beneficiary.Account = 50_000_000, "12345678901@HDFC0001234.ifsc.npci"
	require.Nil(t, r.check(most), "INR 500,000 to an account, by IMPS")
	for reason, changes := range map[string][]func(*adapters.Operation){
		"FF01": {
			func(op *adapters.Operation) { op.ID = "" },
			func(op *adapters.Operation) { op.ID = "a-b" },
			func(op *adapters.Operation) { op.ID = strings.Repeat("a", 36) },
			func(op *adapters.Operation) { op.Kind = "gift" },
			func(op *adapters.Operation) { op.Kind, op.CollectionRef = messaging.KindRefund, "1" },
		},
		"AM03": {func(op *adapters.Operation) { op.Amount.Currency = fx.MustCurrency("KES") }},
		"AM12": {func(op *adapters.Operation) { op.Amount.Minor = 0 }, func(op *adapters.Operation) { op.Amount.Minor = -5 }},
		"AM02": {
			func(op *adapters.Operation) { op.Amount.Minor = 99 },
			func(op *adapters.Operation) { op.Amount.Minor = 10_000_001 },
			func(op *adapters.Operation) {
				op.Amount.Minor, op.Beneficiary.Account = 50_000_001, "12345678901@HDFC0001234.ifsc.npci"
			},
		},
		"BE23": {func(op *adapters.Operation) { op.Beneficiary.Account = "254700000000" }},
	} {
		for i, change := range changes {
			op := goldenOperation()
			change(&op)
			e := r.Submit(context.Background(), op)
			assert.Equal(t, adapters.Failed, e.State, "%s %d", reason, i)
			assert.Equal(t, reason, e.Reason, i)
		}
	}
}

func TestPayoutRequest(t *testing.T) {
	r := &Rail{cfg: Config{Currency: inr, MerchantVPA: "ayni@sponsor"}}
	op := goldenOperation()
	op.Originator = messaging.Party{Name: "Wanjikũ Mwangi", Account: "254700000001", Address: "Nairobi"}
	op.Reference = "school / fees\x00 ü 2026"
	request := r.payoutRequest(op)
	assert.Equal(t, PayoutRequest{
		MerchantRequestID: "T1P", Amount: "1250.50", Currency: "INR", MerchantVPA: "ayni@sponsor",
		CustomerVPA: "asha.rao@okbank", CustomerName: "Asha Rao", Remarks: "school  fees  2026", InitiationMode: "00", Purpose: "00",
	}, request)

	r.cfg.Inward = Institution{Type: "MTO", Route: "MTSS", Name: "Ayni", PurposeCode: "P1301"}
	request = r.payoutRequest(op)
	assert.Equal(t, ModeInward, request.InitiationMode)
	assert.Equal(t, Person{Name: "Wanjikũ Mwangi", Address: "Nairobi"}, request.Institution.Originator)
	assert.Equal(t, "Asha Rao", request.Institution.Beneficiary.Name)
	assert.Empty(t, r.cfg.Inward.Originator.Name, "the configuration stays as it is")
}
