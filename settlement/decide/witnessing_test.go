package decide

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// vouching is a log's key, its witnesses, and all of its hashes.
type vouching struct {
	t      *testing.T
	log    note.Signer
	names  []audit.Cosigner
	policy string
	hashes []tlog.Hash
	size   int64
}

func newVouching(t *testing.T) *vouching {
	t.Helper()
	secret, public, err := note.GenerateKey(bytes.NewReader(make([]byte, 64)), "ayni.test/log")
	require.NoError(t, err)
	v := &vouching{t: t, policy: "log " + public + "\n"}
	v.log, err = note.NewSigner(secret)
	require.NoError(t, err)
	for i := range 3 {
		seed := bytes.Repeat([]byte{byte(i + 1)}, ed25519.SeedSize)
		cosigner, err := audit.NewCosigner(fmt.Sprint("w", i, ".example"), ed25519.NewKeyFromSeed(seed))
		require.NoError(t, err)
		v.names = append(v.names, cosigner)
		v.policy += fmt.Sprintf("witness w%d %s\n", i, cosigner.Key())
	}
	v.policy += "group any-two 2 w0 w1 w2\nquorum any-two\n"
	return v
}

func (v *vouching) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = v.hashes[index]
	}
	return found, nil
}

// grow appends entries.
func (v *vouching) grow(bodies [][]byte) {
	for _, body := range bodies {
		more, err := tlog.StoredHashes(v.size, body, v)
		require.NoError(v.t, err)
		v.hashes, v.size = append(v.hashes, more...), v.size+1
	}
}

// entries are all that a world logged.
func entries(w *world) (bodies [][]byte) {
	for _, b := range w.batches {
		for _, e := range b.Log {
			bodies = append(bodies, e.Body)
		}
	}
	return bodies
}

// witnessed is the log's checkpoint of a size, cosigned by the first so many, with proofs of entries.
func (v *vouching) witnessed(size int64, by int, at time.Time, entries ...int64) settlement.Witnessed {
	root, err := tlog.TreeHash(size, v)
	require.NoError(v.t, err)
	signed, err := audit.Checkpoint{Origin: "ayni.test/log", Size: size, Root: root}.Sign(v.log)
	require.NoError(v.t, err)
	text, _, _ := strings.Cut(signed, "\n\n")
	for _, w := range v.names[:by] {
		line, err := note.Sign(&note.Note{Text: text + "\n"}, w.At(at))
		require.NoError(v.t, err)
		signed += string(line[len(text)+2:])
	}
	body := settlement.Witnessed{Checkpoint: signed}
	for _, index := range entries {
		path, err := tlog.ProveRecord(size, index, v)
		require.NoError(v.t, err)
		e := settlement.WitnessedEntry{Index: index}
		for _, hash := range path {
			e.Path = append(e.Path, base64.StdEncoding.EncodeToString(hash[:]))
		}
		body.Entries = append(body.Entries, e)
	}
	return body
}

// waiting is a village whose closed window waits for witnesses.
func waiting(t *testing.T) (*world, *vouching, *ledger.Batch) {
	t.Helper()
	w, v := village(t), newVouching(t)
	require.Contains(t, w.ask(settlement.CommandWitnessed, settlement.Witnessed{}), "nobody is asked")
	require.Equal(t, "line 2 of the policy does not read", w.ask(settlement.CommandWitnesses, settlement.Witnesses{Policy: "\nmallory\n"}))
	require.Empty(t, w.ask(settlement.CommandWitnesses, settlement.Witnesses{Policy: v.policy}))
	require.Empty(t, w.ask(settlement.CommandSettlementMethod, settlement.SettlementMethod{Participant: "debtor", Method: settlement.MethodInstructed}))
	w.decide(nil, w.intents("debtor", w.intent("a", "debtor", "creditor", 80_00)))
	closing := w.close("village")
	require.Empty(t, toldOf(t, closing, "debtor").Settlements, "nobody has vouched for it")
	_, waits := w.state.Witnessing()
	require.Equal(t, []int64{closing.LogIndex}, waits)
	v.grow(entries(w))
	return w, v, closing
}

// An engine that takes over knows what waits, and what waited.
func TestWhatWaitsForWitnessesIsStored(t *testing.T) {
	w, _, _ := waiting(t)
	stored(t, w)
	w, v, closing := waiting(t)
	require.Empty(t, w.ask(settlement.CommandWitnessed, v.witnessed(closing.LogIndex+1, 3, w.now, closing.LogIndex)))
	stored(t, w)
}

// A pay-in is told once two of three witnesses vouch for the entry that gives it, and nobody defaults before they were
// told and had their time.
func TestInstructionsWaitForWitnesses(t *testing.T) {
	w, v, closing := waiting(t)
	require.Contains(t, w.ask(settlement.CommandInstructionResult, settlement.InstructionResult{
		Instruction: closing.Instructions[0].ID.String(), Currency: kes, AmountMinor: 80_00, Evidence: "EARLY",
	}), "waits for witnesses")
	v.grow(entries(w)[v.size:])
	w.now = w.now.Add(24 * time.Hour)
	require.Empty(t, w.decide(nil).WindowEvents, "who was not told is not in default")
	for moment, ok := w.state.NextMoment(w.now); ok; ok = false {
		require.True(t, moment.After(w.now), "nothing is due while it waits")
	}
	size := closing.LogIndex + 1
	refused := func(says string, body settlement.Witnessed) {
		t.Helper()
		require.Contains(t, w.ask(settlement.CommandWitnessed, body), says)
	}
	refused("too few cosignatures", v.witnessed(size, 1, w.now, closing.LogIndex))
	refused("too few cosignatures", v.witnessed(size, 3, w.now.Add(time.Hour), closing.LogIndex))
	refused("no instruction waits", v.witnessed(closing.LogIndex, 3, w.now))
	refused("not proved", v.witnessed(size, 3, w.now))
	refused("none of this log", settlement.Witnessed{Checkpoint: "mallory\n"})
	fork, other := newVouching(t), entries(w)
	other[closing.LogIndex] = []byte("{}")
	fork.grow(other)
	refused("not proved", fork.witnessed(size, 3, w.now, closing.LogIndex))

	b := w.decide([]settlement.Command{w.command(settlement.CommandWitnessed, v.witnessed(size, 2, w.now, closing.LogIndex))})
	require.Empty(t, b.CommandResults[0].Fault)
	told := toldOf(t, b, "debtor").Settlements
	require.Len(t, told, 1)
	require.Equal(t, []settlement.InstructionID{closing.Instructions[0].ID}, b.Told)
	require.Empty(t, b.WindowEvents, "it has its time from now on")
	refused("no instruction waits", v.witnessed(size, 3, w.now, closing.LogIndex))
	moment, ok := w.state.NextMoment(w.now)
	require.True(t, ok)
	w.now = moment
	b = w.decide(nil)
	require.Equal(t, ledger.Lapsed, b.InstructionResults[0].Result)
	w.replayEqual(t)
}
