package upi

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever comes in whichever order, an answer reaches who asked, once, and nobody who has gone.
func TestQuestions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q questions
		waiting := map[string]<-chan Response{}
		forgets := map[string]func(){}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			id := fmt.Sprintf("BNK%d", rapid.IntRange(0, 5).Draw(t, "id"))
			answer, open := waiting[id]
			switch rapid.SampledFrom([]string{"ask", "answer", "forget"}).Draw(t, "step") {
			case "ask":
				if open {
					continue
				}
				var err error
				waiting[id], forgets[id], err = q.ask(id)
				require.NoError(t, err)
			case "answer":
				require.Equal(t, open, q.answer(Response{ReqMsgID: id}))
				if open {
					require.Equal(t, id, (<-answer).ReqMsgID)
					delete(waiting, id)
				}
			case "forget":
				if forgets[id] != nil {
					forgets[id]()
					delete(waiting, id)
				}
			}
		}
		require.Len(t, q.open, len(waiting))
	})
}

func TestTooManyQuestions(t *testing.T) {
	var q questions
	var forget func()
	for n := range maxQuestions {
		var err error
		_, forget, err = q.ask(fmt.Sprint("BNK", n))
		require.NoError(t, err)
	}
	_, _, err := q.ask("BNKmore")
	require.Error(t, err)
	forget()
	_, _, err = q.ask("BNKmore")
	assert.NoError(t, err)
}
