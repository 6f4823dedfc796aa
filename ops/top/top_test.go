package top_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/top"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

var update = flag.Bool("update", false, "write the golden files")

var noon = time.Date(2026, 4, 13, 12, 0, 0, 0, time.UTC)

// busy is a switch at noon, with something of everything.
func busy() top.Snapshot {
	kes, php := fx.MustCurrency("KES"), fx.MustCurrency("PHP")
	used := func(owner string, currency fx.Currency, used, may int64) ledger.AccountPulse {
		return ledger.AccountPulse{Side: ledger.Side{Owner: owner}, Currency: currency, UsedMinor: used, MayMinor: may}
	}
	return top.Snapshot{
		At: noon,
		Pulse: &ledger.Pulse{
			Newest:   ledger.ListedBatch{ID: 81_204, Accepted: 1_204, Cleared: 1_190, Queued: 512, DecidedAt: noon.Add(-1500 * time.Millisecond), WrittenAt: noon.Add(-1458 * time.Millisecond)},
			Accepted: 1_204_311, Cleared: 1_203_799, Paid: 1_201_000, Returned: 812, Expired: 7,
			Oldest: 96 * time.Millisecond, Rate: ledger.Throughput{Accepted: 301_000, Cleared: 300_420, Paid: 299_871},
			Accounts: []ledger.AccountPulse{
				used("gcash-ph", php, 0, 500_000_00), used("mpesa-ke", kes, 620_000_00, 1_000_000_00), used("upi-in", fx.MustCurrency("INR"), 1_000_00, 0),
				used("maya-ph", php, 1_99, 1_000_000_00),
			},
		},
		Queued:  []ledger.QueuedValue{{Value: fx.Money{Minor: 1_234_567_50, Currency: kes}, Transfers: 512, Oldest: noon.Add(-3 * time.Minute)}},
		Rails:   []ledger.RailStanding{{Participant: "mpesa-ke", State: messaging.RailUp}, {Participant: "upi-in", State: messaging.RailDown, Since: noon.Add(-time.Hour), Waiting: 1_040}},
		Windows: []ledger.Window{{ID: 3, State: settlement.WindowSettled, Group: "default"}, {ID: 4, State: settlement.WindowFailed, Group: "east"}, {ID: 5, State: settlement.WindowOpen, Group: "default"}},
	}
}

func TestPageIsAsDrawn(t *testing.T) {
	away := busy()
	away.Fault = "the database does not answer: connection refused"
	for name, c := range map[string]struct {
		s             top.Snapshot
		width, height int
	}{
		"wide": {busy(), 120, 40}, "narrow": {busy(), 48, 12}, "away": {away, 100, 8}, "idle": {top.Snapshot{At: noon, Pulse: &ledger.Pulse{}}, 80, 24},
	} {
		page := top.Render(c.s, c.width, c.height)
		file := fmt.Sprintf("testdata/%s.txt", name)
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(page+"\n"), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(want), page+"\n", name)
	}
	assert.Equal(t, "2026-04-13T12:00:00Z batch 81204: last minute accepted 301000, cleared 300420, paid 299871; 512 wait; written in 42 ms; ALARM window 4 of east failed",
		top.Line(busy()))
}

// Whatever is shown fits the terminal, however small, and moves no cursor.
func TestPageFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := busy()
		s.Fault, s.Rails[1].Participant = rapid.String().Draw(t, "fault"), rapid.String().Draw(t, "name")
		s.Pulse.Accounts[1].UsedMinor, s.Pulse.Accounts[1].MayMinor = rapid.Int64Min(0).Draw(t, "used"), rapid.Int64Min(0).Draw(t, "may")
		width, height := rapid.IntRange(1, 200).Draw(t, "width"), rapid.IntRange(1, 60).Draw(t, "height")
		lines := strings.Split(top.Render(s, width, height), "\n")
		require.LessOrEqual(t, len(lines), height)
		for _, line := range lines {
			require.LessOrEqual(t, utf8.RuneCountInString(line), width)
			require.NotContains(t, line, "\x1b")
		}
	})
}

func TestFollowsAnEmptyLedger(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	books, err := store.OpenReader(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, top.Follow(ctx, books, strings.NewReader(""), &out), "the first look must succeed")
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, top.Follow(ctx, books, nil, writes(func(line string) {
		out.WriteString(line)
		cancel()
	})))
	assert.Contains(t, out.String(), "batch 0: last minute accepted 0")
	require.Error(t, top.Follow(t.Context(), books, nil, broken{}), "nobody reads any more")
}

type writes func(string)

func (w writes) Write(p []byte) (int, error) {
	w(string(p))
	return len(p), nil
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("closed") }
