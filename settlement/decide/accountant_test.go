package decide

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// reviewed is what the accountant is handed of a world's days.
type reviewed struct {
	second  *accountant.Accountant
	inputs  []accountant.Inputs
	spoiled bool // by rules that the accountant does not know
}

// review holds a batch against a second opinion.
func (w *world) review(in accountant.Inputs, b *ledger.Batch) {
	if w.reviewed.spoiled = w.reviewed.spoiled || w.rules != ""; w.reviewed.spoiled {
		return
	}
	w.reviewed.inputs = append(w.reviewed.inputs, in)
	require.NoError(w.t, w.reviewed.second.Batch(in, b))
}

// forAccountant is a batch's inputs as an auditor has them.
func (w *world) forAccountant(in Inputs) accountant.Inputs {
	out := accountant.Inputs{Commands: in.Commands}
	take := func(command int64, m Message) {
		if m.fault != nil {
			return
		}
		for place, d := range m.intents {
			out.Intents = append(out.Intents, accountant.Intent{
				Participant: m.participant.ID, Sequence: m.Sequence, Place: int32(place), Command: command, Hash: m.hashes[place],
				Intent: d.Intent, Faulty: d.Fault != nil,
			})
		}
		for place, o := range m.outcomes {
			out.Outcomes = append(out.Outcomes, accountant.Outcome{
				Participant: m.participant.ID, Sequence: m.Sequence, Place: int32(place), Command: command, Outcome: o,
			})
		}
	}
	for _, c := range in.Commands {
		for _, key := range w.state.LetterKeys([]settlement.Command{c}) {
			letter, ok := in.Letters[key]
			if m, err := Again(letter.Envelope, letter.Closed, w.state.participants[key.Participant-1], nil); ok && err == nil {
				take(c.ID, m)
			}
		}
	}
	for _, m := range in.Messages {
		take(0, m)
	}
	return out
}

// findingOf has a new accountant look at a world's batches, of which one and its inputs are others; nil where it finds nothing.
func (w *world) findingOf(at int, in accountant.Inputs, b *ledger.Batch) *accountant.Finding {
	second := accountant.New()
	for i := range w.batches {
		given, batch := w.reviewed.inputs[i], w.batches[i]
		if i == at {
			given, batch = in, b
		}
		if found, ok := errors.AsType[*accountant.Finding](second.Batch(given, batch)); ok {
			return found
		}
	}
	return nil
}

// score counts what became of the mutations of a kind.
type score struct{ made, found, named int }

// Whatever one changes in a batch, or in what it was decided on, the accountant says so, and where.
func TestAccountantFindsWhatChanged(t *testing.T) {
	scores := map[string]*score{}
	var missed []string
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SampledFrom([]func(*rapid.T) *world{anyDay, anyDay, anyVillageDay, anyVillageDay, anyDefaultDay, anyReturnDay, anyBundleDay, anyBundleDay}).Draw(t, "day")(t)
		chance := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for range 3 {
			for _, m := range mutations {
				at, in, b, s, ok := w.mutant(chance, m)
				if !ok {
					continue
				}
				if scores[m.name] == nil {
					scores[m.name] = &score{}
				}
				of := scores[m.name]
				of.made++
				found := w.findingOf(at, in, b)
				if found == nil {
					missed = append(missed, fmt.Sprint(m.name, ": nothing found"))
					continue
				}
				of.found++
				if (s.later || found.Batch == b.ID) && s.says(found) {
					of.named++
				} else {
					missed = append(missed, fmt.Sprint(m.name, ": ", found.Error(), " wanted ", s, " of batch ", w.batches[at].ID))
				}
			}
		}
	})
	names := make([]string, 0, len(scores))
	var all score
	for name, s := range scores {
		names = append(names, name)
		all = score{all.made + s.made, all.found + s.found, all.named + s.named}
	}
	sort.Strings(names)
	for _, name := range names {
		t.Logf("%-40s %5d made %5d found %5d named", name, scores[name].made, scores[name].found, scores[name].named)
	}
	t.Logf("%-40s %5d made %5d found %5d named", "all", all.made, all.found, all.named)

	for _, m := range mutations {
		require.NotNil(t, scores[m.name], "%s was never made", m.name)
	}
	require.Equal(t, all.made, all.found, strings.Join(missed[:min(len(missed), 20)], "\n"))
	require.Equal(t, all.made, all.named, strings.Join(missed[:min(len(missed), 20)], "\n"))
}

// mutant makes a mutation at a random batch that can have it; ok is false where none can.
func (w *world) mutant(chance *rand.Rand, m mutation) (at int, in accountant.Inputs, b *ledger.Batch, s says, ok bool) {
	for _, at := range chance.Perm(len(w.batches)) {
		in, b := w.reviewed.inputs[at], *w.batches[at]
		in.Commands, in.Intents, in.Outcomes = slices.Clone(in.Commands), slices.Clone(in.Intents), slices.Clone(in.Outcomes)
		c := change{world: w, chance: chance, in: &in, b: &b}
		if s, ok := m.make(&c); ok {
			return at, in, &b, s, true
		}
	}
	return 0, in, nil, s, false
}
