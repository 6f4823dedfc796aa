package verify

import (
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/decide"
)

// SecondOpinion has an accountant, who shares no code with whoever decides, look at each batch. Its error is a
// *DivergedError that names what does not hold.
func SecondOpinion() Observer {
	books := accountant.New()
	return func(s Step) error {
		if err := books.Batch(accounted(s), s.Batch); err != nil {
			return &DivergedError{Index: s.Index, Batch: s.Batch.ID, What: "a second opinion", Expected: "books that hold", Found: err.Error()}
		}
		return nil
	}
}

// accounted are a batch's inputs as the accountant wants them: what commands have taken in again first.
func accounted(s Step) accountant.Inputs {
	in := accountant.Inputs{Commands: s.Inputs.Commands}
	take := func(command int64, m *decide.Message) {
		p := s.State.Named(m.Participant).ID
		m.Each(func(place int32, hash [32]byte, d *messaging.DecodedIntent) {
			in.Intents = append(in.Intents, accountant.Intent{
				Participant: p, Sequence: m.Sequence, Place: place, Command: command, Hash: hash, Intent: d.Intent, Faulty: d.Fault != nil,
			})
		}, func(place int32, o *messaging.Outcome) {
			in.Outcomes = append(in.Outcomes, accountant.Outcome{Participant: p, Sequence: m.Sequence, Place: place, Command: command, Outcome: *o})
		})
	}
	for _, c := range in.Commands {
		for _, key := range s.State.LetterKeys([]settlement.Command{c}) {
			if m, ok := s.Inputs.TakenAgain[key]; ok {
				take(c.ID, &m)
			}
		}
	}
	for i := range s.Inputs.Messages {
		take(0, &s.Inputs.Messages[i])
	}
	return in
}
