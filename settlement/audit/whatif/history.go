package whatif

import (
	"fmt"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// History is a log's history under other rules, beside the one that happened.
type History struct {
	rules Rules
	state *decide.State
	seen  decide.Inputs // what a ledger would remember

	ids    map[settlement.TransferID]settlement.TransferID // of transfers that happened: theirs here
	states map[settlement.TransferID]messaging.State       // of transfers here, returns among them
	backs  map[settlement.TransferID]settlement.TransferID // their returns
	early  []early

	was, would *measure
}

// early is an outcome that came before its transfer has cleared here.
type early struct {
	message decide.Message
	outcome messaging.Outcome
}

// New begins a history of its own.
func New(rules Rules) (*History, error) {
	state, err := decide.Restore(&ledger.Snapshot{
		Carries: map[fx.Currency]fx.NanoMinor{}, Positions: map[int32]messaging.Position{}, Newest: map[int32]string{},
	})
	if err != nil {
		return nil, fmt.Errorf("whatif: %w", err)
	}
	return &History{
		rules: rules, state: state,
		seen: decide.Inputs{
			Known: map[ledger.IntentKey]ledger.KnownIntent{}, Finished: map[settlement.TransferID]ledger.FinishedTransfer{},
			Letters: map[ledger.LetterKey]ledger.Letter{}, Evidence: map[ledger.EvidenceKey]ledger.Evidence{},
			Silent: true, Tier: rules.Tier,
		},
		ids: map[settlement.TransferID]settlement.TransferID{}, states: map[settlement.TransferID]messaging.State{},
		backs: map[settlement.TransferID]settlement.TransferID{}, was: newMeasure(), would: newMeasure(),
	}, nil
}

// Step decides a batch as it would have been. It observes a verify.Replay; its error is one of decide.
func (h *History) Step(s verify.Step) error {
	in := h.seen
	in.Rules, in.Now, in.Hits, in.Closing = s.Inputs.Rules, s.Batch.DecidedAt, s.Inputs.Hits, s.Inputs.Closing
	in.Commands = h.commands(s.Inputs.Commands)
	in.Messages = h.messages(s.Inputs.Messages)
	in.TakenAgain = map[ledger.LetterKey]decide.Message{}
	for key, m := range s.Inputs.TakenAgain {
		m = h.saying(m)
		h.state.Bind(&m)
		in.TakenAgain[key] = m
	}
	h.state.Order(in.Messages)
	b, err := h.state.Decide(in)
	if err != nil {
		return fmt.Errorf("whatif: instead of batch %d: %w", s.Batch.ID, err)
	}
	h.learn(s.Batch, b)
	h.was.batch(s.Batch)
	h.would.batch(b)
	return nil
}

// messages are those of a batch, and what rails said before about what has cleared meanwhile.
func (h *History) messages(of []decide.Message) []decide.Message {
	var all []decide.Message
	waiting := h.early
	h.early = nil
	for _, e := range waiting {
		if kept := h.due(e.message, e.outcome); kept != nil {
			all = append(all, e.message.Saying([]messaging.Outcome{*kept}, true))
		}
	}
	for _, m := range of {
		all = append(all, h.saying(m))
	}
	return all
}

// saying is a message with those of its outcomes that can be here by now.
func (h *History) saying(m decide.Message) decide.Message {
	var outcomes []messaging.Outcome
	m.Each(func(int32, [32]byte, *messaging.DecodedIntent) {}, func(_ int32, o *messaging.Outcome) {
		if kept := h.due(m, *o); kept != nil {
			outcomes = append(outcomes, *kept)
		}
	})
	return m.Saying(outcomes, false)
}

// due is an outcome by the id that its transfer has here; nil where it waits, or will never be.
func (h *History) due(m decide.Message, o messaging.Outcome) *messaging.Outcome {
	id, err := settlement.ParseTransferID(o.Transfer)
	if err != nil {
		return &o // it is refused here, too
	}
	here, taken := h.ids[id]
	if !taken {
		return nil
	}
	cleared := true
	switch o.Kind { //nolint:exhaustive // the others are of what has not cleared
	case messaging.KindPayout, messaging.KindRecall:
		cleared = h.states[here] != messaging.StateQueued
	case messaging.KindRefund:
		back, going := h.backs[here]
		cleared = going && h.states[back] != messaging.StateQueued
	}
	switch {
	case h.states[here] == messaging.StateExpired:
		return nil
	case !cleared:
		h.early = append(h.early, early{message: m, outcome: o})
		return nil
	}
	o.Transfer = here.String()
	return &o
}

// learn remembers which transfer is which, and where those of this history stand.
func (h *History) learn(was, would *ledger.Batch) {
	taken := map[ledger.IntentKey]settlement.TransferID{}
	for _, row := range would.Intents {
		if row.Fault == "" {
			taken[ledger.IntentKey{Participant: row.Participant, ID: row.ID}] = row.Transfer
		}
	}
	for _, row := range was.Intents {
		if here, ok := taken[ledger.IntentKey{Participant: row.Participant, ID: row.ID}]; ok && row.Fault == "" {
			h.ids[row.Transfer] = here
		}
	}
	for _, t := range would.Transfers {
		h.states[t.ID] = messaging.StateQueued
		if t.ReturnOf != 0 {
			h.backs[t.ReturnOf] = t.ID
		}
	}
	for _, e := range would.Events {
		h.states[e.Transfer] = e.State
	}
}

// Report says what was and what would have been, so far.
func (h *History) Report() *Report { return report(h.was, h.would) }
