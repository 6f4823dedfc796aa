// Package sandbox is a PSP with UPI behind it, as package upi speaks to it.
//
//	POST upi.PathPayout, PathPayoutStatus, PathRefund, PathRefundStatus   JSON, API key
//	payout, refund ─▶ PENDING or DEEMED ─▶ (later) webhook ─▶ adapter     HMAC-SHA256
//	POST upi.PathCheck ─▶ Ack … RespChkTxn ─▶ adapter                     XML, signed
//	Pay ─▶ ReqPay ─▶ adapter                                              XML, signed
//	GET /admin/statement?day=YYYY-MM-DD                                   CSV: what settled
//
// Where it knows the adapter's certificate it takes nothing unsigned, and a payment goes the whole way:
//
//	Pay ─▶ ReqAuthDetails ─▶ RespAuthDetails
//	    ─▶ ReqPay ─▶ RespPay ─▶ ReqTxnConfirmation ─▶ RespTxnConfirmation
//
// It keeps to the traps of the real ones: nothing is final at once; a delayed operation is DEEMED with RB
// until it is decided; a merchantRequestId that comes again is refused as a duplicate, which is no word
// about the first one; a status query about an unknown one fails as a call; an answer to a question can be
// lost, though never twice in a row. The contrary of a settled payout is a FAILURE webhook, the contrary of
// a customer's payment a ReqPay of type REVERSAL.
package sandbox
