// Package upi is India's UPI as a sponsor bank or payment service provider (PSP) offers it: payouts by
// push to a virtual payment address (VPA), customers' payments as they come from the network.
//
//	Submit  ─▶ POST PathPayout, PathRefund              JSON ─▶ PENDING or DEEMED, seldom final
//	Query   ─▶ POST PathPayoutStatus, PathRefundStatus  JSON ─▶ the state, at once
//	webhook ─▶ CallbackPrefix + PathWebhook             JSON, HMAC-SHA256 over the raw body
//
// The network's own messages are XML with an enveloped XMLDSig, both ways. The call that brings one is
// answered by an Ack; what it asks for comes later, as a message of its own:
//
//	ReqAuthDetails ─▶ PathAuthorisation ─▶ RespAuthDetails      who would be paid
//	ReqPay CREDIT ─▶ PathPay ─▶ Sink.Collected ─▶ RespPay       a customer's payment
//	ReqTxnConfirmation ─▶ PathConfirmation ─▶ Sink.Collected ─▶ RespTxnConfirmation
//	Collection ─▶ ReqChkTxn ─▶ PathCheck … RespChkTxn ─▶ PathChecked ─▶ whoever asked under that msgId
//
// Only SUCCESS with code 00, and FAILURE with a code that this package lists as final, end anything;
// PENDING is accepted, and DEEMED, RB, 96, silence, 5xx and every unlisted code leave the question open. A
// customer pays to MerchantVPA with the order's reference in Txn refId, or to a VPA of the order's own, see
// OrderVPA. A payment that is taken back (ReqPay REVERSAL) is told to a sink that wants to know.
//
// Payouts go out by the PSP's API alone: this package sends no ReqPay. Disputes (UDIR) are not spoken.
//
// XML comes in through one narrow door: bounded bytes, depth and elements, UTF-8, no markup declarations
// (so neither DOCTYPE nor entities, comments nor CDATA), no processing instruction but the first line,
// no attribute or element twice where one is read. Its signature is checked before any field is read,
// and the fields are read from the canonical bytes that the signature covers.
//
// Sources: NPCI's UPI message set (http://npci.org/upi/schema/), W3C XML Signature and Canonical XML 1.0,
// and the push-to-VPA interfaces that PSPs publish.
package upi
