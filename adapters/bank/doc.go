// Package bank is the rail of a bank that speaks ISO 20022, over HTTP or by way of a watched folder.
//
//	send     bank ─▶ pacs.008 ─▶ Runner.PlaceOrders and Sink.Collected ─▶ pacs.002   order and money at once
//	collect  bank ─▶ pacs.008 to ourselves ─▶ Sink.Collected ─▶ pacs.002             an order's reference is the EndToEndId
//	chase    bank ─▶ pacs.028 ─▶ Runner.Order ─▶ pacs.002                            ACSP, ACCC once paid
//	recall   bank ─▶ camt.056 ─▶ Runner.Recall ─▶ camt.029                           CNCL, RJCR, PDCR while others are asked
//	payout   Rail.Submit ─▶ pacs.008 ─▶ bank, Rail.Query ─▶ pacs.028 ─▶ bank, bank ─▶ pacs.002 ─▶ Sink.Evidence
//	refund   Rail.Submit ─▶ pacs.004 ─▶ bank, Rail.Query ─▶ pacs.028 ─▶ bank
//	returned bank ─▶ pacs.004 ─▶ Sink.Evidence                                       a payout's money came back
//
// The answer to a pacs.008 decides whose the money is. RJCT says that we took nothing, but for DUPL, which is about the
// message and not about the payment; ACSP says that order and money are on our disk. From then on only a pacs.004 gives money back: a rejection beside it would have
// the bank credit its customer twice. A bank that got no answer sends the same pacs.008 again, or asks by pacs.028: the
// UETR names the payment for ever, so it is taken once. NOOR is the answer about one that we never took.
//
// # Once
//
// A message is known by its sender and the sender's id of it (MsgId, or the id of the assignment). The same bytes get the
// same answer again, out of the record, for as long as orders are kept; other bytes under that id are refused (DUPL, or
// an admi.002). A UETR that comes again under another id is answered as the payment stands: taken once, or rejected for
// the reason that it was rejected for. A question is answered as things are now, and so is a recall until it has ended.
//
// A pacs.008 may hold many payments, up to 10 MB: it is read twice, the first time to its end, because totals that do not
// tie refuse all of it; then each payment gets its own verdict in one pacs.002, whose group status is ACSP, PART or RJCT.
// What breaks off in the middle was not answered, comes again, and goes on.
//
// # What came in
//
// Whatever counted for something is kept as it came, byte for byte. The adapter shows it to its operator: GET
// /documents?uetr=U, ?order=REF, ?operation=ID or ?message=SENDER/ID lists SHA-256 hashes, GET /documents/{sha256} is the
// message, and /documents/{sha256}/answer what it was answered. In a folder the files themselves stay, in done.
//
// # Who is heard
//
// Over HTTP each side shows a token, a certificate, or both, on every call, within TLS; a folder is the bank's and ours
// alone. A message is believed because of who sent it: money goes out on a pacs.008, so a path that nobody guesses would
// not do. Whoever shows what the bank shows may instruct as the bank's BIC, and as nobody else: by the message's own
// agents (RC01), and by its header. What cannot be read, or cannot be taken as it is, gets an admi.002 with 4xx; 503 says
// to send it again.
package bank
