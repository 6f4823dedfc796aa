// Package board keeps what members of a pool need and offer, and suggests who could help whom.
//
//	posting  open ──▶ matched, in parts ──▶ fulfilled
//	           └─────────┴──▶ withdrawn | expired: what is agreed goes on, the rest is over
//	match    proposed ──▶ agreed ──▶ done | failed | disputed ──▶ done | failed
//	           └──▶ declined
//
// Suggest finds the matching of greatest weight, exactly, and says what made each weight: people decide, and
// nothing happens to a posting before both sides have said yes.
//
// Everything here is pure: time is an argument, numbers are integers, and the order of input does not matter.
package board
