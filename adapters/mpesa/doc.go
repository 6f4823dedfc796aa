// Package mpesa is the rail of M-Pesa and of operators that speak its Daraja API (JSON over HTTP).
//
//	prompt   STK push ──▶ the customer's phone ──▶ its callback ──▶ Sink.Collected
//	validate customer pays C2B ──▶ validation callback ──▶ Expecter, if the Sink is one ──▶ taken or not
//	collect  customer pays C2B ──▶ confirmation callback, or pull query ──▶ Sink.Collected
//	pay out  B2C v3 ──▶ ack ──▶ result or queue-timeout callback ──▶ Sink.Evidence
//	refund   reversal of the C2B payment ──▶ ack ──▶ result callback ──▶ Sink.Evidence
//	query    transaction status ──▶ ack ──▶ result at the query's own ResultURL ──▶ Sink.Evidence
//	balance  account balance ──▶ ack ──▶ result callback ──▶ Balances returns
//
// Payouts, reversals and questions are answered twice: an acknowledgement, which only says that the request was taken, and a
// result by callback. Callbacks are unsigned. They are believed only at a path nobody can guess, only
// from the configured sources, and only on both conversation ids; amount and party go on as evidence. The
// URL of each result carries a MAC over what was asked, under a key made of Config.ConsumerSecret and
// Config.CallbackPrefix: after a change of either, what is on its way is lost and asked for again.
//
// What the rail does about ids:
//
//   - A payout carries Operation.ID as its OriginatorConversationID. The rail refuses a second one, so a
//     payout can be sent again under the same id when the rail says that it does not know it.
//   - A reversal carries no id of ours. The receipt of the collection is its identity: a receipt is
//     reversed once, and later attempts are answered with R000001. The callback's path names the operation.
//   - A prompt carries no id of ours and is never an end: whether it was paid shows as a payment.
//
// A refusal of the account itself (initiator, role, lock) holds what waits, see AccountError: one operation
// goes out for every Config.AccountHold until the rail says otherwise.
package mpesa
