// Package api is the switch to programs: HTTP and JSON under /v1, described by an OpenAPI 3.1 document that is made from
// the same declarations (route.go). It reads the ledger and writes nothing to it: what changes something is asked for by
// one person and decided on by another (requests.go), and every write bears an Idempotency-Key (idempotency.go).
//
//	request id ▶ compression ▶ route ▶ guard (who, may they) ▶ once (Idempotency-Key) ▶ decoding, limits ▶ handler
//
// Amounts are text in major units beside their currency, times RFC 3339 in UTC, ids text. Lists are pages with opaque
// cursors, and CSV for whoever wants all of one. Errors are application/problem+json (problem.go).
package api
