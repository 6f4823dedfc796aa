// Package plain is a rail that no operator speaks: the smallest one that shows everything an adapter has to deal with,
// and the sandbox that stands in for it. Copy the folder to begin a rail of your own; adapters/examples/typescript
// speaks the same wire format without any code of ours.
//
// All requests bear "Authorization: Bearer KEY". Amounts are whole minor units.
//
//	POST /payouts        Request → 202 Operation; 409 where the id is known; 422 Refusal: nothing happened and will
//	POST /refunds        Request, with the receipt of the customer's payment → likewise
//	POST /holds          Request → likewise: the money is set aside for a payout, which names the hold
//	POST /releases       Request, with the hold → likewise: what it set aside is free again
//	GET  /payouts/{id}   Operation, or 404
//	GET  /refunds/{id}   Operation, or 404; likewise /holds/{id} and /releases/{id}
//	GET  /orders/{ref}   Payment, or 404
//
// It calls back below the adapter's prefix, once, and does not care for the answer:
//
//	POST …/operation     Operation
//	POST …/payment       Payment
//
// A callback that says the truth cannot be told from one that does not: whatever matters is asked about.
package plain
