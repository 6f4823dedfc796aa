package mutant

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is built without a tag has every safeguard, what is built with one lacks that one alone.
func TestAtMostOneSafeguardIsRemoved(t *testing.T) {
	missing := 0
	for _, gone := range []bool{Deduplication, Position, Epoch, Sum, Unknown, Cap} {
		if gone {
			missing++
		}
	}
	if removed == "" {
		assert.Zero(t, missing)
	} else {
		assert.Equal(t, 1, missing, removed)
	}
}
