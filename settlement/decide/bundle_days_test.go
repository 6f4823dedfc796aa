package decide

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/screen"
)

// sent is an intent and who sends it.
type sent struct {
	from   string
	intent messaging.Intent
}

func (w *world) send(s sent) Message { return w.intents(s.from, s.intent) }

// bundled makes intents the legs of one bundle.
func (w *world) bundled(id string, intents ...sent) []sent {
	legs := make([]messaging.Leg, len(intents))
	for n := range intents {
		legs[n] = messaging.LegOf(intents[n].from, &intents[n].intent)
	}
	all, err := messaging.NewBundle(id, legs)
	require.NoError(w.t, err)
	for n := range intents {
		intents[n].intent.Bundle = &all[n]
	}
	return intents
}

// checkBundles holds every bundle against what became of its legs: a part of one never clears, and never ends.
func (w *world) checkBundles() {
	legs := map[ledger.BundleName][]settlement.TransferID{}
	cleared, expired := map[settlement.TransferID]int64{}, map[settlement.TransferID]int64{}
	for _, b := range w.batches {
		for _, l := range b.BundleLegs {
			legs[l.BundleName] = append(legs[l.BundleName], l.Transfer)
		}
		for _, e := range b.Events {
			switch e.State {
			case messaging.StateCleared:
				cleared[e.Transfer] = b.ID
			case messaging.StateExpired:
				expired[e.Transfer] = b.ID
			default:
			}
		}
	}
	open := 0
	for name, of := range legs {
		require.LessOrEqual(w.t, len(of), int(name.Count))
		for _, t := range of {
			require.Equal(w.t, cleared[of[0]], cleared[t], "bundle %s clears in one batch", name.ID)
			require.Equal(w.t, expired[of[0]], expired[t], "bundle %s ends in one batch", name.ID)
		}
		if cleared[of[0]] != 0 {
			require.Len(w.t, of, int(name.Count), "bundle %s clears whole", name.ID)
		}
		if b := w.state.bundles[name]; b != nil {
			open++
			require.Zero(w.t, cleared[of[0]]+expired[of[0]])
			require.Len(w.t, b.legs, len(of))
			for _, t := range b.legs {
				require.Same(w.t, t, w.state.sidelined[t.ID], "no leg stands where clearing looks for single transfers")
			}
		}
	}
	require.Len(w.t, w.state.bundles, open)
	opened := 0
	for _, n := range w.state.opened {
		opened += n
	}
	require.Equal(w.t, open, opened)
	require.Len(w.t, w.state.broken, len(w.state.breaks))
}

// anyBundleDay runs a world of scarce money through bundles and single intents in any order: legs that never come, are
// refused, expire, are recalled, held and denied, participants suspended, rules that change, and outsiders that claim to belong.
func anyBundleDay(t *rapid.T) *world {
	w := newWorld(t)
	names := []string{"mpesa-ke", "gcash-ph", "momo-ug", "maya-ph"}
	w.do(settlement.CommandAddParticipant, maya(t))
	var begin []settlement.Command
	for _, name := range names {
		if minor := rapid.SampledFrom([]int64{0, 2_000_00, 20_000_00, 20_000_00}).Draw(t, "prefund"); minor > 0 {
			begin = append(begin, w.fund(name, w.currencyOf(name), minor))
		}
	}
	for _, currency := range []fx.Currency{kes, php, ugx} {
		if minor := rapid.SampledFrom([]int64{0, 5_000_00, 50_000_00, 50_000_00}).Draw(t, "pool"); minor > 0 {
			begin = append(begin, w.fund("fx-house", currency, minor))
		}
	}
	if rapid.Bool().Draw(t, "charged") {
		begin = append(begin, w.command(settlement.CommandFees, anySchedule(w.now).Draw(t, "fees")))
	}
	w.decide(begin)
	one := func(id string) sent {
		from := rapid.SampledFrom(names).Draw(t, "from")
		to := rapid.SampledFrom(slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == from })).Draw(t, "to")
		i := w.intent(id, from, to, rapid.Int64Range(10, 300).Draw(t, "amount")*100)
		i.Deadline = w.now.Add(time.Duration(rapid.IntRange(10, 50).Draw(t, "deadline")) * time.Minute)
		if rapid.IntRange(0, 39).Draw(t, "sound") == 0 {
			i.CreditorParticipant = "nobody"
		}
		return sent{from, i}
	}
	var pending, gone []sent
	for n := range rapid.IntRange(1, 6).Draw(t, "bundles") {
		legs := make([]sent, rapid.IntRange(2, 4).Draw(t, "legs"))
		for k := range legs {
			legs[k] = one(fmt.Sprintf("b%d.%d", n, k))
		}
		pending = append(pending, w.bundled(fmt.Sprint("bundle-", n), legs...)...)
	}
	for n := range rapid.IntRange(0, 6).Draw(t, "singles") {
		pending = append(pending, one(fmt.Sprint("s", n)))
	}
	pending = rapid.Permutation(pending).Draw(t, "order")
	var instructed []told
	for range rapid.IntRange(4, 16).Draw(t, "batches") {
		var messages []Message
		for range rapid.IntRange(0, 8).Draw(t, "messages") {
			switch what := rapid.IntRange(0, 14).Draw(t, "what"); {
			case what <= 9 && len(pending) > 0:
				next := pending[0]
				pending = pending[1:]
				m := w.send(next)
				if said := rapid.SampledFrom([]screen.Decision{"", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", screen.Hold, screen.Deny}).Draw(t, "screened"); said != "" {
					w.say(m, 0, said)
				}
				messages, gone = append(messages, m), append(gone, next)
			case what == 10 && len(gone) > 0:
				messages = append(messages, w.send(rapid.SampledFrom(gone).Draw(t, "again")))
			case what == 11 && len(gone) > 0:
				recalled := rapid.SampledFrom(gone).Draw(t, "recalled")
				messages = append(messages, w.recalls(recalled.from, "CUST", recalled.intent.ID))
			case what == 12 && len(gone) > 0:
				slipped := one(fmt.Sprintf("x%d.%d", len(w.batches), len(messages)))
				slipped.intent.Bundle = rapid.SampledFrom(gone).Draw(t, "claimed").intent.Bundle
				messages = append(messages, w.send(slipped))
			case len(instructed) > 0:
				i := rapid.SampledFrom(instructed).Draw(t, "instruction")
				messages = append(messages, w.outcomes(i.by, answerTo(t, i.Instruction)))
			}
		}
		var commands []settlement.Command
		switch rapid.IntRange(0, 8).Draw(t, "command") {
		case 0:
			name := rapid.SampledFrom(names).Draw(t, "funded")
			commands = append(commands, w.fund(name, w.currencyOf(name), 5_000_00))
		case 1:
			commands = append(commands, w.fund("fx-house", rapid.SampledFrom([]fx.Currency{kes, php, ugx}).Draw(t, "pooled"), 10_000_00))
		case 2:
			commands = append(commands, w.anyRuling(t))
		case 3:
			commands = append(commands, w.command(settlement.CommandSuspend, settlement.Suspend{
				Participant: rapid.SampledFrom(names).Draw(t, "suspended"), Suspended: rapid.IntRange(0, 2).Draw(t, "for now") == 0,
			}))
		}
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "minutes")) * time.Minute)
		b := w.decide(commands, messages...)
		for _, name := range names {
			for _, i := range instructions(t, b, name) {
				instructed = append(instructed, told{name, i})
			}
		}
	}
	return w
}

// For any mix of bundles and single intents: never a part of a bundle clears or ends, nobody passes its liquidity, and
// what was decided is decided again to the byte (world.decide holds each batch against all but the last).
func TestAnyBundlesClearWholeOrNotAtAll(t *testing.T) {
	ends := map[ledger.BundleState]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := anyBundleDay(t)
		require.Equal(t, encoded(t, w.batches), encoded(t, w.replay()))
		for _, b := range w.batches {
			for _, e := range b.BundleEnds {
				ends[e.State]++
			}
		}
	})
	t.Log(ends)
	require.NotZero(t, ends[ledger.BundleCleared])
	require.NotZero(t, ends[ledger.BundleBroken])
}
