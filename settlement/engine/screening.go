package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/screen"
)

// screenWithin is how long a batch waits for the screener: a late answer must not hold everybody up, and on a machine
// that is busy a prompt one may take a second.
const screenWithin = 2 * time.Second

// What intents are held by that the screener did not answer in time, or could not.
const (
	unansweredList = "screening"
	unansweredRule = "unanswered"
)

// screening asks the screener about new intents, one batch at a time.
type screening struct {
	by   screen.Screener // nil for none
	free chan struct{}   // holds one while nothing is asked: one that does not keep to its time is not asked again meanwhile
}

func newScreening(by screen.Screener) *screening {
	s := &screening{by: by, free: make(chan struct{}, 1)}
	s.free <- struct{}{}
	return s
}

// errBusy says that the screener is still at an earlier batch.
var errBusy = errors.New("engine: the screener has not come back from an earlier batch")

// ask returns the answers in time, or why there are none.
func (s *screening) ask(ctx context.Context, questions []screen.Question) ([]screen.Answer, error) {
	select {
	case <-s.free:
	default:
		return nil, errBusy
	}
	ctx, cancel := context.WithTimeout(ctx, screenWithin)
	defer cancel()
	answered := make(chan screened, 1)
	go func() {
		r := s.safely(ctx, questions)
		s.free <- struct{}{} // first: who has the answer may ask again at once
		answered <- r
	}()
	select {
	case r := <-answered:
		return r.answers, errors.Join(r.err, fitting(questions, r.answers))
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type screened struct {
	answers []screen.Answer
	err     error
}

// safely asks a screener that may panic.
func (s *screening) safely(ctx context.Context, questions []screen.Question) (r screened) {
	defer func() {
		if p := recover(); p != nil {
			r = screened{err: fmt.Errorf("engine: the screener panicked: %v", p)}
		}
	}()
	r.answers, r.err = s.by.Screen(ctx, questions)
	return r
}

// fitting tells whether answers can be kept as they are.
func fitting(questions []screen.Question, answers []screen.Answer) error {
	if len(answers) != len(questions) {
		return fmt.Errorf("engine: %d answers to %d questions", len(answers), len(questions))
	}
	for _, a := range answers {
		switch {
		case a.Decision != screen.Allow && a.Decision != screen.Hold && a.Decision != screen.Deny:
			return fmt.Errorf("engine: no decision %.20q", string(a.Decision))
		case len(a.List) > screen.MaxText || len(a.Rule) > screen.MaxText || decide.Plain(a.List) != a.List || decide.Plain(a.Rule) != a.Rule:
			return errors.New("engine: the texts of an answer are too long or not plain")
		case a.Decision != screen.Allow && a.List == "":
			return errors.New("engine: an answer names no list")
		}
	}
	return nil
}

// screen has lists and screener look at a batch's intents before it is decided. What is not answered is held.
func (e *Engine) screen(ctx context.Context, asked []decide.Message, in *decide.Inputs) error {
	var err error
	if in.Hits, err = e.state.Screen(asked); err != nil || e.screening.by == nil {
		return err
	}
	places, questions := e.state.Questions(asked, in)
	if len(questions) == 0 {
		return nil
	}
	answers, err := e.screening.ask(ctx, questions)
	if err != nil {
		if ctx.Err() != nil { // the engine ends, and nothing is decided
			return ctx.Err()
		}
		e.Log.Warn("screening failed; new intents are held", "intents", len(questions), "error", err)
		answers = nil
	}
	for i, at := range places {
		said := ledger.Screened{Decision: screen.Hold, List: unansweredList, Rule: unansweredRule}
		if answers != nil {
			said = ledger.Screened{Decision: answers[i].Decision, List: answers[i].List, Rule: answers[i].Rule}
		}
		was, listed := in.Hits[at]
		switch {
		case said.Decision == screen.Allow && said.List == "": // nothing to keep
		case listed && was.Decision == screen.Hold && said.Decision != screen.Deny: // the list is as strict
		default:
			in.Hits[at] = said
		}
	}
	return nil
}
