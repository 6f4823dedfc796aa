package verify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// kept is a log in memory that remembers what it was asked for.
type kept struct {
	entries [][]byte
	blobs   map[[sha256.Size]byte][]byte

	mu    sync.Mutex
	asked map[int64][][sha256.Size]byte // by index of the entry
}

// Visit implements verify.Log.
func (k *kept) Visit(_ context.Context, visit func(entry []byte) error) error {
	for _, entry := range k.entries {
		if err := visit(entry); err != nil {
			return err
		}
	}
	return nil
}

// Blob implements verify.Log.
func (k *kept) Blob(index int64, hash [sha256.Size]byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked[index] = append(k.asked[index], hash)
	body, ok := k.blobs[hash]
	if !ok {
		return nil, fmt.Errorf("no blob %x", hash)
	}
	return body, nil
}

func (k *kept) keep(t require.TestingT, b *ledger.Batch) {
	for _, e := range b.Log {
		k.entries = append(k.entries, e.Body)
	}
	for _, blob := range b.Blobs {
		k.blobs[blob.Hash] = blob.Body
	}
	if b.Inputs.Headers != nil {
		inputs, err := audit.JoinMessages(b.Inputs.Headers, nil) // of none that could be read
		require.NoError(t, err)
		k.blobs[b.Inputs.Hash] = inputs
	}
}

// anyLog decides some batches of commands and messages that nobody can read.
func anyLog(t *rapid.T) *kept {
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	verifier, err := messaging.NewVerifier(signer.PublicKey())
	require.NoError(t, err)
	state, err := decide.Restore(&ledger.Snapshot{
		Carries: map[fx.Currency]fx.NanoMinor{}, Positions: map[int32]messaging.Position{}, Newest: map[int32]string{},
	})
	require.NoError(t, err)
	log := &kept{blobs: map[[sha256.Size]byte][]byte{}, asked: map[int64][][sha256.Size]byte{}}
	now, commands, sequence := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC), int64(0), uint64(0)
	for batch := range rapid.IntRange(1, 5).Draw(t, "batches") {
		now = now.Add(time.Second)
		in := decide.Inputs{Rules: decide.Rules, Now: now, Closing: decide.AsRecorded(nil), Silent: true}
		ask := func(kind settlement.CommandKind, body any) {
			commands++
			text, err := json.Marshal(body)
			require.NoError(t, err)
			in.Commands = append(in.Commands, settlement.Command{ID: commands, Kind: kind, Body: text})
		}
		if batch == 0 {
			ask(settlement.CommandAddParticipant, settlement.AddParticipant{
				Name: "alpha", Country: "KE", Currency: fx.MustCurrency("KES"), Role: settlement.RoleOperator, SigningKey: signer.PublicKey(),
				PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1000,
			})
		}
		for range rapid.IntRange(0, 3).Draw(t, "funds") {
			ask(settlement.CommandFund, settlement.Fund{Participant: "alpha", Currency: fx.MustCurrency("KES"), AmountMinor: rapid.Int64Range(-1, 9).Draw(t, "amount")})
		}
		for range rapid.IntRange(0, 2).Draw(t, "messages") * min(batch, 1) {
			sequence++
			m := decide.DecodeLogged(audit.Message{
				Participant: "alpha", Kind: "intent", Sequence: sequence, ReceivedAt: now, Fault: string(messaging.FaultSchema), Hash: sha256.Sum256([]byte{byte(sequence)}),
			}, verifier)
			state.Bind(&m)
			in.Messages = append(in.Messages, m)
		}
		b, err := state.Decide(in)
		require.NoError(t, err)
		log.keep(t, b)
	}
	return log
}

// What a replay asks for is what entries name: a mirror that fetches it fetches all that an auditor needs.
func TestReplayAsksForWhatEntriesName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := anyLog(t)
		_, err := verify.Replay(context.Background(), log, nil)
		require.NoError(t, err)
		reached := map[[sha256.Size]byte]bool{}
		for i, entry := range log.entries {
			named, err := verify.Names(entry)
			require.NoError(t, err)
			require.ElementsMatch(t, log.asked[int64(i)], named, "entry %d", i)
			for _, hash := range named {
				reached[hash] = true
			}
		}
		require.Len(t, reached, len(log.blobs), "and no blob is there for nothing")
	})
}

// Whatever an entry is, what it names stands in it.
func FuzzNames(f *testing.F) {
	hash := strings.Repeat("0a", sha256.Size)
	for _, seed := range []string{
		`{"kind":"batch","record":"` + hash + `","inputs":"` + hash + `"}`, `{"kind":"command","body":"` + hash + `"}`, `{"body":"` + hash + `00"}`,
		`{"body":"` + hash[2:] + `"}`, `{"body":7}`, `{"body":{}}`, `{"body":null}`, `[]`, `{`, ``, `{"body":"` + strings.ToUpper(hash) + `"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, entry []byte) {
		named, err := verify.Names(entry)
		require.True(t, err == nil || named == nil)
		require.LessOrEqual(t, len(named), 3)
		if bytes.ContainsRune(entry, '\\') {
			return // written otherwise
		}
		for _, hash := range named {
			require.True(t, slices.ContainsFunc([][]byte{entry, bytes.ToLower(entry)}, func(text []byte) bool {
				return bytes.Contains(text, []byte(hex.EncodeToString(hash[:])))
			}))
		}
	})
}
