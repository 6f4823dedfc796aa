package decide

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// pen is a participant's signing key.
type pen struct{ *messaging.Signer }

func newPen(t require.TestingT) pen {
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	return pen{signer}
}

// signed is the next message on a participant's stream, signed with a pen, and decoded as the engine would
// with the key that holds now.
func (w *world) signed(participant string, with pen, kind messaging.PayloadKind, payload []byte) Message {
	m := w.message(participant, kind)
	var err error
	m.Payload = payload
	open, _ := messaging.Open(payload)
	m.Signature, err = with.Sign(kind, open)
	require.NoError(w.t, err)
	m.Hash = messaging.MessageHash(m.Payload, m.Signature)
	verifier, err := messaging.NewVerifier(m.participant.SigningKey)
	require.NoError(w.t, err)
	decoded := Decode(m.Received, m.participant, verifier, nil)
	var closed [][]byte
	for _, line := range decoded.Closed() {
		closed = append(closed, line.Text)
	}
	if closed != nil {
		decoded.Seal(bytes.Join(closed, []byte{'\n'}))
	}
	return decoded
}

func (w *world) envelope(intents ...messaging.Intent) []byte { // of mpesa-ke
	payloads, err := messaging.EncodeIntents("mpesa-ke", intents, salter)
	require.NoError(w.t, err)
	return payloads[0]
}

// salter is every participant's.
var salter = messaging.NewSalter([messaging.SaltSecretSize]byte{1})

func (w *world) rotate(participant, key string) settlement.Command {
	return w.command(settlement.CommandRotateKey, settlement.RotateKey{Participant: participant, SigningKey: key})
}

func (w *world) again(participant string, sequence uint64, place int32) settlement.Command {
	return w.command(settlement.CommandReplayLetter, settlement.ReplayLetter{
		Participant: participant, Sequence: sequence, Place: place, Asker: "Achieng", Reason: "the key came late",
	})
}

func faults(b *ledger.Batch) (all []string) {
	for _, r := range b.CommandResults {
		all = append(all, r.Fault)
	}
	return all
}

// A participant signs with its new key before the switch has it. The messages are dead letters until the key
// holds, and are taken in once.
func TestLettersSignedWithTheNextKey(t *testing.T) {
	w := funded(t)
	old, next := newPen(t), newPen(t)
	require.Equal(t, []string{""}, faults(w.decide([]settlement.Command{w.rotate("mpesa-ke", old.PublicKey())})))
	refused := w.intent("b", "mpesa-ke", "gcash-ph", 1_000_00)
	refused.CreditorParticipant = "nobody-yet"
	early := w.signed("mpesa-ke", next, messaging.PayloadIntent,
		w.envelope(w.intent("a", "mpesa-ke", "gcash-ph", 1_000_00), refused))
	b := w.decide(nil, early)
	require.Len(t, b.DeadLetters, 1)
	require.Equal(t, messaging.FaultSignature, b.DeadLetters[0].Fault)
	require.Zero(t, b.Accepted)

	b = w.decide([]settlement.Command{
		w.again("mpesa-ke", early.Sequence, -1), w.again("mpesa-ke", early.Sequence, 0), w.again("mpesa-ke", early.Sequence+1, -1),
		w.again("nobody", 1, -1), w.rotate("mpesa-ke", next.PublicKey()), w.again("mpesa-ke", early.Sequence, -1),
	})
	require.Equal(t, []string{
		"refused again: bad_signature", "no such dead letter", "no such dead letter", `no participant "nobody"`, "", "refused again: bad_signature",
	}, faults(b), "the new key holds from the next batch on")
	require.Len(t, b.LetterReplays, 2)
	require.Empty(t, b.DeadLetters, "it is dead already")

	b = w.decide([]settlement.Command{w.again("mpesa-ke", early.Sequence, -1), w.again("mpesa-ke", early.Sequence, -1)})
	require.Equal(t, []string{"", "this dead letter was taken in before"}, faults(b))
	require.Equal(t, 1, b.Accepted)
	require.Equal(t, 1, b.Cleared)
	require.Equal(t, []ledger.LetterReplay{{
		Command: w.commands - 1, LetterKey: ledger.LetterKey{Participant: 1, Sequence: early.Sequence, Place: -1}, Asker: "Achieng",
		Reason: "the key came late", Detail: "1 transfers, 1 refused, 0 outcomes", Transfers: 1, First: b.Transfers[0].ID,
	}}, b.LetterReplays)
	changes := statuses(t, b, "mpesa-ke")
	require.Len(t, changes, 2, "as if it had just come")
	b = w.decide([]settlement.Command{w.again("mpesa-ke", early.Sequence, -1)})
	require.Equal(t, []string{"this dead letter was taken in before"}, faults(b))

	// Sent again on the stream, its ids are known.
	require.Zero(t, w.decide(nil, w.signed("mpesa-ke", next, messaging.PayloadIntent, early.Payload)).Accepted)
	require.Len(t, w.decide(nil, w.signed("mpesa-ke", old, messaging.PayloadIntent, early.Payload)).DeadLetters, 1)
	w.replaysToTheByte()
}

// Sent again after the rotation, and only then replayed: the ids hold.
func TestLetterWhoseIDsWereUsedSince(t *testing.T) {
	w := funded(t)
	old, next := newPen(t), newPen(t)
	w.decide([]settlement.Command{w.rotate("mpesa-ke", old.PublicKey())})
	same := w.intent("a", "mpesa-ke", "gcash-ph", 1_000_00)
	dead := w.signed("mpesa-ke", next, messaging.PayloadIntent, w.envelope(same))
	other := same
	other.Reference = "not what it was"
	clash := w.signed("mpesa-ke", next, messaging.PayloadIntent, w.envelope(other))
	w.decide([]settlement.Command{w.rotate("mpesa-ke", next.PublicKey())}, dead, clash)
	require.Equal(t, 1, w.decide(nil, w.signed("mpesa-ke", next, messaging.PayloadIntent, w.envelope(same))).Accepted)
	b := w.decide([]settlement.Command{w.again("mpesa-ke", dead.Sequence, -1), w.again("mpesa-ke", clash.Sequence, -1)})
	require.Equal(t, []string{"", ""}, faults(b))
	require.Zero(t, b.Accepted)
	require.Equal(t, "cleared", string(statuses(t, b, "mpesa-ke")[0].State), "the answer that the id got")
	require.Len(t, b.DeadLetters, 1, "the message reads; what stands in it has another's id")
	b = w.decide([]settlement.Command{w.again("mpesa-ke", clash.Sequence, 0)})
	require.Equal(t, []string{"refused again: id_reused_with_other_bytes"}, faults(b))
	w.replaysToTheByte()
}

// An outcome of a transfer that there is not stays dead; one that is too large to keep cannot be read again.
func TestLettersThatStayDead(t *testing.T) {
	w := funded(t)
	with := newPen(t)
	w.decide([]settlement.Command{w.rotate("gcash-ph", with.PublicKey())})
	outcome := messaging.Outcome{
		Transfer: settlement.TransferID(77).String(), Kind: messaging.KindPayout, State: messaging.OutcomeUnknown, ResolvedBy: "callback",
		Amount: messaging.NewAmount(fx.Money{Minor: 100, Currency: php}),
	}
	payloads, err := messaging.EncodeOutcomes("gcash-ph", []messaging.Outcome{outcome}, salter)
	require.NoError(t, err)
	lost := w.signed("gcash-ph", with, messaging.PayloadOutcome, payloads[0])
	large := w.signed("gcash-ph", with, messaging.PayloadIntent, make([]byte, messaging.MaxEnvelopeBytes+1))
	b := w.decide(nil, lost, large)
	require.Len(t, b.DeadLetters, 2)
	b = w.decide([]settlement.Command{
		w.again("gcash-ph", lost.Sequence, 0), w.again("gcash-ph", large.Sequence, -1),
		w.command(settlement.CommandReplayLetter, settlement.ReplayLetter{Participant: "gcash-ph", Sequence: lost.Sequence, Asker: "Achieng"}),
		w.rotate("gcash-ph", "no key"), w.rotate("nobody", with.PublicKey()),
	})
	require.Equal(t, "refused again: unknown_transfer", faults(b)[0])
	require.Equal(t, "the message was too large to keep", faults(b)[1])
	for _, fault := range faults(b) {
		require.NotEmpty(t, fault)
	}
	w.replaysToTheByte()
}

// Rules before know neither command.
func TestEarlierRulesKnowNoLetters(t *testing.T) {
	for _, rules := range []string{rulesFIFO, rulesNet1} {
		w := newWorld(t)
		w.rules = rules
		b := w.decide([]settlement.Command{w.rotate("mpesa-ke", signingKey(t)), w.again("mpesa-ke", 1, -1)})
		require.Equal(t, []string{`no command "rotate_key"`, `no command "replay_letter"`}, faults(b))
	}
}

func (w *world) replaysToTheByte() {
	want, err := json.Marshal(w.batches, json.Deterministic(true))
	require.NoError(w.t, err)
	got, err := json.Marshal(w.replay(), json.Deterministic(true))
	require.NoError(w.t, err)
	require.Equal(w.t, string(want), string(got))
}

// anyLetters runs a world in which a participant signs with any of its keys, whichever holds, and has any of
// its letters taken in again.
func anyLetters(t *rapid.T) *world {
	w := funded(t)
	pens := []pen{newPen(t), newPen(t)}
	w.decide([]settlement.Command{w.rotate("mpesa-ke", pens[0].PublicKey())})
	for range rapid.IntRange(1, 10).Draw(t, "batches") {
		var messages []Message
		for range rapid.IntRange(0, 3).Draw(t, "messages") {
			var intents []messaging.Intent
			for range rapid.IntRange(1, 3).Draw(t, "intents") {
				intents = append(intents, w.intent(rapid.StringMatching(`[a-f]`).Draw(t, "id"), "mpesa-ke", "gcash-ph", rapid.Int64Range(1, 2).Draw(t, "amount")*100))
			}
			messages = append(messages, w.signed("mpesa-ke", rapid.SampledFrom(pens).Draw(t, "pen"), messaging.PayloadIntent, w.envelope(intents...)))
		}
		var commands []settlement.Command
		for range rapid.IntRange(0, 3).Draw(t, "commands") {
			if rapid.IntRange(0, 3).Draw(t, "rotates") == 0 {
				commands = append(commands, w.rotate("mpesa-ke", rapid.SampledFrom(pens).Draw(t, "key").PublicKey()))
			} else {
				commands = append(commands, w.again("mpesa-ke", rapid.Uint64Range(1, 12).Draw(t, "letter"), rapid.Int32Range(-1, 2).Draw(t, "place")))
			}
		}
		w.decide(commands, messages...)
	}
	return w
}

// However letters are replayed, an id becomes one transfer, a letter is taken in once, and the day is decided
// again to the same bytes.
func TestAnyLetters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyLetters(t)
		ids, taken := map[string]bool{}, map[ledger.LetterKey]bool{}
		for _, b := range w.batches {
			for _, transfer := range b.Transfers {
				require.False(t, ids[transfer.Intent], "%s twice", transfer.Intent)
				ids[transfer.Intent] = true
			}
			for _, l := range b.LetterReplays {
				require.False(t, taken[l.LetterKey], "%v was taken in before", l.LetterKey)
				taken[l.LetterKey] = l.Fault == ""
			}
		}
		w.replaysToTheByte()
	})
}

// An id whose transfer left with its month gets no answer that could be wrong: it ended, and was told then.
func TestIDOfADetachedMonth(t *testing.T) {
	w := funded(t)
	sent := w.intent("a", "mpesa-ke", "gcash-ph", 1_000_00)
	b := w.decide(nil, w.intents("mpesa-ke", sent))
	w.decide(nil, w.outcomes("gcash-ph", paid(instructions(t, b, "gcash-ph")[0])))
	clear(w.ended) // as the database answers: the id and its transfer, and nothing of that
	b = w.decide(nil, w.intents("mpesa-ke", sent))
	require.Zero(t, b.Accepted)
	require.Empty(t, b.DeadLetters)
	require.Empty(t, statuses(t, b, "mpesa-ke"))
}
