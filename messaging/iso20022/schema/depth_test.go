package schema

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func depth(s *shape) int {
	deepest := 0
	for i := range s.parts {
		deepest = max(deepest, depth(s.parts[i].shape))
	}
	return 1 + deepest
}

// Every message fits into what may be open at once, with wrappers around it and something in what it leaves open.
func TestTheDeepestMessageFits(t *testing.T) {
	const deepest = 15 // as limits.go says
	var depths []int
	for _, s := range loaded().messages {
		depths = append(depths, depth(s))
	}
	assert.Equal(t, deepest, slices.Max(depths))
	assert.Less(t, deepest+maxWrappers+10, maxDepth)
}
