//go:build !mutant_deduplication && !mutant_position && !mutant_epoch && !mutant_sum && !mutant_unknown && !mutant_cap

package mutant

// removed is what every program that serves is built with.
const removed = ""
