package decide

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// rail is a message in which a participant says how its rail is.
func (w *world) rail(participant string, h messaging.RailHealth) Message {
	m := w.message(participant, messaging.PayloadOutcome)
	m.health = &h
	var err error
	m.Payload, err = messaging.EncodeHealth(participant, h)
	require.NoError(w.t, err)
	return m
}

// says is a word of now.
func (w *world) says(participant string, state messaging.RailState) Message {
	return w.rail(participant, messaging.RailHealth{State: state, Since: w.now, At: w.now, Waiting: 3})
}

// peersTold decodes what a batch tells a participant of others, by name.
func peersTold(t require.TestingT, b *ledger.Batch, participant string) map[string]messaging.Peer {
	told := map[string]messaging.Peer{}
	for _, m := range b.Outbox {
		if m.Participant == participant && m.Kind == messaging.PayloadStatus {
			status, err := messaging.DecodeStatus(participant, m.Payload)
			require.NoError(t, err)
			for _, p := range status.Peers {
				told[p.Participant] = p
			}
		}
	}
	return told
}

func TestEverybodyIsToldThatARailIsDown(t *testing.T) {
	w := funded(t)
	down := w.now
	b := w.decide(nil, w.says("gcash-ph", messaging.RailDown))
	require.Equal(t, []ledger.RailHealth{{
		Participant: 2, Sequence: 1, State: messaging.RailDown, Since: down, SaidAt: down, Waiting: 3, HeardAt: down,
	}}, b.Rails)
	for _, name := range []string{"mpesa-ke", "gcash-ph", "momo-ug"} {
		told := peersTold(t, b, name)
		require.Len(t, told, 1, "and of nobody else")
		require.Equal(t, down, told["gcash-ph"].DownSince)
	}
	w.now = w.now.Add(time.Minute)
	b = w.decide(nil, w.says("gcash-ph", messaging.RailDown))
	require.Equal(t, down, b.Rails[0].Since, "it is the same outage")
	require.Empty(t, peersTold(t, b, "mpesa-ke"), "and is told once")
	b = w.do(settlement.CommandLimits, settlement.Limits{Participant: "momo-ug", PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 100_00})
	require.Equal(t, down, peersTold(t, b, "mpesa-ke")["gcash-ph"].DownSince, "whoever asks later learns of it too")

	b = w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00)))
	require.Equal(t, 1, b.Cleared, "nothing is refused for it")

	w.now = w.now.Add(time.Second)
	b = w.decide(nil, w.says("gcash-ph", messaging.RailUp))
	require.Zero(t, peersTold(t, b, "mpesa-ke")["gcash-ph"].DownSince)
	require.Len(t, peersTold(t, b, "mpesa-ke"), 1)
	w.replayEqual(t)
	stored(t, w)
}

func TestWordsOfARailThatDoNotCount(t *testing.T) {
	for name, c := range map[string]struct {
		word func(w *world) Message
		ends messaging.RailState // "" where nothing is recorded
	}{
		"up, and nobody thought otherwise": {func(w *world) Message {
			w.decide(nil, w.says("gcash-ph", messaging.RailUp))
			return w.says("gcash-ph", messaging.RailUp)
		}, ""},
		"down again at once": {func(w *world) Message {
			w.decide(nil, w.says("gcash-ph", messaging.RailDown))
			w.now = w.now.Add(messaging.DownAgain - time.Microsecond)
			return w.says("gcash-ph", messaging.RailDown)
		}, ""},
		"down again in time": {func(w *world) Message {
			w.decide(nil, w.says("gcash-ph", messaging.RailDown))
			w.now = w.now.Add(messaging.DownAgain)
			return w.says("gcash-ph", messaging.RailDown)
		}, messaging.RailDown},
		"up at once": {func(w *world) Message {
			w.decide(nil, w.says("gcash-ph", messaging.RailDown))
			w.now = w.now.Add(time.Microsecond)
			return w.says("gcash-ph", messaging.RailUp)
		}, messaging.RailUp},
		"down at once after up": {func(w *world) Message {
			w.decide(nil, w.says("gcash-ph", messaging.RailDown))
			w.now = w.now.Add(time.Second)
			w.decide(nil, w.says("gcash-ph", messaging.RailUp))
			w.now = w.now.Add(time.Second)
			return w.says("gcash-ph", messaging.RailDown)
		}, ""},
		"overtaken": {func(w *world) Message {
			late := messaging.RailHealth{State: messaging.RailDown, Since: w.now, At: w.now}
			w.now = w.now.Add(time.Minute)
			w.decide(nil, w.says("gcash-ph", messaging.RailDown))
			w.now = w.now.Add(time.Minute)
			w.decide(nil, w.says("gcash-ph", messaging.RailUp))
			w.now = w.now.Add(time.Minute)
			return w.rail("gcash-ph", late)
		}, ""},
		"the same once more": {func(w *world) Message {
			word := messaging.RailHealth{State: messaging.RailDown, Since: w.now, At: w.now}
			w.decide(nil, w.rail("gcash-ph", word))
			w.now = w.now.Add(time.Minute)
			return w.rail("gcash-ph", word)
		}, ""},
		"an earlier clock, after a while": {func(w *world) Message {
			w.decide(nil, w.rail("gcash-ph", messaging.RailHealth{State: messaging.RailDown, Since: w.now, At: w.now.Add(1000 * time.Hour)}))
			w.now = w.now.Add(messaging.DownHolds)
			w.decide(nil)
			w.now = w.now.Add(messaging.DownHolds)
			return w.says("gcash-ph", messaging.RailDown)
		}, messaging.RailDown},
		"read too late": {func(w *world) Message {
			word := w.says("gcash-ph", messaging.RailDown)
			w.now = w.now.Add(messaging.DownHolds)
			return word
		}, ""},
		"read late": {func(w *world) Message {
			word := w.says("gcash-ph", messaging.RailDown)
			w.now = w.now.Add(messaging.DownHolds - time.Microsecond)
			return word
		}, messaging.RailDown},
		"from the future": {func(w *world) Message {
			return w.rail("gcash-ph", messaging.RailHealth{State: messaging.RailDown, Since: w.now.Add(time.Hour), At: w.now.Add(time.Hour)})
		}, messaging.RailDown},
	} {
		t.Run(name, func(t *testing.T) {
			w := funded(t)
			b := w.decide(nil, c.word(w))
			if c.ends == "" {
				require.Empty(t, b.Rails)
				require.Empty(t, peersTold(t, b, "mpesa-ke"))
			} else {
				require.Equal(t, c.ends, b.Rails[0].State)
				require.False(t, b.Rails[0].Since.After(w.now))
			}
			w.replayEqual(t)
			stored(t, w)
		})
	}
}

// One that never says a word again is not down for ever, and the engine wakes up to take that back.
func TestDownLapses(t *testing.T) {
	w := funded(t)
	w.decide(nil, w.says("gcash-ph", messaging.RailDown))
	due, ok := w.state.nextDue(w.now)
	require.True(t, ok)
	require.Equal(t, w.now.Add(messaging.DownHolds), due)
	w.now = due.Add(-time.Microsecond)
	require.Empty(t, w.decide(nil).Rails)
	w.now = due
	b := w.decide(nil)
	require.Equal(t, ledger.RailSilent, b.Rails[0].State)
	require.Zero(t, peersTold(t, b, "mpesa-ke")["gcash-ph"].DownSince)
	require.Contains(t, peersTold(t, b, "mpesa-ke"), "gcash-ph")
	_, ok = w.state.nextDue(w.now)
	require.False(t, ok, "once")

	w.now = w.now.Add(time.Hour)
	w.decide(nil, w.says("gcash-ph", messaging.RailDown))
	w.now = w.now.Add(messaging.DownHolds)
	b = w.decide(nil, w.says("gcash-ph", messaging.RailDown))
	require.Equal(t, messaging.RailDown, b.Rails[0].State, "said again in the very batch that it would have lapsed in")
	require.Len(t, b.Rails, 1)
	w.replayEqual(t)
	stored(t, w)
}

// While a rail is told to be down nobody asks it about what it cannot have done, and when it is back it has its time.
func TestNobodyAsksARailThatIsDown(t *testing.T) {
	w := funded(t)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00), w.intent("b", "mpesa-ke", "momo-ug", 100_00)))
	payout := instructions(t, b, "gcash-ph")[0]
	for range 20 {
		w.now = w.now.Add(2 * time.Minute)
		b = w.decide(nil, w.says("gcash-ph", messaging.RailDown))
		require.Empty(t, instructions(t, b, "gcash-ph"))
		due, ok := w.state.nextDue(w.now)
		require.True(t, ok)
		require.True(t, due.After(w.now), "the engine does not spin")
	}
	require.NotEmpty(t, w.state.rails[2].asked[1].first, "others are asked as always")
	w.now = w.now.Add(time.Minute)
	back := w.now
	require.Empty(t, instructions(t, w.decide(nil, w.says("gcash-ph", messaging.RailUp)), "gcash-ph"), "not all at once")
	w.now = back.Add(defaultPatience - time.Microsecond)
	require.Empty(t, instructions(t, w.decide(nil), "gcash-ph"))
	w.now = back.Add(defaultPatience)
	b = w.decide(nil)
	payout.Kind = messaging.KindQuery
	require.Equal(t, []messaging.Instruction{payout}, instructions(t, b, "gcash-ph"))
	w.replayEqual(t)
	stored(t, w)
}

// A participant can say that it is down for ever, and be asked nothing; it harms nobody but those who pay it.
func TestASilentDownRailIsAskedOnceItLapsed(t *testing.T) {
	w := funded(t)
	w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00)))
	w.decide(nil, w.says("gcash-ph", messaging.RailDown))
	w.now = w.now.Add(messaging.DownHolds)
	w.decide(nil)
	w.now = w.now.Add(defaultPatience)
	require.Len(t, instructions(t, w.decide(nil), "gcash-ph"), 1)
}

func TestRulesBeforeHeardNothingOfRails(t *testing.T) {
	for _, rules := range []string{rulesNet2, rulesNet1, rulesFIFO} {
		w := funded(t)
		w.rules = rules
		b := w.decide(nil, w.says("gcash-ph", messaging.RailDown))
		require.Empty(t, b.Rails)
		require.Equal(t, messaging.FaultSchema, b.DeadLetters[0].Fault)
	}
}

// What was said in a message that could not be read then says nothing of now; its outcomes do.
func TestADeadLetterSaysNothingOfTheRail(t *testing.T) {
	w := funded(t)
	old, next := newPen(t), newPen(t)
	w.decide([]settlement.Command{w.rotate("gcash-ph", old.PublicKey())})
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00)))
	payload, err := json.Marshal(messaging.OutcomeEnvelope{
		Version: messaging.VersionOpen, Participant: "gcash-ph", Outcomes: []messaging.Outcome{paid(instructions(t, b, "gcash-ph")[0])},
		Rail: &messaging.RailHealth{State: messaging.RailDown, Since: w.now, At: w.now},
	})
	require.NoError(t, err)
	early := w.signed("gcash-ph", next, messaging.PayloadOutcome, payload)
	require.Len(t, w.decide(nil, early).DeadLetters, 1)
	w.decide([]settlement.Command{w.rotate("gcash-ph", next.PublicKey())})
	b = w.decide([]settlement.Command{w.again("gcash-ph", early.Sequence, wholeMessage)})
	require.Equal(t, []string{""}, faults(b))
	require.Empty(t, b.Rails)
	require.Equal(t, messaging.StatePaid, statuses(t, b, "mpesa-ke")[0].State)

	b = w.decide(nil, w.signed("gcash-ph", next, messaging.PayloadOutcome, payload))
	require.Len(t, b.Rails, 1, "as it would have said, had it come in time")
	require.Equal(t, ledger.VerdictRepeated, b.Outcomes[0].Verdict)
	w.replaysToTheByte()
}

// railModel is what a napkin says of one rail.
type railModel struct {
	down        bool
	since, said time.Time
	heard       time.Time
	ever        bool
}

// Whatever rails say, whenever, in any order and by any clock: what the switch says of each is where a few lines of
// model say, everybody was told exactly when it changed, and a batch in between changes nothing.
func TestHealthFollowsTheModel(t *testing.T) {
	names := []string{"mpesa-ke", "gcash-ph", "momo-ug"}
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		models := map[string]*railModel{}
		heard := map[string]time.Time{} // what a participant was told of each
		for _, name := range names {
			models[name] = &railModel{}
		}
		for range rapid.IntRange(1, 25).Draw(t, "batches") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "seconds")) * time.Second)
			var messages []Message
			for range rapid.IntRange(0, 3).Draw(t, "words") {
				name := rapid.SampledFrom(names).Draw(t, "of")
				off := time.Duration(rapid.IntRange(-400, 100).Draw(t, "clock")) * time.Second
				h := messaging.RailHealth{
					State: rapid.SampledFrom([]messaging.RailState{messaging.RailDown, messaging.RailUp}).Draw(t, "state"),
					Since: w.now.Add(off - time.Second), At: w.now.Add(off),
				}
				m := w.rail(name, h)
				m.Time = w.now.Add(-time.Duration(rapid.IntRange(0, 400).Draw(t, "on its way")) * time.Second)
				messages = append(messages, m)
			}
			b := w.decide(nil, messages...)
			for _, m := range messages { // w.decide sorted them
				models[m.Participant].hear(*m.health, m.Time, w.now)
			}
			for name, model := range models {
				if model.down && !w.now.Before(model.heard.Add(5*time.Minute)) {
					*model = railModel{said: model.said, heard: w.now, ever: true}
				}
				h := w.state.rails[w.state.byName[name].ID-1].health
				require.Equal(t, model.down, h.down, "%s at %s", name, w.now)
				if model.down {
					require.Equal(t, model.since, h.since)
				}
			}
			for name, peer := range peersTold(t, b, "momo-ug") {
				require.True(t, !heard[name].Equal(peer.DownSince) || models[name].heard.Equal(w.now), "told without news of %s", name)
				heard[name] = peer.DownSince
			}
			for name, model := range models {
				require.Equal(t, model.down, !heard[name].IsZero(), "what others know of %s", name)
			}
		}
		require.Equal(t, encoded(t, w.batches), encoded(t, w.replay()))
	})
}

func (r *railModel) hear(h messaging.RailHealth, took, now time.Time) {
	recent := r.ever && now.Sub(r.heard) < 5*time.Minute
	if recent && !h.At.After(r.said) {
		return
	}
	if h.State == messaging.RailUp {
		if r.down {
			*r = railModel{said: h.At, heard: now, ever: true}
		}
		return
	}
	if r.ever && now.Sub(r.heard) < 10*time.Second || now.Sub(took) >= 5*time.Minute {
		return
	}
	if !r.down {
		r.since = h.Since
		if r.since.After(now) {
			r.since = now
		}
	}
	r.down, r.said, r.heard, r.ever = true, h.At, now, true
}

// A rail that is told to be down fills its own bound and nobody's else, as one that is silent does.
func TestADownRailStopsNobodyElse(t *testing.T) {
	w := funded(t)
	w.decide(nil, w.says("gcash-ph", messaging.RailDown))
	for n := range 5 {
		b := w.decide(nil, w.intents("mpesa-ke", w.intent(fmt.Sprint("g", n), "mpesa-ke", "gcash-ph", 1_00), w.intent(fmt.Sprint("m", n), "mpesa-ke", "momo-ug", 500)))
		require.Equal(t, 2, b.Cleared)
	}
	gcash, mpesa := w.state.byName["gcash-ph"].ID, w.state.byName["mpesa-ke"].ID
	require.Equal(t, 5, w.state.atRails.ofCreditor[gcash])
	require.Equal(t, 10, w.state.openCount[mpesa])
	require.Equal(t, 10, w.state.atRails.ofDebtor[mpesa], "none of which counts against the debtor")
}
