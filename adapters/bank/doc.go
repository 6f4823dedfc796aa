// Package bank is the rail of a bank that speaks ISO 20022, over HTTP or by way of a watched folder, one
// payment a message.
//
//	send     bank ─▶ pacs.008 ─▶ Runner.PlaceOrders and Sink.Collected ─▶ pacs.002   order and money at once
//	collect  bank ─▶ pacs.008 to ourselves ─▶ Sink.Collected ─▶ pacs.002             an order's reference is the EndToEndId
//	chase    bank ─▶ pacs.028 ─▶ Runner.Order ─▶ pacs.002                            ACSP, ACCC once paid
//	payout   Rail.Submit ─▶ pacs.008 ─▶ bank, Rail.Query ─▶ pacs.028 ─▶ bank, bank ─▶ pacs.002 ─▶ Sink.Evidence
//	refund   Rail.Submit ─▶ pacs.004 ─▶ bank, Rail.Query ─▶ pacs.028 ─▶ bank
//	returned bank ─▶ pacs.004 ─▶ Sink.Evidence                                       a payout's money came back
//
// The answer to a pacs.008 decides whose the money is. RJCT says that we took nothing, but for DUPL, which is about the
// message and not about the payment; ACSP says that order and money are on our disk. From then on only a pacs.004 gives money back: a rejection beside it would have
// the bank credit its customer twice. A bank that got no answer sends the same pacs.008 again, or asks by pacs.028: the
// UETR names the payment for ever, so it is taken once. NOOR is the answer about one that we never took.
//
// Over HTTP both sides show a bearer token on every call, within TLS; a folder is the bank's and ours alone. A message is believed because of who sent it: money goes out
// on a pacs.008, so a path that nobody guesses would not do.
package bank
