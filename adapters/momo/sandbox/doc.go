// Package sandbox is an operator's MTN MoMo API for tests and demonstrations: both products that pay out,
// each with its own subscription key, user and tokens, a ledger that survives a kill, and faults on demand.
//
// It is written apart from the rail and shares no types with it, so that a misreading on one side shows.
package sandbox
