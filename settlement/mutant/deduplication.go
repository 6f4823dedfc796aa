//go:build mutant_deduplication

package mutant

const removed = "deduplication"
