//go:build mutant_sum

package mutant

const removed = "sum"
