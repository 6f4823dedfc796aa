package operate_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/operate"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func TestAsk(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	books, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()

	var out bytes.Buffer
	suspend := operate.Request{By: "Asha", Kind: settlement.CommandSuspend, Body: []byte(`{"participant": "mpesa-ke",  "suspended": true}`)}
	nobodyAnswers := func(r operate.Request, command int) {
		ctx, giveUp := context.WithCancel(t.Context())
		defer giveUp()
		go func() {
			assert.Eventually(t, func() bool {
				asked, err := books.Commands(t.Context(), 0, 10)
				return err == nil && len(asked) == command
			}, 20*time.Second, time.Millisecond)
			giveUp()
		}()
		require.ErrorIs(t, operate.Ask(ctx, &out, url, r), context.Canceled)
	}
	nobodyAnswers(suspend, 1)
	again := operate.Request{By: "Asha", Kind: settlement.CommandSuspend, Body: []byte(`{"suspended":true,"participant":"mpesa-ke"}`)}
	other := operate.Request{By: "Asha", Kind: settlement.CommandSuspend, Body: suspend.Body, Key: "once more"}
	nobodyAnswers(other, 2)
	commands, err := books.Commands(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, commands, 2)
	require.Equal(t, commands[0].Body, commands[1].Body, "both in one layout")
	require.Equal(t, "Asha", commands[0].Maker, "the log will name who did it")
	require.Empty(t, commands[0].Checker, "and nobody beside")
	for _, nobody := range []string{"", " ", "Asha ", strings.Repeat("a", 101), "\xff"} {
		alone := suspend
		alone.By = nobody
		require.ErrorIs(t, operate.Ask(t.Context(), &out, url, alone), operate.ErrNobody)
	}
	require.NoError(t, lead.Write(t.Context(), lead.Encode(&ledger.Batch{
		ID: 1, DecidedAt: time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC), Checkpoint: ledger.Checkpoint{Size: 1},
		CommandResults: []ledger.CommandResult{{Command: 1}, {Command: 2, Fault: "suspended already"}},
	})))
	require.NoError(t, operate.Ask(t.Context(), &out, url, again), "in another layout it is the same command")
	require.Equal(t, "done: suspend, command 1\n", out.String())
	var refused *operate.RefusedError
	require.ErrorAs(t, operate.Ask(t.Context(), &out, url, other), &refused)
	require.Equal(t, &operate.RefusedError{Command: 2, Fault: "suspended already"}, refused)

	large := operate.Request{By: "Asha", Kind: settlement.CommandFund, Body: []byte(`{"amount_minor":9007199254740993}`)}
	nobodyAnswers(large, 3)
	commands, err = books.Commands(t.Context(), 2, 10)
	require.NoError(t, err)
	require.Equal(t, large.Body, commands[0].Body, "an amount that no double holds stays what it was")

	other.Kind = settlement.CommandGross
	require.ErrorIs(t, operate.Ask(t.Context(), &out, url, other), ledger.ErrCommandChanged)
	for _, wrong := range []operate.Request{
		{By: "Asha", Kind: "explode", Body: suspend.Body}, {By: "Asha", Kind: settlement.CommandSuspend}, {By: "Asha", Kind: settlement.CommandSuspend, Body: []byte("[]")},
		{By: "Asha", Kind: settlement.CommandSuspend, Body: []byte(`{"suspended":true,"suspended":false}`)},
	} {
		require.ErrorIs(t, operate.Ask(t.Context(), &out, url, wrong), operate.ErrNoCommand)
	}
}
