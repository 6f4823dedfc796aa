// Package mutant removes one safeguard of the switch at a time, to prove that the crash suite
// (ops/crash) would notice. The constants are false, and what hangs on them is compiled away, unless the
// program is built with one of the tags that the files here name; nothing that serves is.
//
// What each takes away, and where it is consulted:
//
//	mutant_deduplication  an id that was used before is taken as new: takeIntent in settlement/decide/intake.go,
//	                      which then makes a second transfer of it and leaves the first row of ledger.intent
//	mutant_position       stream positions are committed before the batch that moved them, in a transaction of
//	                      their own: where settlement/store writes a batch
//	mutant_epoch          a batch is written whoever leads: where settlement/store checks the fencing epoch
//	mutant_sum            now and then a credit is one minor unit more than its debit, and nobody adds up: post
//	                      and writeBalances in settlement/decide
//	mutant_unknown        an unknown outcome counts as a refusal: takeOutcome in settlement/decide/outcome.go
//	mutant_cap            clearing chooses as if everybody's liquidity had no end, and the last gate is open:
//	                      openBook and writeBalances in settlement/decide
package mutant

// The safeguards that can be removed. At most one is.
const (
	Deduplication = removed == "deduplication"
	Position      = removed == "position"
	Epoch         = removed == "epoch"
	Sum           = removed == "sum"
	Unknown       = removed == "unknown"
	Cap           = removed == "cap"
)
