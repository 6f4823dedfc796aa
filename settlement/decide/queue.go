package decide

import (
	"cmp"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// enqueue puts a transfer at its age.
func (d *decision) enqueue(t *transfer) {
	d.stirred = true
	d.State.enqueue(t)
}

func (s *State) enqueue(t *transfer) {
	t.state = messaging.StateQueued
	if t.bundle != nil { // it waits for the other legs, and for liquidity with them
		s.putAside(t)
		return
	}
	queue := s.queueOf(t)
	at, _ := slices.BinarySearchFunc(*queue, t.age(), byAge)
	for at < len(*queue) && (*queue)[at].age() == t.age() {
		at++
	}
	*queue = slices.Insert(*queue, at, t)
	s.dueBy(t)
}

func olderFirst(a, b *transfer) int { return cmp.Compare(a.age(), b.age()) }

func byAge(t *transfer, age settlement.TransferID) int { return cmp.Compare(t.age(), age) }

// queueOf is where a transfer waits for liquidity: to be netted, or to be settled by itself.
func (s *State) queueOf(t *transfer) *[]*transfer {
	if len(s.grossFrom) > 0 && s.isGross(t) {
		return &s.grossQueue
	}
	return &s.queue
}

// takeOut takes a queued transfer out of where it waits.
func (s *State) takeOut(t *transfer) {
	if s.sidelined[t.ID] == t {
		delete(s.sidelined, t.ID)
		return
	}
	queue := s.queueOf(t)
	at, _ := slices.BinarySearchFunc(*queue, t.age(), byAge)
	for (*queue)[at] != t { // a return is as old as what it sends back
		at++
	}
	*queue = slices.Delete(*queue, at, at+1)
}

// queued is how many transfers are queued, wherever they stand.
func (s *State) queued() int { return len(s.queue) + len(s.grossQueue) + len(s.sidelined) }

// due is when a queued transfer has to be looked at: at its deadline, or when its currencies open. A return
// has no deadline: money must go home.
func (t *transfer) due() (at time.Time, ok bool) {
	if t.original != nil {
		return time.Time{}, false
	}
	if t.life != nil && !t.life.late.IsZero() && t.life.late.Before(t.Deadline) {
		return t.life.late, true
	}
	return t.Deadline, true
}

// dueBy keeps in mind when a queued transfer is due. Nothing is due before s.earliest; something need not be
// due then, for what cleared meanwhile is not taken out of account before that moment.
func (s *State) dueBy(t *transfer) {
	if at, ok := t.due(); ok && (s.earliest.IsZero() || at.Before(s.earliest)) {
		s.earliest = at
	}
}

// eachQueued hands over every queued transfer, in no order that a decision may rest on.
func (s *State) eachQueued(take func(*transfer)) {
	for _, queue := range [][]*transfer{s.queue, s.grossQueue} {
		for _, t := range queue {
			take(t)
		}
	}
	for _, t := range s.sidelined {
		take(t)
	}
}

// recount finds again when the first of the queue is due.
func (s *State) recount() {
	s.earliest = time.Time{}
	s.eachQueued(s.dueBy)
}

// nextDue is the first moment at which something has to be decided without anything coming in; ok is false
// where there is none. It decides nothing: it only looks again where the moment that it had in mind is up.
func (s *State) nextDue(now time.Time) (due time.Time, ok bool) {
	if !s.earliest.IsZero() && !s.earliest.After(now) {
		s.recount()
	}
	due, ok = s.nextWord()
	if !s.earliest.IsZero() && (!ok || s.earliest.Before(due)) {
		return s.earliest, true
	}
	return due, ok
}

// expire lets transfers leave the queue at their deadline, and those take the next step whose currencies
// have opened.
func (d *decision) expire() error {
	if d.earliest.IsZero() || d.earliest.After(d.Now) {
		return nil
	}
	var due []*transfer
	d.eachQueued(func(t *transfer) {
		if at, ok := t.due(); ok && !at.After(d.Now) {
			due = append(due, t)
		}
	})
	slices.SortFunc(due, func(a, b *transfer) int { return cmp.Compare(a.ID, b.ID) })
	expired := len(d.expired)
	for _, t := range due {
		if t.state != messaging.StateQueued { // it has ended with another leg of its bundle
			continue
		}
		if t.Deadline.After(d.Now) {
			d.note(t, ledger.LifeEvent{Kind: ledger.LifeOpened})
			d.proceed(t)
			continue
		}
		d.lapse(t, messaging.FaultDeadline.Reason())
	}
	if len(d.expired) > expired {
		gone := func(t *transfer) bool { return t.state != messaging.StateQueued }
		d.queue = slices.DeleteFunc(d.queue, gone)
		d.grossQueue = slices.DeleteFunc(d.grossQueue, gone)
	}
	d.recount()
	return nil
}
