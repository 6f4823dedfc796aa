// Package momo is the rail of MTN MoMo: payouts by its disbursement product or by its remittance product
// (JSON over HTTP). It collects nothing, so it has nothing to refund either.
//
//	pay out  POST /{product}/v1_0/transfer ──▶ 202, no body ──▶ callback, sent once ──▶ Sink.Evidence
//	query    GET  /{product}/v1_0/transfer/{X-Reference-Id} ──▶ CREATED, PENDING, SUCCESSFUL, FAILED
//
// Each product has its own subscription key, API user and token; none of them is good for the other.
//
// A transfer's identity on the rail is its X-Reference-Id, a UUID of version 4 that is made of
// Operation.ID, so that it is the same after a crash without being kept. The rail refuses a second
// transfer under it (409), which says nothing about the first: the first is asked about. Operation.ID goes
// along as externalId, which the rail neither reads nor wants to be unique.
//
// Callbacks are unsigned and name no X-Reference-Id. They are believed only at a path nobody can guess,
// which carries the operation and a MAC over it under a key made of Config.APIKey and
// Config.CallbackPrefix, and only where externalId is the operation's. After a change of either, what is
// on its way is lost and asked about.
package momo
