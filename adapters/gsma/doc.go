// Package gsma is the rail of operators that speak the GSMA Mobile Money API 1.2 (JSON over HTTP). What differs
// between them is configuration.
//
//	pay out  POST /transactions/type/disbursement ──▶ 202, serverCorrelationId ──▶ PUT to X-Callback-URL
//	collect  customer pays merchantpay ──▶ PUT to the notification URL, or the account's transactions ──▶ Sink.Collected
//	prompt   POST /transactions/type/merchantpay ──▶ 202 ──▶ PUT to X-Callback-URL ──▶ Sink.Collected
//	refund   POST /transactions/{reference}/reversals ──▶ 202 ──▶ PUT to X-Callback-URL
//	query    GET /requeststates/{serverCorrelationId} ──▶ GET /transactions/{objectReference}
//	         GET /responses/{X-CorrelationID} where the acceptance was lost
//
// A request's identity is its X-CorrelationID, a UUID of version 4 that is made of Operation.ID, so that it is the
// same after a crash without being kept. The rail refuses a second one (duplicateRequest), which says nothing about
// the first: the first is asked about. A request state that is completed names a transaction and no amount, so it
// counts once the transaction has been read. A transaction is reversed once.
//
// Callbacks are unsigned, and one that reports a failure names nothing at all. They are believed only at a path nobody
// can guess, which carries what was asked and a MAC over it, under a key made of Config.APIKey, Config.Password and
// Config.CallbackPrefix; after a change of any, what is on its way is lost and asked about. As no callback names the
// serverCorrelationId, each is confirmed by a query. X-Content-Hash is a digest and proves nothing about who sent it.
package gsma
