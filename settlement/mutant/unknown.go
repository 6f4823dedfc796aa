//go:build mutant_unknown

package mutant

const removed = "unknown"
