package decide

import (
	"bytes"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
)

// Whatever a participant signs and whatever an operator asks, nothing panics and no batch fails: what is refused is refused
// by a typed fault, every invariant stands, the accountant agrees, and whoever reads the log decides the same.
func FuzzHostile(f *testing.F) {
	for _, seed := range hostileSeeds(f) {
		f.Add(seed.payload, seed.outcome, string(seed.command), seed.body)
	}
	key, err := messaging.NewSeed()
	require.NoError(f, err)
	signer, err := messaging.NewSigner(key)
	require.NoError(f, err)
	verifier, err := messaging.NewVerifier(signer.PublicKey())
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, payload []byte, outcome bool, command string, body []byte) {
		kind, sender := messaging.PayloadIntent, "mpesa-ke"
		if outcome {
			kind, sender = messaging.PayloadOutcome, "gcash-ph"
		}
		open, _ := messaging.Open(payload)
		signature, err := signer.Sign(kind, open)
		require.NoError(t, err)
		w := newWorld(t)
		w.decide(append(w.creditLine("mpesa-ke", kes, 1_000_000), w.fund("gcash-ph", php, 1_000_000)),
			w.intents("mpesa-ke", w.intent("sound", "mpesa-ke", "gcash-ph", 1000)))
		var asked []settlement.Command
		value := jsontext.Value(bytes.Clone(body))
		if utf8.ValidString(command) && value.Canonicalize() == nil { // PostgreSQL has no other text, and who asks has it canonical
			w.commands++
			asked = append(asked, settlement.Command{ID: w.commands, Key: "hostile", Kind: settlement.CommandKind(command), Body: value})
		}
		for range 2 { // the same again is the same
			w.now = w.now.Add(time.Second)
			r := w.message(sender, kind).Received
			r.Payload, r.Signature, r.Hash = payload, signature, messaging.MessageHash(open, signature)
			m := Decode(r, w.state.byName[sender], verifier, nil)
			if m.fault != nil {
				require.NotEmpty(t, m.fault.Fault)
			}
			requireReadAsLogged(t, &m, verifier)
			w.decide(asked, m)
			asked = nil
		}
		require.Equal(t, encoded(t, w.batches), encoded(t, w.replay()))
	})
}

// requireReadAsLogged holds what an auditor reads of a message against what the engine read.
func requireReadAsLogged(t *testing.T, m *Message, verifier *messaging.Verifier) {
	t.Helper()
	l := DecodeLogged(m.logged(), verifier)
	require.Equal(t, m.fault == nil, l.fault == nil)
	if m.fault != nil {
		require.Equal(t, m.fault.Fault, l.fault.Fault)
		return
	}
	require.Len(t, l.intents, len(m.intents))
	require.Equal(t, m.hashes, l.hashes)
	require.Equal(t, m.recalls, l.recalls)
	require.Len(t, l.outcomes, len(m.outcomes))
	for i, d := range m.intents {
		again := l.intents[i].Fault
		require.Equal(t, d.Fault == nil, again == nil)
		if d.Fault != nil {
			require.Equal(t, d.Fault.Fault, again.Fault)
		}
	}
}

type hostile struct {
	payload []byte
	outcome bool
	command settlement.CommandKind
	body    []byte
}

// hostileSeeds are sound messages and a body of every kind of command, from which a fuzzer goes astray.
func hostileSeeds(t require.TestingT) (seeds []hostile) {
	w := newWorld(t)
	salter := messaging.NewSalter([messaging.SaltSecretSize]byte{1})
	intents, err := messaging.EncodeIntents("mpesa-ke", []messaging.Intent{
		w.intent("a", "mpesa-ke", "gcash-ph", 1000), w.intent("b", "mpesa-ke", "momo-ug", 1000), w.intent("a", "mpesa-ke", "gcash-ph", 1),
	}, salter)
	require.NoError(t, err)
	recalls, err := messaging.EncodeRecalls("mpesa-ke", []messaging.Recall{{Intent: "sound", Reason: "DUPL"}})
	require.NoError(t, err)
	w.decide(append(w.creditLine("mpesa-ke", kes, 1_000_000), w.fund("gcash-ph", php, 1_000_000)),
		w.intents("mpesa-ke", w.intent("sound", "mpesa-ke", "gcash-ph", 1000)))
	outcomes, err := messaging.EncodeOutcomes("gcash-ph", []messaging.Outcome{{
		Transfer: w.nth(1).String(), Kind: messaging.KindPayout, State: messaging.OutcomePaid, Amount: messaging.NewAmount(fx.Money{Minor: 1000, Currency: php}), RailRef: "R1",
	}}, salter)
	require.NoError(t, err)
	for _, payload := range [][]byte{intents[0], recalls[0], {}, []byte("{}"), []byte("\xff"), []byte(`{"version":2,"participant":"mpesa-ke","intents":[{}]}`)} {
		seeds = append(seeds, hostile{payload: payload, body: []byte("{")})
	}
	for _, payload := range [][]byte{outcomes[0], []byte(`{"version":2,"participant":"gcash-ph","outcomes":[{}]}`)} {
		seeds = append(seeds, hostile{payload: payload, outcome: true, body: []byte("{")})
	}
	for kind, body := range map[settlement.CommandKind]any{
		settlement.CommandAddParticipant: settlement.AddParticipant{Name: "bank-ke", Country: "KE", Currency: kes, SigningKey: signingKey(t), Role: settlement.RoleOperator, PayoutIncrementMinor: 1, PayoutMaxMinor: 1 << 62},
		settlement.CommandFund:           settlement.Fund{Participant: "mpesa-ke", Currency: kes, AmountMinor: 1 << 62, Evidence: "E"},
		settlement.CommandWithdraw:       settlement.Withdraw{Participant: "gcash-ph", Currency: php, AmountMinor: 1},
		settlement.CommandCreditLine:     settlement.CreditLine{Participant: "mpesa-ke", Currency: kes, AmountMinor: -1},
		settlement.CommandCreditTerms:    settlement.CreditTerms{Participant: "mpesa-ke", Currency: kes, UnsecuredMinor: 1 << 62},
		settlement.CommandGuarantee:      settlement.Guarantee{Guarantor: "gcash-ph", Participant: "mpesa-ke", Currency: php, AmountMinor: 1},
		settlement.CommandSuspend:        settlement.Suspend{Participant: "gcash-ph", Suspended: true},
		settlement.CommandRotateKey:      settlement.RotateKey{Participant: "mpesa-ke", SigningKey: signingKey(t)},
		settlement.CommandReplayLetter:   settlement.ReplayLetter{Participant: "mpesa-ke", Sequence: 1},
		settlement.CommandFees:           fee.Schedule{},
	} {
		text, err := json.Marshal(body)
		require.NoError(t, err)
		seeds = append(seeds, hostile{payload: intents[0], command: kind, body: text})
	}
	for _, kind := range settlement.CommandKinds() {
		seeds = append(seeds, hostile{payload: intents[0], command: kind, body: []byte("{}")})
	}
	return seeds
}
