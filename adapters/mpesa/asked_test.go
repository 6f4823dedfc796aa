package mpesa

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestOneQuestionAtATime(t *testing.T) {
	a, start := newAsked(), time.Unix(1_700_000_000, 0)
	assert.True(t, a.begin("P1", start))
	assert.False(t, a.begin("P1", start.Add(answerPatience-1)))
	assert.True(t, a.begin("P2", start))
	assert.True(t, a.begin("P1", start.Add(answerPatience)), "an answer may be lost")
	assert.False(t, a.begin("P1", start.Add(2*answerPatience-1)))
	a.end("P1")
	assert.True(t, a.begin("P1", start.Add(2*answerPatience-1)))
}
