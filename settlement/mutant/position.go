//go:build mutant_position

package mutant

const removed = "position"
