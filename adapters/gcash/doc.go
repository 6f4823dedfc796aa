// Package gcash is the rail of an Alipay+-family wallet (GCash in the Philippines, and its like
// elsewhere by configuration) with payouts through an instant clearing (InstaPay).
//
//	collection  wallet ─▶ notifyPayment ─▶ Sink.Collected          JSON, RSA256
//	            Rail.Collection ─▶ inquiryPayment ─▶ wallet
//	            Rail.Prompt ─▶ pay ─▶ A: the wallet's cashier page
//	refund      Rail.Submit ─▶ refund, Rail.Query ─▶ inquiryRefund
//	payout      Rail.Submit ─▶ pacs.008 ─▶ sponsor bank            XML, HS256
//	            Rail.Query  ─▶ pacs.028 ─▶ sponsor bank
//	            sponsor bank ─▶ pacs.002 ─▶ Sink.Evidence
//
// The wallet's API collects and refunds only; money reaches a wallet as an InstaPay credit to the
// wallet operator's BIC, which a participant sends through its sponsor bank.
//
// Both legs carry the same three headers: Client-Id, Request-Time (Response-Time in answers) and
// Signature, over the text "METHOD path LF clientId.time.body". On the wallet's leg the signature is
// SHA256withRSA, as its API asks. A sponsor bank's host-to-host interface is between two machines that
// share a secret, so that leg uses HMAC-SHA256 ("HS256"), a hundred times cheaper: an RSA signature of
// 2048 bits costs about a millisecond of a core, an HMAC ten microseconds.
//
// Rules: result U, silence, 5xx and whatever is not listed here are Unknown, and an inquiry decides. In
// an inquiry's answer, result is about the call and paymentResult about the payment. A rejection as
// duplicate, or as not received, speaks about a message and not about the payment. A rejection by a
// timeout's code is believed only from a status query.
package gcash
