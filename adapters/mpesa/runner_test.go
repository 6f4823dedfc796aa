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
	"github.com/ayni-switch/ayni/adapters/mpesa/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// playedSwitch tells what it has to tell, rejects every intent for an order that is named so, and passes the outcomes
// on.
type playedSwitch struct {
	tell     chan messaging.Incoming
	outcomes chan messaging.Outcome
}

func newPlayedSwitch(size int) *playedSwitch {
	return &playedSwitch{tell: make(chan messaging.Incoming, size), outcomes: make(chan messaging.Outcome, size)}
}

const rejectedOrders = "NO"

func (s *playedSwitch) PublishIntents(_ context.Context, intents []messaging.Intent) error {
	status := &messaging.StatusMessage{Version: messaging.Version, Participant: "kenya"}
	for _, intent := range intents {
		change := messaging.Change{Intent: intent.ID, Transfer: "T" + intent.ID, State: messaging.StatePaid}
		if strings.HasPrefix(intent.ID, "o"+rejectedOrders) {
			change = messaging.Change{Intent: intent.ID, State: messaging.StateRejected, Fault: messaging.FaultQuoteExpired, Reason: "TM01"}
		}
		status.Changes = append(status.Changes, change)
	}
	s.tell <- messaging.Incoming{Status: status}
	return nil
}

func (s *playedSwitch) PublishRecalls(context.Context, []messaging.Recall) error { return nil }

func (s *playedSwitch) PublishHealth(context.Context, messaging.RailHealth) error { return nil }

func (s *playedSwitch) PublishOutcomes(_ context.Context, outcomes []messaging.Outcome) error {
	for _, o := range outcomes {
		s.outcomes <- o
	}
	return nil
}

func (s *playedSwitch) ReceiveBatch(ctx context.Context, _ int, handler func(context.Context, []messaging.Incoming) error) error {
	for {
		select {
		case m := <-s.tell:
			if err := handler(ctx, []messaging.Incoming{m}); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// impatient are timers that leave a test no time to wait, and the sandbox some to answer.
var impatient = adapters.Timers{
	SubmitTimeout: 500 * time.Millisecond, FirstQuery: 200 * time.Millisecond,
	QueryEvery: 200 * time.Millisecond, QueryEveryMax: time.Second, CollectionEvery: time.Second,
}

// run has a Runner pay out to as many people and returns how each payout ended. meanwhile runs beside it.
func (w *world) run(payouts int, meanwhile func()) (map[string]messaging.Outcome, adapters.Stats) {
	w.t.Helper()
	link := newPlayedSwitch(4 * payouts)
	message := messaging.PayoutMessage{Version: messaging.Version, Participant: "kenya"}
	for n := range payouts {
		op := w.payout("", int64(100+n))
		op.Beneficiary.Account = fmt.Sprintf("2547%08d", n)
		message.Instructions = append(message.Instructions, messaging.Instruction{
			Transfer: fmt.Sprintf("T%d", n), Kind: messaging.KindPayout, Intent: fmt.Sprintf("I%d", n), Amount: messaging.NewAmount(op.Amount),
			Debtor: op.Originator, Creditor: op.Beneficiary, Counterparty: "uganda",
		})
	}
	link.tell <- messaging.Incoming{Payout: &message}
	runner, stop := w.start(link, int64(100+payouts/2)*100) // half of them are confirmed
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
	return final, stats
}

// start runs a Runner on the world's rail until stop is called.
func (w *world) start(link *playedSwitch, confirmFrom int64) (runner *adapters.Runner, stop func()) {
	w.t.Helper()
	config := w.config
	config.Timers, config.ConfirmAboveMinor, config.PullEvery, config.PullOverlap = impatient, confirmFrom, impatient.CollectionEvery, time.Minute
	runner, err := adapters.NewRunner(adapters.RunnerConfig{
		Participant: "kenya", Dir: filepath.Join(w.t.TempDir(), "runner"), Switch: link, Workers: 64, BreakerOpen: 100 * time.Millisecond,
		Rail: func(sink adapters.Sink) (adapters.Rail, error) {
			var err error
			w.rail, err = mpesa.New(config, sink)
			return w.rail, err
		},
	})
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	return runner, func() {
		cancel()
		require.NoError(w.t, <-done)
	}
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

// Under every fault at once, customers pay by prompt and by hand, and what the switch rejects is given back: each order
// is collected once and each refund made once, as the rail's books have it.
func TestRunnerCollectsAndRefunds(t *testing.T) {
	const orders = 120
	w := newWorld(t, "KES", kit.Faults{})
	w.reopen(func(c *sandbox.Config) { c.Validation, c.PageSize = true, 1000 })
	link := newPlayedSwitch(8 * orders)
	runner, stop := w.start(link, (100+orders/2)*100)
	defer stop()
	link.tell <- messaging.Incoming{Status: &messaging.StatusMessage{
		Version: messaging.Version, Participant: "kenya",
		Peers: []messaging.Peer{{Participant: "uganda", Country: "UG", Currency: "KES", PayoutIncrementMinor: 100, PayoutMinMinor: 100, PayoutMaxMinor: 100_000_00}},
	}}
	require.NoError(t, w.rail.Register(t.Context()))
	require.NoError(t, w.sandbox.SetFaults(kit.Faults{
		DelayPct: 15, DelayMS: 100, LostCallbackPct: 15, DuplicateCallbackPct: 15, TimeoutPct: 10, ErrorPct: 10,
		ContradictPct: 10, ReorderPct: 10, LateVisiblePct: 15, LateVisibleMS: 300,
	}))
	place := func(ref string, units int64) adapters.OrderAnswer {
		answers, err := runner.PlaceOrders(t.Context(), []adapters.OrderRequest{{
			Ref: ref, Payer: messaging.Party{Name: "Amina", Account: "254701234567"}, To: "uganda",
			Creditor: messaging.Party{Name: "Okello", Account: "256772123456"}, Fixed: fx.FixedSource,
			Amount: messaging.NewAmount(fx.Money{Minor: units * 100, Currency: w.currency}),
		}})
		require.NoError(t, err)
		return answers[0]
	}
	require.Eventually(t, func() bool { return place("FIRST", 100).Fault == "" }, patience, time.Millisecond, "the peer is known soon")
	for n := range orders {
		ref := fmt.Sprintf("OK%d", n)
		if n%2 == 0 {
			ref = fmt.Sprintf("%s%d", rejectedOrders, n)
		}
		answer := place(ref, int64(100+n))
		require.Empty(t, answer.Fault, answer.Detail)
		if n%3 != 0 {
			amount, err := answer.Source.Money()
			require.NoError(t, err)
			require.NoError(t, w.sandbox.Pay(t.Context(), kit.CustomerPayment{OrderRef: ref, Payer: "254701234567", Amount: amount}))
			continue
		}
		require.Eventually(t, func() bool { // a customer who was not asked, or not surely, is asked again
			p, err := runner.Prompt(t.Context(), ref)
			return err != nil || p.State == adapters.Accepted
		}, patience, time.Millisecond)
	}
	var stats adapters.Stats
	require.Eventually(t, func() bool {
		stats = runner.Stats()
		return stats.Collections == orders && stats.Operations["local_refund"][adapters.Settled] == orders/2
	}, 3*patience, 10*time.Millisecond, "%+v", &stats)
	books := w.totals()
	assert.Equal(t, kit.Total{Count: orders, Minor: stats.CollectedMinor}, books[kit.KindCollection][kit.Settled])
	assert.Equal(t, kit.Total{Count: orders / 2, Minor: stats.SettledMinor["local_refund"]}, books[kit.KindRefund][kit.Settled])
	assert.Zero(t, stats.UnknownNow)
}
