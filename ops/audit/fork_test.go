package audit_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	opsaudit "github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Visit implements verify.Log.
func (h *history) Visit(_ context.Context, visit func(entry []byte) error) error {
	for _, e := range h.entries {
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

// Blob implements verify.Log.
func (h *history) Blob(_ int64, hash [32]byte) ([]byte, error) {
	return h.blobs[hex.EncodeToString(hash[:])], nil
}

// steps are the history's batches with what they were decided on.
func (h *history) steps(ctx context.Context) (steps []verify.Step, err error) {
	_, err = verify.Replay(ctx, h, nil, func(s verify.Step) error {
		steps = append(steps, s)
		return nil
	})
	return steps, err
}

// decideAgain makes another history of a day, whole in itself: its batches decided again, by the rules, on what edit
// made of their inputs. It ends early where there is nothing more to decide.
func decideAgain(d *day, steps []verify.Step, edit func(batch int, in *decide.Inputs)) (*history, error) {
	state, err := decide.Restore(&ledger.Snapshot{
		Carries: map[fx.Currency]fx.NanoMinor{}, Positions: map[int32]messaging.Position{}, Newest: map[int32]string{},
	})
	if err != nil {
		return nil, err
	}
	h := &history{of: d, blobs: map[string][]byte{}}
	known, finished := map[ledger.IntentKey]ledger.KnownIntent{}, map[settlement.TransferID]ledger.FinishedTransfer{}
	letters, evidence := map[ledger.LetterKey]ledger.Letter{}, map[ledger.EvidenceKey]ledger.Evidence{}
	for i, s := range steps {
		in := s.Inputs
		in.Known, in.Finished, in.Letters, in.Evidence = known, finished, letters, evidence
		in.Messages, in.Commands, in.Hits = slices.Clone(in.Messages), slices.Clone(in.Commands), maps.Clone(in.Hits)
		edit(i, &in)
		in.Messages = slices.DeleteFunc(in.Messages, func(m decide.Message) bool { return state.Named(m.Participant) == nil })
		state.Order(in.Messages)
		b, err := state.Decide(in)
		if err != nil {
			return h, err
		}
		for _, e := range b.Log {
			h.entries = append(h.entries, e.Body)
		}
		for _, blob := range b.Blobs {
			h.blob(blob.Body)
		}
		inputs, err := audit.JoinMessages(b.Inputs.Headers, func(participant string, sequence uint64) ([]byte, error) {
			for _, m := range s.Messages {
				if m.Participant == participant && m.Sequence == sequence {
					return m.Open, nil
				}
			}
			return nil, fmt.Errorf("no message %d of %s", sequence, participant)
		})
		if err != nil {
			return h, err
		}
		h.blob(inputs)
	}
	return h, nil
}

// A fork is another history under the log's real key. It holds by itself: nobody can tell from one history that there is
// another. Whoever holds an older checkpoint, a receipt, or another key can.
func TestForksAreFound(t *testing.T) {
	d := theDay(t)
	steps, err := d.whole.steps(t.Context())
	require.NoError(t, err)
	same, err := decideAgain(d, steps, func(int, *decide.Inputs) {})
	require.NoError(t, err)
	require.Equal(t, d.whole.entries, same.entries)

	left := -1
	fork, err := decideAgain(d, steps, func(batch int, in *decide.Inputs) {
		if left < 0 && batch > 20 && len(in.Commands) > 0 && in.Commands[0].Kind == settlement.CommandFund {
			left, in.Commands = batch, in.Commands[1:]
		}
	})
	require.NoError(t, err)
	require.Positive(t, left)
	report, err := fork.verified("")
	require.NoError(t, err)
	require.True(t, report.OK(), "a fork holds by itself: %s", report)

	parted := firstChange(d.whole, fork)
	for _, size := range []int{int(parted) + 1, len(d.whole.entries) / 2, len(d.whole.entries)} {
		older, err := d.whole.signed(size)
		require.NoError(t, err)
		report, err := fork.verified(older)
		require.NoError(t, err)
		require.False(t, report.OK(), "a checkpoint of %d entries", size)
		t.Log(report)
	}
	older, err := d.whole.signed(int(parted))
	require.NoError(t, err)
	report, err = fork.verified(older)
	require.NoError(t, err)
	require.True(t, report.OK(), "until they part they are one: %s", report)

	var transfer settlement.TransferID
	for _, s := range steps {
		for _, made := range s.Batch.Transfers {
			if made.ReturnOf == 0 {
				transfer = made.ID
			} else {
				_, err := opsaudit.Receipt(t.Context(), opsaudit.Config{Dir: d.dir, Key: d.key}, made.ID)
				require.ErrorAs(t, err, new(*opsaudit.ReturnError))
			}
		}
	}
	receipt, err := opsaudit.Receipt(t.Context(), opsaudit.Config{Dir: d.dir, Key: d.key}, transfer)
	require.NoError(t, err)
	text, err := receipt.Text()
	require.NoError(t, err)
	for _, h := range []*history{d.whole, fork} {
		dir := t.TempDir()
		files, err := h.files()
		require.NoError(t, err)
		name := fmt.Sprintf("receipts/%d.json", transfer)
		files[name] = text
		require.NoError(t, (&stage{dir: dir}).show(files))
		report, err := opsaudit.Verify(t.Context(), opsaudit.Config{Dir: dir, Key: d.key})
		require.NoError(t, err)
		require.Equal(t, h == d.whole, report.OK(), "%s", report)
		if h == fork {
			require.Equal(t, name, report.Difference.Where)
		}
	}

	_, other, err := note.GenerateKey(nil, d.signer.Name())
	require.NoError(t, err)
	report, err = opsaudit.Verify(t.Context(), opsaudit.Config{Dir: d.dir, Key: other})
	require.NoError(t, err)
	require.Equal(t, "keys/log", report.Difference.Where)
}

// What a verifier takes on the log's word, for only the switch could know it: a batch's clock, a batch that nobody's message caused,
// what screening said, and that somebody's message came later or not yet. Each is another history, whole in itself.
func TestWhatOnlyTheSwitchKnewIsTaken(t *testing.T) {
	d := theDay(t)
	steps, err := d.whole.steps(t.Context())
	require.NoError(t, err)
	last, spoken := len(steps)-1, 0 // the last batch, and the last that somebody's message is in
	for i, s := range steps {
		if len(s.Messages) > 0 {
			spoken = i
		}
	}
	for name, edit := range map[string]func(batch int, in *decide.Inputs){
		"a clock": func(batch int, in *decide.Inputs) {
			if batch == last {
				in.Now = in.Now.Add(time.Second)
			}
		},
		"screening": func(batch int, in *decide.Inputs) {
			for _, m := range in.Messages {
				if m.Kind == messaging.PayloadIntent {
					in.Hits[ledger.Hit{Participant: steps[last].State.Named(m.Participant).ID, Sequence: m.Sequence}] = ledger.Screened{Decision: "deny", List: "invented", Rule: "name"}
				}
			}
		},
		"the last messages left out": func(batch int, in *decide.Inputs) {
			if batch >= spoken {
				in.Messages = nil
			}
		},
	} {
		h, err := decideAgain(d, steps, edit)
		require.NoError(t, err, name)
		report, err := h.verified("")
		require.NoError(t, err, name)
		require.False(t, slices.EqualFunc(d.whole.entries, h.entries, bytes.Equal), name)
		require.True(t, report.OK(), "%s: %s", name, report)
	}
}

// A message that is left out, or taken twice, is missed even where all that follows was decided again.
func TestMessagesThatFollowNobodyAreNamed(t *testing.T) {
	d := theDay(t)
	steps, err := d.whole.steps(t.Context())
	require.NoError(t, err)
	for _, edit := range []func([]decide.Message) []decide.Message{
		func(m []decide.Message) []decide.Message { return m[1:] },
		func(m []decide.Message) []decide.Message { return append(m, m[0]) },
	} {
		done := false
		h, err := decideAgain(d, steps, func(_ int, in *decide.Inputs) {
			if !done && len(in.Messages) > 0 {
				done, in.Messages = true, edit(in.Messages)
			}
		})
		require.NoError(t, err)
		report, err := h.verified("")
		require.NoError(t, err)
		require.False(t, report.OK())
		t.Log(report)
	}
}

// Commands of a hostile operator, whatever they say, and all that follows from them: the rules refuse or carry out, the
// verifier follows, and nobody panics.
func TestHostileCommandsPanicNobody(t *testing.T) {
	d := theDay(t)
	steps, err := d.whole.steps(t.Context())
	require.NoError(t, err)
	every(t, rounds(150), func(dice *rand.Rand) (err error) {
		what := ""
		defer func() {
			if panicked := recover(); panicked != nil {
				err = fmt.Errorf("%s: %v", what, panicked)
			}
		}()
		hostile := []string{"-1", "0", "9223372036854775807", "-9223372036854775808", "99999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "XXX", "\x00", "1/0", "0/1"}
		_, err = decideAgain(d, steps, func(_ int, in *decide.Inputs) {
			for i := range in.Commands {
				if dice.IntN(8) > 0 {
					continue
				}
				var body any
				if json.Unmarshal(in.Commands[i].Body, &body) != nil {
					continue
				}
				all := leaves("", body, func(any) {})
				if len(all) == 0 {
					continue
				}
				l := all[dice.IntN(len(all))]
				if dice.IntN(2) == 0 {
					l.set(hostile[dice.IntN(len(hostile))])
				} else {
					l.set(float64(dice.IntN(3)-1) * 9.2e18)
				}
				in.Commands[i].Body, _ = json.Marshal(body)
				what += fmt.Sprintf("%s%s ", in.Commands[i].Kind, l.path)
			}
		})
		_ = err // a batch that cannot be decided ends the history
		return nil
	})
}

// Nobody's name, account, address or reference of the day is in any byte of its export.
func TestNobodyIsInTheExport(t *testing.T) {
	d := theDay(t)
	var people []string
	for _, given := range []string{"Amina", "Baraka", "Chidi", "Divya", "Esi", "Farah", "Grace", "Hassan", "Imani", "Jose", "Kofi", "Lina", "Maria", "Nkechi", "Omar", "Priya", "Quentin", "Rosa", "Samuel", "Tendai"} {
		people = append(people, given+" ", given+".")
	}
	people = append(people, "Market Street", "Market Town", "@okdemo", "Umoja", "UMOJA", "memberA", "memberB", "Listed Of Demo")
	for _, code := range []string{"254", "255", "256", "250", "233", "234", "63", "92", "971", "965", "44", "1", "49"} {
		for n := range transfers + 10 {
			people = append(people, fmt.Sprintf("%s7%08d", code, n))
		}
	}
	for file := range sizes(t, d.dir) {
		body, err := os.ReadFile(filepath.Join(d.dir, file))
		require.NoError(t, err)
		for _, person := range people {
			require.NotContains(t, string(body), person, file)
		}
	}
}
