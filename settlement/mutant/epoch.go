//go:build mutant_epoch

package mutant

const removed = "epoch"
