// Package sandbox is an operator's GSMA Mobile Money API 1.2 for tests and demonstrations: the same paths, headers and
// error codes, a ledger that survives a kill, and faults on demand.
//
// It is written apart from the rail and shares no types with it, so that a misreading on one side shows.
package sandbox
