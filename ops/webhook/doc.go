// Package webhook tells other programs by HTTP what happened, as Standard Webhooks 1.0.0 has it.
//
//	ledger.outbox ──position of each endpoint──▶ Told: events ──▶ delivery ──lane of each endpoint──▶ POST, signed
//
// What happened is read where participants are told, in the ledger's outbox, which is gapless and in order. An event's id
// follows from its place there, so told twice it is known to be the same. Each endpoint has a position of its own, and
// replaying is moving that back. Nothing is kept of an event but where it stands: its payload is made anew from the
// ledger, and names things by the paths under which the API shows them.
//
// Here is what is pure: events, signatures, and when to try again. ops/webhook/store keeps endpoints and deliveries, and
// ops/webhook/deliver sends.
package webhook
