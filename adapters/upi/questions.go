package upi

import (
	"fmt"
	"sync"
)

// maxQuestions bounds how many questions wait for their answers at once.
const maxQuestions = 4096

// questions wait for their answers, each by the id of the message that asks. Nothing of them survives a
// restart: whoever asked asks again.
type questions struct {
	mu   sync.Mutex
	open map[string]chan Response // each of capacity 1
}

// ask opens a question. The caller forgets it when it waits no longer.
func (q *questions) ask(msgID string) (answer <-chan Response, forget func(), err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.open) >= maxQuestions {
		return nil, nil, fmt.Errorf("upi: more than %d questions are open", maxQuestions)
	}
	if q.open == nil {
		q.open = map[string]chan Response{}
	}
	waiter := make(chan Response, 1)
	q.open[msgID] = waiter
	return waiter, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.open, msgID)
	}, nil
}

// answer hands an answer to whoever asked, once. It tells whether somebody did.
func (q *questions) answer(c Response) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiter, asked := q.open[c.ReqMsgID]
	if asked {
		delete(q.open, c.ReqMsgID)
		waiter <- c
	}
	return asked
}
