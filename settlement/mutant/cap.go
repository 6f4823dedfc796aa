//go:build mutant_cap

package mutant

const removed = "cap"
