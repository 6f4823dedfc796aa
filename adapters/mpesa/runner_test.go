package mpesa_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/mpesa"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// playedSwitch instructs once and passes the outcomes on.
type playedSwitch struct {
	message  messaging.PayoutMessage
	outcomes chan messaging.Outcome
}

func (s *playedSwitch) PublishIntents(context.Context, []messaging.Intent) error { return nil }

func (s *playedSwitch) PublishRecalls(context.Context, []messaging.Recall) error { return nil }

func (s *playedSwitch) PublishOutcomes(_ context.Context, outcomes []messaging.Outcome) error {
	for _, o := range outcomes {
		s.outcomes <- o
	}
	return nil
}

func (s *playedSwitch) ReceiveBatch(ctx context.Context, _ int, handler func(context.Context, []messaging.Incoming) error) error {
	if err := handler(ctx, []messaging.Incoming{{Payout: &s.message}}); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// impatient are timers that leave a test no time to wait, and the sandbox some to answer.
var impatient = adapters.Timers{
	SubmitTimeout: 500 * time.Millisecond, FirstQuery: 200 * time.Millisecond,
	QueryEvery: 200 * time.Millisecond, QueryEveryMax: time.Second, CollectionEvery: time.Second,
}

// run has a Runner pay out to as many people and returns how each payout ended. meanwhile runs beside it.
func (w *world) run(payouts int, meanwhile func()) (map[string]messaging.Outcome, adapters.Stats) {
	w.t.Helper()
	link := &playedSwitch{message: messaging.PayoutMessage{Version: messaging.Version, Participant: "kenya"}, outcomes: make(chan messaging.Outcome, 4*payouts)}
	for n := range payouts {
		op := w.payout("", int64(100+n))
		op.Beneficiary.Account = fmt.Sprintf("2547%08d", n)
		link.message.Instructions = append(link.message.Instructions, messaging.Instruction{
			Transfer: fmt.Sprintf("T%d", n), Kind: messaging.KindPayout, Intent: fmt.Sprintf("I%d", n), Amount: messaging.NewAmount(op.Amount),
			Debtor: op.Originator, Creditor: op.Beneficiary, Counterparty: "uganda",
		})
	}
	config := w.config
	config.Timers, config.ConfirmAboveMinor = impatient, int64(100+payouts/2)*100 // half of them are confirmed
	runner, err := adapters.NewRunner(adapters.RunnerConfig{
		Participant: "kenya", Dir: filepath.Join(w.t.TempDir(), "runner"), Switch: link, Workers: 64, BreakerOpen: 100 * time.Millisecond,
		Rail: func(sink adapters.Sink) (adapters.Rail, error) {
			var err error
			w.rail, err = mpesa.New(config, sink)
			return w.rail, err
		},
	})
	require.NoError(w.t, err)
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	meanwhile()
	final := map[string]messaging.Outcome{}
	for timeout := time.After(3 * patience); len(final) < payouts; {
		select {
		case o := <-link.outcomes:
			if o.State == messaging.OutcomeUnknown {
				continue
			}
			if before, told := final[o.Transfer]; told {
				require.Equal(w.t, before, o, "told twice, and otherwise")
			}
			final[o.Transfer] = o
		case <-timeout:
			require.Fail(w.t, "not every payout ended", "%d of %d: %+v", len(final), payouts, runner.Stats())
		}
	}
	stats := runner.Stats()
	stop()
	require.NoError(w.t, <-done)
	return final, stats
}

// agree holds what the switch was told against the rail's books, to the minor unit.
func (w *world) agree(final map[string]messaging.Outcome) (declined int) {
	w.t.Helper()
	entries := 0
	require.NoError(w.t, w.sandbox.Operations(func(entry kit.Operation) error {
		entries++
		o, told := final[strings.TrimSuffix(entry.ID, "P")]
		require.True(w.t, told, entry.ID)
		amount, err := o.Amount.Money()
		require.NoError(w.t, err)
		require.Equal(w.t, entry.Minor, amount.Minor)
		if entry.State == kit.Settled {
			require.Equal(w.t, messaging.OutcomePaid, o.State, "%+v", o)
			require.Equal(w.t, entry.Ref, o.RailRef)
			return nil
		}
		require.Equal(w.t, kit.Declined, entry.State)
		require.Equal(w.t, messaging.OutcomeFailed, o.State, "%+v", o)
		declined++
		return nil
	}))
	require.Equal(w.t, len(final), entries, "what was asked for is in the books, once")
	return declined
}

// Under the Runner and every fault at once, every payout ends, once, as the rail's books have it.
func TestRunnerEndsEveryPayout(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{
		DeclinePct: 15, DelayPct: 15, DelayMS: 100, LostCallbackPct: 15, DuplicateCallbackPct: 15, TimeoutPct: 10, ErrorPct: 10,
		ContradictPct: 10, ReorderPct: 10, LateVisiblePct: 15, LateVisibleMS: 300,
	})
	final, stats := w.run(400, func() {})
	assert.Positive(t, w.agree(final))
	assert.Zero(t, stats.UnknownNow)
	assert.Positive(t, stats.UnknownResolved["query"]+stats.UnknownResolved["callback"])
}

// A rail that is down, in a hurry or in another time costs nothing but time. Its faults change while payouts are on
// their way.
func TestRunnerOutlastsTheRail(t *testing.T) {
	for name, faults := range map[string]struct{ first, then kit.Faults }{
		"cut off":           {first: kit.Faults{Outage: kit.OutageRefuse}},
		"silent":            {first: kit.Faults{Outage: kit.OutageHang}},
		"out of order":      {first: kit.Faults{Outage: kit.OutageError}},
		"slow":              {kit.Faults{RatePerS: 50}, kit.Faults{RatePerS: 200}},
		"into the future":   {then: kit.Faults{ClockSkewMS: 86_400_000}},
		"late to show":      {kit.Faults{LateVisiblePct: 100, LateVisibleMS: 500, LostCallbackPct: 100}, kit.Faults{LateVisiblePct: 100, LateVisibleMS: 500}},
		"hasty":             {kit.Faults{ReorderPct: 100}, kit.Faults{ReorderPct: 50}},
		"no answer at once": {kit.Faults{ErrorPct: 100}, kit.Faults{TimeoutPct: 50}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "KES", faults.first)
			final, stats := w.run(100, func() {
				require.Eventually(t, func() bool { return w.count("/oauth/v1/generate") >= 1 }, patience, time.Millisecond)
				require.NoError(t, w.sandbox.SetFaults(faults.then))
			})
			assert.Zero(t, w.agree(final), "nothing failed")
			assert.Zero(t, stats.UnknownNow)
		})
	}
}

// The initiator's password is rotated while payouts wait. What was acknowledged by then is sent back; the rest waits
// and is paid once the password is right again.
func TestRunnerOutlastsARotatedPassword(t *testing.T) {
	w := newWorld(t, "KES", kit.Faults{})
	w.config.AccountHold = 300 * time.Millisecond
	w.sandbox.SetInitiatorPassword("rotated")
	final, stats := w.run(200, func() {
		require.Eventually(t, func() bool { return w.totals()[kit.KindPayout][kit.Declined].Count > 0 }, patience, time.Millisecond)
		w.sandbox.SetInitiatorPassword(w.config.InitiatorPassword)
	})
	declined := w.agree(final)
	assert.Positive(t, declined)
	assert.Less(t, declined, 150, "not everybody's money is sent back")
	assert.Zero(t, stats.UnknownNow)
}
