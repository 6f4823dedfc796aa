package momo_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/momo"
	"github.com/ayni-switch/ayni/adapters/momo/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// scriptedSwitch instructs once and passes the outcomes on.
type scriptedSwitch struct {
	message  messaging.PayoutMessage
	outcomes chan messaging.Outcome
}

func (s *scriptedSwitch) PublishIntents(context.Context, []messaging.Intent) error { return nil }

func (s *scriptedSwitch) PublishRecalls(context.Context, []messaging.Recall) error { return nil }

func (s *scriptedSwitch) PublishHealth(context.Context, messaging.RailHealth) error { return nil }

func (s *scriptedSwitch) PublishOutcomes(_ context.Context, outcomes []messaging.Outcome) error {
	for _, o := range outcomes {
		s.outcomes <- o
	}
	return nil
}

func (s *scriptedSwitch) ReceiveBatch(ctx context.Context, _ int, handler func(context.Context, []messaging.Incoming) error) error {
	if err := handler(ctx, []messaging.Incoming{{Payout: &s.message}}); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// impatient are timers that leave a test no time to wait.
var impatient = adapters.Timers{
	SubmitTimeout: 500 * time.Millisecond, FirstQuery: 50 * time.Millisecond,
	QueryEvery: 50 * time.Millisecond, QueryEveryMax: time.Second, CollectionEvery: time.Second,
}

// run has a Runner pay out and returns how each payout ended. meanwhile runs beside it.
func run(t *testing.T, r *rig, payouts int, meanwhile func()) (map[string]messaging.Outcome, adapters.Stats) {
	t.Helper()
	link := &scriptedSwitch{message: messaging.PayoutMessage{Version: messaging.Version, Participant: "uganda"}, outcomes: make(chan messaging.Outcome, 4*payouts)}
	for n := range payouts {
		op := payout(n)
		link.message.Instructions = append(link.message.Instructions, messaging.Instruction{
			Transfer: fmt.Sprintf("T%d", n), Kind: messaging.KindPayout, Intent: fmt.Sprintf("I%d", n), Amount: messaging.NewAmount(op.Amount),
			Debtor: op.Originator, Creditor: op.Beneficiary, Counterparty: "kenya",
		})
	}
	runner, err := adapters.NewRunner(adapters.RunnerConfig{
		Participant: "uganda", Dir: filepath.Join(t.TempDir(), "runner"), Switch: link, Workers: 64,
		BreakerOpen: 100 * time.Millisecond,
		Rail: func(sink adapters.Sink) (adapters.Rail, error) {
			rail, err := momo.New(r.cfg, sink)
			if err == nil {
				r.callbacks.set(rail.Handler())
			}
			return rail, err
		},
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	if meanwhile != nil {
		meanwhile()
	}
	final := map[string]messaging.Outcome{}
	for timeout := time.After(3 * patient); len(final) < payouts; {
		select {
		case o := <-link.outcomes:
			if o.State == messaging.OutcomeUnknown {
				continue
			}
			if before, told := final[o.Transfer]; told {
				require.Equal(t, before, o, "told twice, and otherwise")
			}
			final[o.Transfer] = o
		case <-timeout:
			require.Fail(t, "not every payout ended", "%d of %d: %+v", len(final), payouts, runner.Stats())
		}
	}
	stats := runner.Stats()
	stop()
	require.NoError(t, <-done)
	return final, stats
}

// agree holds what the switch was told against the rail's books, to the minor unit.
func (r *rig) agree(final map[string]messaging.Outcome) (declined int) {
	r.t.Helper()
	entries := 0
	require.NoError(r.t, r.sandbox.Operations(func(kit.Operation) error { entries++; return nil }))
	require.Equal(r.t, len(final), entries, "what was asked for is in the books, once")
	for n := range len(final) {
		op := payout(n)
		entry, found := r.ledger(op)
		require.True(r.t, found)
		require.Equal(r.t, op.Amount.Minor, entry.Minor)
		o := final[fmt.Sprintf("T%d", n)]
		if entry.State == kit.Settled {
			require.Equal(r.t, messaging.OutcomePaid, o.State, "%+v", o)
			require.Equal(r.t, entry.Ref, o.RailRef)
			continue
		}
		require.Equal(r.t, kit.Declined, entry.State)
		require.Equal(r.t, messaging.OutcomeFailed, o.State, "%+v", o)
		require.Equal(r.t, entry.Code, o.RailCode)
		declined++
	}
	return declined
}

// Under the Runner and every fault at once, every payout ends, once, as the rail's books have it.
func TestRunnerEndsEveryPayout(t *testing.T) {
	const payouts = 400
	r := newRig(t, kit.Faults{
		DeclinePct: 15, DelayPct: 15, DelayMS: 100, LostCallbackPct: 15, DuplicateCallbackPct: 15, TimeoutPct: 10, ErrorPct: 10,
		ContradictPct: 10, ReorderPct: 10, LateVisiblePct: 15, LateVisibleMS: 300,
	}, func(c *momo.Config, _ *sandbox.Config) {
		c.Timers, c.ConfirmAboveMinor = impatient, 1200 // half of the payouts are confirmed
	})
	final, stats := run(t, r, payouts, nil)
	assert.Positive(t, r.agree(final))
	assert.Zero(t, stats.UnknownNow)
	assert.Positive(t, stats.UnknownResolved["query"]+stats.UnknownResolved["callback"])
	t.Logf("unknowns resolved %v, exceptions %v", stats.UnknownResolved, stats.Exceptions)
}

// A rail that is down, in a hurry or in another time costs nothing but time. Its faults change while payouts
// are on their way.
func TestRunnerOutlastsTheRail(t *testing.T) {
	const payouts = 100
	for name, faults := range map[string]struct{ first, then kit.Faults }{
		"cut off":           {first: kit.Faults{Outage: kit.OutageRefuse}},
		"silent":            {first: kit.Faults{Outage: kit.OutageHang}},
		"out of order":      {first: kit.Faults{Outage: kit.OutageError}},
		"slow":              {kit.Faults{RatePerS: 50}, kit.Faults{RatePerS: 200}},
		"into the future":   {then: kit.Faults{ClockSkewMS: 86_400_000}}, // every token has ended
		"into the past":     {kit.Faults{ClockSkewMS: 86_400_000}, kit.Faults{}},
		"late to show":      {kit.Faults{LateVisiblePct: 100, LateVisibleMS: 500, LostCallbackPct: 100}, kit.Faults{LateVisiblePct: 100, LateVisibleMS: 500}},
		"hasty":             {kit.Faults{ReorderPct: 100}, kit.Faults{ReorderPct: 50}},
		"no answer at once": {kit.Faults{ErrorPct: 100}, kit.Faults{TimeoutPct: 50}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, faults.first, func(c *momo.Config, _ *sandbox.Config) { c.Timers = impatient })
			final, stats := run(t, r, payouts, func() {
				require.Eventually(t, func() bool { return r.requests.Load() >= 3 }, patient, time.Millisecond)
				require.NoError(t, r.sandbox.SetFaults(faults.then))
			})
			assert.Zero(t, r.agree(final), "nothing failed")
			assert.Zero(t, stats.UnknownNow)
		})
	}
}

// Callbacks to another host than the registered one are answered 500, and nothing moves: a person sees it, nothing
// fails, and once the host is right everything is paid.
func TestRunnerWaitsForTheCallbackHost(t *testing.T) {
	const payouts = 3
	r := newRig(t, kit.Faults{}, func(c *momo.Config, b *sandbox.Config) {
		c.Timers, b.CallbackHost = impatient, "registered.example"
		c.Timers.QueryEveryMax = c.Timers.QueryEvery
	})
	final, stats := run(t, r, payouts, func() {
		require.Eventually(t, func() bool { return r.count("/disbursement/v1_0/transfer") >= 25*payouts }, patient, time.Millisecond)
		require.NoError(t, r.sandbox.Close())
		r.box.CallbackHost = "127.0.0.1"
		var err error
		r.sandbox, err = sandbox.New(r.box)
		require.NoError(t, err)
		r.api.set(r.sandbox)
	})
	assert.Zero(t, r.agree(final), "nothing failed")
	assert.Equal(t, payouts, stats.Exceptions[adapters.ExceptionStuck])
	assert.Zero(t, stats.UnknownNow)
}
