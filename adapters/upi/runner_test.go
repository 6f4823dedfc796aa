package upi_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
	"github.com/ayni-switch/ayni/adapters/upi/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// scriptedSwitch instructs once and passes the outcomes on.
type scriptedSwitch struct {
	message  messaging.PayoutMessage
	outcomes chan messaging.Outcome
}

func (s *scriptedSwitch) PublishIntents(context.Context, []messaging.Intent) error { return nil }

func (s *scriptedSwitch) PublishRecalls(context.Context, []messaging.Recall) error { return nil }

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

// Under the Runner and every fault at once, every payout ends, once, as the PSP's books have it.
func TestRunnerEndsEveryPayout(t *testing.T) {
	const payouts = 200
	r := newRig(t, kit.Faults{
		DeclinePct: 15, DelayPct: 15, DelayMS: 100, LostCallbackPct: 15, DuplicateCallbackPct: 15, TimeoutPct: 10, ErrorPct: 10, ContradictPct: 10,
	}, func(c *upi.Config, _ *sandbox.Config) {
		c.Timers = adapters.Timers{
			SubmitTimeout: 500 * time.Millisecond, FirstQuery: 50 * time.Millisecond,
			QueryEvery: 50 * time.Millisecond, QueryEveryMax: time.Second, CollectionEvery: time.Second,
		}
		c.ConfirmAboveMinor = 100_100 // half of the payouts are confirmed
	})
	link := &scriptedSwitch{message: messaging.PayoutMessage{Version: messaging.Version, Participant: "india"}, outcomes: make(chan messaging.Outcome, 4*payouts)}
	for n := range payouts {
		op := payout(n)
		link.message.Instructions = append(link.message.Instructions, messaging.Instruction{
			Transfer: fmt.Sprintf("T%d", n), Kind: messaging.KindPayout, Intent: fmt.Sprintf("I%d", n), Amount: messaging.NewAmount(op.Amount),
			Debtor: op.Originator, Creditor: op.Beneficiary, Counterparty: "kenya",
		})
	}
	var rail *upi.Rail
	runner, err := adapters.NewRunner(adapters.RunnerConfig{
		Participant: "india", Dir: filepath.Join(t.TempDir(), "runner"), Switch: link, Workers: 64,
		BreakerOpen: 100 * time.Millisecond,
		Rail: func(sink adapters.Sink) (adapters.Rail, error) {
			var err error
			rail, err = upi.New(r.cfg, sink)
			return rail, err
		},
	})
	require.NoError(t, err)
	callbacks := httptest.NewServer(rail.Handler())
	defer callbacks.Close()
	r.close() // the sandbox calls the runner's rail back, not the rig's
	r.box.CallbackURL = callbacks.URL + prefix
	r.sandbox, err = sandbox.New(r.box)
	require.NoError(t, err)
	r.api.set(r.sandbox)

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
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

	declined := 0
	for n := range payouts {
		op, found, err := r.sandbox.Ledger.Get(kit.KindPayout, payout(n).ID)
		require.NoError(t, err)
		require.True(t, found)
		o := final[fmt.Sprintf("T%d", n)]
		if op.State == kit.Settled {
			require.Equal(t, messaging.OutcomePaid, o.State, "%+v", o)
			require.Equal(t, op.Ref, o.RailRef)
		} else {
			require.Equal(t, messaging.OutcomeFailed, o.State, "%+v", o)
			require.Equal(t, op.Code, o.RailCode)
			declined++
		}
	}
	assert.Positive(t, declined)
	assert.Zero(t, stats.UnknownNow)
	assert.Positive(t, stats.UnknownResolved["query"]+stats.UnknownResolved["callback"])
	t.Logf("%d declined, unknowns resolved %v, exceptions %v", declined, stats.UnknownResolved, stats.Exceptions)
}
