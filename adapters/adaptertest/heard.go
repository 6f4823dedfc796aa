package adaptertest

import (
	"context"
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
)

// Heard is what the adapter has said.
type Heard struct {
	Intents  map[string]map[string]int    // by id, by exact bytes: how often
	Intent   map[string]messaging.Intent  // by id
	Finals   map[string]map[string]int    // by transfer/kind, by what it says: how often
	Final    map[string]messaging.Outcome // by transfer/kind: the first
	Unknowns map[string]int               // by transfer/kind
	Recalls  map[string]string            // by intent: the reason
}

func emptyHeard() Heard {
	return Heard{
		Intents: map[string]map[string]int{}, Intent: map[string]messaging.Intent{},
		Finals: map[string]map[string]int{}, Final: map[string]messaging.Outcome{},
		Unknowns: map[string]int{}, Recalls: map[string]string{},
	}
}

// subject is how Heard calls a transfer's instruction.
func subject(transfer string, kind messaging.Kind) string { return transfer + "/" + string(kind) }

// take notes what the adapter said.
func (s *Switch) take(m messaging.Received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Time.Before(s.since) {
		return
	}
	if err := s.note(m); err != nil {
		s.fault = errors.Join(s.fault, fmt.Errorf("message %d of the adapter (%s): %w", m.Sequence, m.Kind, err))
	}
	for _, look := range s.onNews {
		look(&s.heard)
	}
	close(s.news)
	s.news = make(chan struct{})
}

func (s *Switch) note(m messaging.Received) error {
	open, _ := messaging.Open(m.Payload)
	if err := s.verifier.Verify(m.Kind, open, m.Signature); err != nil {
		return err
	}
	switch m.Kind {
	case messaging.PayloadIntent:
		intents, recalls, err := messaging.DecodeRequests(s.participant, m.Payload)
		if err != nil {
			return err
		}
		for _, r := range recalls {
			s.heard.Recalls[r.Intent] = r.Reason
		}
		for _, i := range intents {
			if i.Fault != nil {
				return fmt.Errorf("intent %q: %w", i.Intent.ID, i.Fault)
			}
			count(s.heard.Intents, i.Intent.ID, string(i.Raw))
			s.heard.Intent[i.Intent.ID] = i.Intent
		}
	case messaging.PayloadOutcome:
		outcomes, _, err := messaging.DecodeReport(s.participant, m.Payload)
		if err != nil {
			return err
		}
		for _, d := range outcomes {
			if d.Text.Named() && d.Text.Line == nil { // the switch lets it pass, and nobody ever reads what the rail said
				return fmt.Errorf("outcome of transfer %q: the closed line of its text is missing or not sound", d.Transfer)
			}
			o := d.Outcome
			name := subject(o.Transfer, o.Kind)
			if o.State == messaging.OutcomeUnknown {
				s.heard.Unknowns[name]++
				continue
			}
			count(s.heard.Finals, name, fmt.Sprintf("%+v", o))
			if _, known := s.heard.Final[name]; !known {
				s.heard.Final[name] = o
			}
		}
	case messaging.PayloadPayout, messaging.PayloadStatus, messaging.PayloadLog:
		return errors.New("no adapter says that")
	}
	return nil
}

func count(in map[string]map[string]int, key, value string) {
	if in[key] == nil {
		in[key] = map[string]int{}
	}
	in[key][value]++
}

// Until waits until what the adapter has said is enough, or ctx ends.
func (s *Switch) Until(ctx context.Context, what string, enough func(*Heard) bool) error {
	for {
		s.mu.Lock()
		ok, news := enough(&s.heard), s.news
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("in vain for %s: %w", what, context.Cause(ctx))
		}
	}
}

// Look shows what the adapter has said. The errors are what it must not say.
func (s *Switch) Look(look func(*Heard) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.fault, look(&s.heard))
}

// watch has look called at every message, until the switch ends.
func (s *Switch) watch(look func(*Heard)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onNews = append(s.onNews, look)
}
