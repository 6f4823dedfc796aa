package upi_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
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

func (s *scriptedSwitch) next(t *testing.T) messaging.Outcome {
	t.Helper()
	select {
	case o := <-s.outcomes:
		return o
	case <-time.After(patient):
		require.Fail(t, "no outcome")
		return messaging.Outcome{}
	}
}

// instructed is a runner on the rig's rail, and the switch that tells it to make the first payouts.
func (r *rig) instructed(payouts int) (*scriptedSwitch, *adapters.Runner) {
	r.t.Helper()
	t := r.t
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
	t.Cleanup(callbacks.Close)
	r.close() // the sandbox calls the runner's rail back, not the rig's
	r.box.CallbackURL = callbacks.URL + prefix
	r.sandbox, err = sandbox.New(r.box)
	require.NoError(t, err)
	r.api.set(r.sandbox)
	return link, runner
}

// Under the Runner and every fault at once, every payout ends, once, as the PSP's books have it.
func TestRunnerEndsEveryPayout(t *testing.T) {
	const payouts = 200
	r := newRig(t, kit.Faults{
		DeclinePct: 15, DelayPct: 15, DelayMS: 100, LostCallbackPct: 15, DuplicateCallbackPct: 15, TimeoutPct: 10, ErrorPct: 10, ContradictPct: 10,
		ReorderPct: 10, LateVisiblePct: 10, LateVisibleMS: 300,
	}, func(c *upi.Config, _ *sandbox.Config) {
		c.Timers = adapters.Timers{
			SubmitTimeout: 500 * time.Millisecond, FirstQuery: 50 * time.Millisecond,
			QueryEvery: 50 * time.Millisecond, QueryEveryMax: time.Second, CollectionEvery: time.Second,
		}
		c.ConfirmAboveMinor = 100_100 // half of the payouts are confirmed
	})
	link, runner := r.instructed(payouts)
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

// What stays deemed is unknown to the switch and a case for a person, and is asked about all the same: as often as the
// network allows, until it is decided.
func TestDeemedForDays(t *testing.T) {
	const payouts, most, within = 3, 3, 1500 * time.Millisecond
	r := newRig(t, kit.Faults{DelayPct: 100, DelayMS: 600_000}, func(c *upi.Config, _ *sandbox.Config) {
		c.Timers = adapters.Timers{
			SubmitTimeout: patient, FirstQuery: 20 * time.Millisecond, QueryEvery: 20 * time.Millisecond, QueryEveryMax: 40 * time.Millisecond,
			CollectionEvery: time.Second, QueryNotBefore: 60 * time.Millisecond, QueriesMost: most, QueriesWithin: within, OpenFor: 300 * time.Millisecond,
		}
	})
	link, runner := r.instructed(payouts)
	var mu sync.Mutex
	asked := map[string][]time.Time{}
	count := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			body, err := io.ReadAll(q.Body)
			assert.NoError(t, err)
			if q.URL.Path == upi.PathPayoutStatus {
				mu.Lock()
				asked[string(body)] = append(asked[string(body)], time.Now())
				mu.Unlock()
			}
			q.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, q)
		})
	}
	r.api.set(count(r.sandbox))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	for range payouts {
		assert.Equal(t, messaging.OutcomeUnknown, link.next(t).State)
	}
	require.Eventually(t, func() bool { return runner.Stats().Exceptions[adapters.ExceptionOpenLong] == payouts }, patient, 5*time.Millisecond)
	assert.Equal(t, payouts, runner.Stats().UnknownNow)

	r.close() // the next run decides
	r.box.Faults = kit.Faults{}
	var err error
	r.sandbox, err = sandbox.New(r.box)
	require.NoError(t, err)
	r.api.set(count(r.sandbox))
	for range payouts {
		assert.Equal(t, messaging.OutcomePaid, link.next(t).State)
	}
	stop()
	require.NoError(t, <-done)
	mu.Lock()
	defer mu.Unlock()
	assert.Len(t, asked, payouts)
	for question, at := range asked {
		for i := most; i < len(at); i++ {
			assert.Greater(t, at[i].Sub(at[i-most]), within/2, question) // two may come closer to each other than they were sent
		}
	}
}
