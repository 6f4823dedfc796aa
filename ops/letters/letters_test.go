package letters_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/letters"
	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// An operator reads what is dead and why, and learns what the engine made of asking again.
func TestOperatorReadsAndAsksAgain(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	books, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	dead := ledger.LetterKey{Participant: 1, Sequence: 7, Place: -1}
	require.NoError(t, lead.Write(t.Context(), lead.Encode(&ledger.Batch{
		ID: 1, DecidedAt: time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC), Participants: []settlement.Participant{{
			ID: 1, Name: "mpesa-ke", Role: settlement.RoleOperator, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1,
		}},
		Envelopes:   []ledger.Envelope{{Participant: 1, Sequence: 7, Kind: messaging.PayloadIntent, Payload: []byte("noise")}},
		DeadLetters: []ledger.DeadLetter{{Participant: 1, Sequence: 7, Place: -1, Fault: messaging.FaultSyntax, Detail: "no JSON"}},
		Checkpoint:  ledger.Checkpoint{Size: 1},
	})))
	var out bytes.Buffer
	require.NoError(t, letters.List(t.Context(), &out, url, 10, show.Table))
	require.Regexp(t, `\nmpesa-ke +7 +-1  2026-04-13 06:00:00Z  malformed_json  no JSON  ledger.envelope_2026_04 +0  no\n`, out.String())

	answers := []struct {
		result ledger.CommandResult
		replay []ledger.LetterReplay
	}{
		{ledger.CommandResult{Command: 1, Fault: "refused again: malformed_json"}, []ledger.LetterReplay{{Command: 1, LetterKey: dead, Fault: messaging.FaultSyntax, Detail: "still no JSON"}}},
		{ledger.CommandResult{Command: 2}, []ledger.LetterReplay{{Command: 2, LetterKey: dead, Detail: "2 transfers, 0 refused, 0 outcomes", Transfers: 2, First: 9}}},
		{ledger.CommandResult{Command: 3, Fault: "this dead letter was taken in before"}, nil},
	}
	for i, want := range []string{"not taken in: refused again: malformed_json: still no JSON", "", "not taken in: this dead letter was taken in before"} {
		out.Reset()
		done := make(chan error, 1)
		go func() {
			done <- letters.Replay(t.Context(), &out, url, settlement.ReplayLetter{Participant: "mpesa-ke", Sequence: 7, Place: -1, Asker: "a", Reason: "b"})
		}()
		answer(t, books, lead, int64(i)+2, answers[i].result, answers[i].replay)
		err := <-done
		if want == "" {
			require.NoError(t, err)
			require.Equal(t, "taken in: 2 transfers, 0 refused, 0 outcomes, the first is T"+settlement.TransferID(9).String()[1:]+"\n", out.String())
			continue
		}
		var refused *letters.RefusedError
		require.ErrorAs(t, err, &refused)
		require.ErrorContains(t, err, want)
	}
	out.Reset()
	require.NoError(t, letters.List(t.Context(), &out, url, 10, show.JSON))
	require.Contains(t, out.String(), `"replayed": true`)
}

// answer stands in for the engine.
func answer(t *testing.T, books *store.Ledger, lead *store.Lead, batch int64, result ledger.CommandResult, replays []ledger.LetterReplay) {
	t.Helper()
	watching, stop := context.WithCancel(t.Context())
	defer stop()
	require.ErrorIs(t, books.WatchCommands(watching, func() {
		commands, err := books.Commands(t.Context(), result.Command-1, 1)
		require.NoError(t, err)
		if len(commands) == 1 {
			stop()
		}
	}), context.Canceled)
	require.NoError(t, lead.Write(t.Context(), lead.Encode(&ledger.Batch{
		ID: batch, DecidedAt: time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC), CommandResults: []ledger.CommandResult{result}, LetterReplays: replays,
		Checkpoint: ledger.Checkpoint{Size: batch},
	})))
}
