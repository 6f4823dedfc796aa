package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// What was decoded ahead under a key that no longer holds is decoded again.
func TestDecodedAheadUnderTheOldKey(t *testing.T) {
	now := time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC)
	state, err := decide.Restore(&ledger.Snapshot{
		Carries: map[fx.Currency]fx.NanoMinor{}, Positions: map[int32]messaging.Position{}, Newest: map[int32]string{}, DecidedAt: now,
	})
	require.NoError(t, err)
	old, next := newPen(t), newPen(t)
	commands := int64(0)
	command := func(kind settlement.CommandKind, body any) settlement.Command {
		text, err := json.Marshal(body)
		require.NoError(t, err)
		commands++
		return settlement.Command{ID: commands, Key: fmt.Sprint(commands), Kind: kind, Body: text}
	}
	batch := func(commands []settlement.Command, messages ...decide.Message) *ledger.Batch {
		now = now.Add(time.Second)
		b, err := state.Decide(decide.Inputs{
			Rules: decide.Rules, Now: now, Commands: commands, Messages: messages, Closing: decide.ByTimetable,
			Known: map[ledger.IntentKey]ledger.KnownIntent{}, Finished: map[settlement.TransferID]ledger.FinishedTransfer{},
		})
		require.NoError(t, err)
		for _, r := range b.CommandResults {
			require.Empty(t, r.Fault)
		}
		return b
	}
	member := settlement.AddParticipant{
		Name: "mpesa-ke", Country: "KE", Currency: fx.MustCurrency("KES"), Role: settlement.RoleOperator, SigningKey: old.PublicKey(),
		PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 5_000_000,
	}
	creditor := member
	creditor.Name, creditor.SigningKey = "airtel-ke", newPen(t).PublicKey()
	batch([]settlement.Command{command(settlement.CommandAddParticipant, member), command(settlement.CommandAddParticipant, creditor)})

	e := &Engine{state: state, arriving: newArriving(nil, nil), reading: map[int32]bool{1: true}}
	require.NoError(t, e.arriving.admit(state.Named("mpesa-ke")))
	sequence := uint64(0)
	arrived := func(with *messaging.Signer, id string) decide.Message {
		amount := messaging.NewAmount(fx.Money{Minor: 1_000_00, Currency: member.Currency})
		payloads, err := messaging.EncodeIntents("mpesa-ke", []messaging.Intent{{
			ID: id, CreditorParticipant: "airtel-ke", Source: amount, Destination: amount, Deadline: now.Add(30 * time.Minute),
			Debtor: messaging.Party{Name: "Wanjiku Kamau", Account: "254700000001"}, Creditor: messaging.Party{Name: "Maria Santos", Account: "254730000001"},
		}}, messaging.NewSalter([messaging.SaltSecretSize]byte{1}))
		require.NoError(t, err)
		payload := payloads[0]
		open, _ := messaging.Open(payload)
		sequence++
		r := messaging.Received{Participant: "mpesa-ke", Kind: messaging.PayloadIntent, Sequence: sequence, StreamCreated: now, Time: now, Payload: payload}
		r.Signature, err = with.Sign(r.Kind, open)
		require.NoError(t, err)
		r.Hash = messaging.MessageHash(payload, r.Signature)
		from, err := e.arriving.sender("mpesa-ke")
		require.NoError(t, err)
		return decide.Decode(r, from.participant, from.verifier, nil)
	}
	ahead, stale := arrived(next, "a"), arrived(old, "b")
	require.Zero(t, ahead.Items(), "it is not signed with the key that holds")
	require.Equal(t, 1, stale.Items())
	require.NoError(t, e.turnKeys(batch([]settlement.Command{command(settlement.CommandRotateKey, settlement.RotateKey{
		Participant: "mpesa-ke", SigningKey: next.PublicKey(),
	})})))
	messages := []decide.Message{ahead, stale}
	require.NoError(t, e.decodeAgain(messages))
	b := batch(nil, messages...)
	require.Equal(t, 1, b.Accepted)
	require.Equal(t, "a", b.Transfers[0].Intent)
	require.Equal(t, messaging.FaultSignature, b.DeadLetters[0].Fault)
}

func newPen(t *testing.T) *messaging.Signer {
	t.Helper()
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	return signer
}
