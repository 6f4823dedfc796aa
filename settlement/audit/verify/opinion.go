package verify

import (
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/decide"
)

// SecondOpinion has an accountant, who shares no code with whoever decides, look at each batch while the next one is
// decided. Its error is a *DivergedError that names what does not hold.
func SecondOpinion() Observer {
	books := accountant.New()
	return func(s Step) error {
		in := accounted(s)
		s.beside(func() error {
			if err := books.Batch(in(), s.Batch); err != nil {
				return &DivergedError{Index: s.Index, Batch: s.Batch.ID, What: "a second opinion", Expected: "books that hold", Found: err.Error()}
			}
			return nil
		})
		return nil
	}
}

// taken is a message that was taken in, by a command or by itself.
type taken struct {
	command     int64
	participant int32
	*decide.Message
}

// accounted are a batch's inputs as the accountant wants them: what commands have taken in again first. The state may
// be asked only now; what is returned can be called at any time.
func accounted(s Step) func() accountant.Inputs {
	messages := make([]taken, 0, len(s.Inputs.Messages))
	for _, c := range s.Inputs.Commands {
		for _, key := range s.State.LetterKeys([]settlement.Command{c}) {
			if m, ok := s.Inputs.TakenAgain[key]; ok {
				messages = append(messages, taken{c.ID, s.State.Named(m.Participant).ID, &m})
			}
		}
	}
	for i := range s.Inputs.Messages {
		m := &s.Inputs.Messages[i]
		messages = append(messages, taken{0, s.State.Named(m.Participant).ID, m})
	}
	return func() accountant.Inputs { return accountedOf(s.Inputs.Commands, messages) }
}

func accountedOf(commands []settlement.Command, messages []taken) accountant.Inputs {
	intents, outcomes := 0, 0
	for _, m := range messages {
		m.Each(func(int32, [32]byte, *messaging.DecodedIntent) { intents++ }, func(int32, *messaging.Outcome) { outcomes++ })
	}
	in := accountant.Inputs{
		Commands: commands, Intents: make([]accountant.Intent, 0, intents), Outcomes: make([]accountant.Outcome, 0, outcomes),
	}
	for _, m := range messages {
		m.Each(func(place int32, hash [32]byte, d *messaging.DecodedIntent) {
			in.Intents = append(in.Intents, accountant.Intent{
				Participant: m.participant, Sequence: m.Sequence, Place: place, Command: m.command, Hash: hash, Intent: d.Intent, Faulty: d.Fault != nil,
			})
		}, func(place int32, o *messaging.Outcome) {
			in.Outcomes = append(in.Outcomes, accountant.Outcome{
				Participant: m.participant, Sequence: m.Sequence, Place: place, Command: m.command, Outcome: *o,
			})
		})
	}
	return in
}
