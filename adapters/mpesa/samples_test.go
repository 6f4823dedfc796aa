package mpesa

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ayni-switch/ayni/adapters"
)

// Every public sample is decoded as what it is, or refused for the reason that its index gives.
func TestSamples(t *testing.T) {
	const (
		rail  = "rail_id"
		ref   = "rail_ref"
		op    = "operation"
		order = "order"
	)
	type ids map[string]string
	for name, want := range map[string]struct {
		kind    string
		about   adapters.About
		state   adapters.State
		counts  bool
		amount  string
		account string
		code    string
		reason  string
		refused string // part of it
		confirm string // part of it
		ids     ids
	}{
		"async-ack__account_balance-1.json": {kind: kindAck, about: adapters.AboutRequest, state: adapters.Accepted, code: "0", refused: saysNothing, ids: ids{op: "12345-67890-1", rail: "AG_20170717_00006c6f7f5b8b6b1a62"}},
		"async-ack__account_balance-2.json": {kind: kindAck, about: adapters.AboutRequest, state: adapters.Accepted, code: "0", refused: saysNothing, ids: ids{op: "515-5258779-3", rail: "AG_20200123_0000417fed8ed666e976"}},
		"async-ack__b2c_account_top_up-1.json": {
			kind: kindAck, about: adapters.AboutRequest, state: adapters.Accepted, code: "0", refused: saysNothing,
			ids: ids{op: "5118-111210482-1", rail: "AG_20230420_2010759fd5662ef6d054"},
		},
		"async-ack__c2b-2.json":      {kind: kindAck, about: adapters.AboutRequest, state: adapters.Accepted, code: "0", refused: saysNothing, ids: ids{op: "typo123", rail: "conv456"}},
		"async-ack__reversal-1.json": {kind: kindAck, about: adapters.AboutRequest, state: adapters.Accepted, code: "0", refused: saysNothing, ids: ids{op: "71840-27539181-07", rail: "AG_20210709_12346c8e6f8858d7b70a"}},
		"async-ack__services-1.json": {kind: kindAck, about: adapters.AboutRequest, state: adapters.Accepted, code: "0", refused: saysNothing, ids: ids{op: "12345", rail: "AG_20230601_123456789"}},
		"async-ack__services-2.json": {kind: kindAck, about: adapters.AboutRequest, state: adapters.Accepted, code: "0", refused: saysNothing, ids: ids{op: "67890", rail: "AG_20230601_987654321"}},

		"c2b-callback__c2b-1.json": {
			kind: kindConfirmation, about: adapters.AboutCollection, state: adapters.Settled, counts: true, amount: "10.00",
			account: "254701234567", ids: ids{ref: "RKTQDM7W6S", order: "invoice008", "shortcode": "600638"},
		},

		"request__b2c-1.json": {
			kind: kindRequest, about: adapters.AboutRequest, amount: "1000.00", account: "254712345678", code: "BusinessPayment",
			refused: saysNothing, ids: ids{op: "12345-67890-1"},
		},
		"request__b2c_account_top_up-1.json": {kind: kindRequest, about: adapters.AboutRequest, amount: "239.00", account: "600000", code: "BusinessPayToBulk", refused: saysNothing, ids: ids{order: "353353"}},
		"request__business_buy_goods-1.json": {kind: kindRequest, about: adapters.AboutRequest, amount: "239.00", account: "0", code: "BusinessBuyGoods", refused: saysNothing, ids: ids{order: "353353"}},
		"request__business_paybill-1.json":   {kind: kindRequest, about: adapters.AboutRequest, amount: "239.00", account: "0", code: "BusinessPayBill", refused: saysNothing, ids: ids{order: "353353"}},
		"request__reversal-1.json":           {kind: kindRequest, about: adapters.AboutRequest, amount: "100.00", code: "TransactionReversal", refused: saysNothing, ids: ids{ref: "LKXXXX1234"}},
		"request__transaction_status-1.json": {kind: kindRequest, about: adapters.AboutRequest, code: "TransactionStatusQuery", refused: saysNothing, ids: ids{ref: "LKXXXX1234", "asked": "12345-67890-1"}},

		"result-callback__account_balance-2.json": {
			kind: kindResult, about: adapters.AboutBalance, code: "0", refused: saysNothing, ids: ids{"query": "16917-22577599-3"},
		},
		"result-callback__b2c-4.json": {
			kind: kindResult, about: adapters.AboutPayout, state: adapters.Unknown, code: "0", refused: "success without ResultType 0, a receipt or an amount",
			ids: ids{op: "12345-67890-1", rail: "AG_20170717_00006c6f7f5b8b6b1a62"},
		},
		"result-callback__b2c_account_top_up-3.json": {
			kind: kindResult, about: adapters.AboutPayout, state: adapters.Failed, counts: true, code: "1", reason: "AM04", confirm: "asked about first",
			ids: ids{op: "c2a9ba32-9e11-4b90-892c-7bc54944609a", rail: "AG_20230420_2010759fd5662ef6d054", "transaction": "TX123456"},
		},
		"result-callback__b2c_account_top_up-4.json": {
			kind: kindResult, about: adapters.AboutPayout, state: adapters.Unknown, code: "1", confirm: "not the last word: ResultType 1",
			ids: ids{op: "8521-4298025-1", rail: "AG_20181005_00004d7ee675c0c7ee0b"},
		},
		"result-callback__business_buy_goods-3-d6fd60.json": {
			kind: kindResult, about: adapters.AboutPayout, state: adapters.Settled, counts: true, code: "0", amount: "190.00",
			ids: ids{op: "626f6ddf-ab37-4650-b882-b1de92ec9aa4", rail: "12345677dfdf89099B3", ref: "QKA81LK5CY"},
		},
		"result-callback__business_buy_goods-3.json": {
			kind: kindResult, about: adapters.AboutPayout, state: adapters.Unknown, code: "1", confirm: "not the last word: ResultType 1",
			ids: ids{op: "8521-4298025-1", rail: "AG_20181005_00004d7ee675c0c7ee0b"},
		},
		"result-callback__business_buy_goods-4.json": {
			kind: kindResult, about: adapters.AboutPayout, state: adapters.Settled, counts: true, code: "0", amount: "190.00",
			ids: ids{op: "626f6ddf-ab37-4650-b882-b1de92ec9aa4", rail: "AG_20181005_00004d7ee675c0c7ee0b", ref: "QKA81LK5CY"},
		},
		"result-callback__business_paybill-3.json": {
			kind: kindResult, about: adapters.AboutPayout, state: adapters.Settled, counts: true, code: "0", amount: "190.00",
			ids: ids{op: "626f6ddf-ab37-4650-b882-b1de92ec9aa4", rail: "AG_20181005_00004d7ee675c0c7ee0b", ref: "QKA81LK5CY"},
		},
		"result-callback__reversal-2.json": {
			kind: kindResult, about: adapters.AboutRefund, state: adapters.Unknown, code: "21", refused: "code 21 with a text of success",
			ids: ids{op: "8521-4298025-1", rail: "AG_20181005_00004d7ee675c0c7ee0b", "transaction": "MJ561H6X5O"},
		},
		"result-callback__transaction_status-3.json": {
			kind: kindResult, about: adapters.AboutPayout, state: adapters.Settled, counts: true, code: "0", amount: "1000.00",
			confirm: "which conversation it is about", ids: ids{ref: "LKXXXX1234", "query": "12345-67890-1"},
		},

		"stk-ack__mpesa_express-1-82d11b.json": {kind: kindPush, about: adapters.AboutRequest, state: adapters.Accepted, code: "0", refused: saysNothing, ids: ids{rail: "ws_CO_DMZ_123212312_2342347678234", "request": "16813-1590513-1"}},
		"stk-ack__mpesa_express-1.json":        {kind: kindPush, about: adapters.AboutRequest, state: adapters.Accepted, code: "0", refused: saysNothing, ids: ids{rail: "67890", "request": "12345"}},
		"stk-ack__mpesa_express-3.json":        {kind: kindPushQuery, about: adapters.AboutCollection, state: adapters.Accepted, code: "0", confirm: "pull queries", ids: ids{rail: "ws_CO_13012021093521236557", "request": "22205-34066-1"}},
		"stk-ack__services-1.json":             {kind: kindPush, about: adapters.AboutRequest, state: adapters.Accepted, code: "0", refused: saysNothing, ids: ids{rail: "ws_CO_DMZ_123212312_2342347678234", "request": "16813-1590513-1"}},
		"stk-ack__services-3.json":             {kind: kindPushQuery, about: adapters.AboutCollection, state: adapters.Accepted, code: "0", confirm: "pull queries", ids: ids{rail: "ws_CO_13012021093521236557", "request": "22205-34066-1"}},

		"stk-callback-success.json": {
			kind: kindPrompted, about: adapters.AboutCollection, state: adapters.Settled, counts: true, code: "0", amount: "1.00", account: "254708374149",
			ids: ids{ref: "LGR7OWQX0R", rail: "ws_CO_27072017154747416", "request": "19465-780693-1", "at": "2017-07-27T15:48:00+03:00"},
		},
		"stk-callback__mpesa_express-1.json": {kind: kindPrompted, refused: "ResultCode is missing"},
		"stk-callback__mpesa_express-3.json": {
			kind: kindPrompted, about: adapters.AboutCollection, state: adapters.Failed, counts: true, code: "1", reason: "AM04",
			confirm: "only this prompt", ids: ids{rail: "crid", "request": "mrid"},
		},

		"token__auth-1.json": {kind: kindToken, about: adapters.AboutToken, refused: saysNothing},
		"token__auth-2.json": {kind: kindToken, about: adapters.AboutToken, refused: saysNothing},
		"token__auth-4.json": {kind: kindToken, about: adapters.AboutToken, refused: saysNothing},
	} {
		t.Run(name, func(t *testing.T) {
			body := sample(t, name)
			r := Decode(adapters.Payload{Body: body})
			assert.Equal(t, want.kind, r.Kind)
			assert.Equal(t, want.about, r.About)
			assert.Equal(t, want.state, r.State)
			assert.Equal(t, want.counts, r.Counts())
			assert.Equal(t, want.account, r.Account)
			assert.Equal(t, want.code, r.Code)
			assert.Equal(t, want.reason, r.Reason)
			assert.Contains(t, r.Refused, want.refused)
			assert.Equal(t, want.refused == "", r.Refused == "", r.Refused)
			assert.Contains(t, r.Confirm, want.confirm)
			assert.Equal(t, want.confirm == "", r.Confirm == "", r.Confirm)
			if want.amount == "" {
				assert.Nil(t, r.Amount)
			} else if assert.NotNil(t, r.Amount) {
				assert.Equal(t, []string{want.amount, "KES"}, []string{r.Amount.Amount, r.Amount.Currency})
			}
			if len(want.ids) == 0 {
				assert.Empty(t, r.IDs)
			} else {
				assert.Equal(t, map[string]string(want.ids), r.IDs)
			}
		})
	}
}

func TestSampleBalance(t *testing.T) {
	r := Decode(adapters.Payload{Kind: kindResult, Body: sample(t, "result-callback__account_balance-2.json")})
	said := map[string]string{}
	for _, part := range r.Parts {
		said[part.Account] = part.Amount.Amount
	}
	assert.Equal(t, map[string]string{
		"Working Account": "700000.00", "Float Account": "0.00", "Utility Account": "228037.00", "Charges Paid Account": "-1540.00",
		"Organization Settlement Account": "0.00",
	}, said)
}
