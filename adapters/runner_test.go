package adapters

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// TestEveryFateEndsOnce instructs one payout for every way in which a rail can answer.
func TestEveryFateEndsOnce(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), nil)
	var instructions []messaging.Instruction
	for f := range fates {
		for n, minor := range []int64{500_00, 5_000_00} { // below and above what is confirmed
			transfer := fmt.Sprintf("t%d%c", f, 'a'+n)
			instructions = append(instructions, instruction(transfer, minor, accountWith(t, f)))
		}
	}
	r.instruct(instructions...)
	r.instruct(instructions...) // the switch says everything twice
	r.until("outcomes", func() bool { return len(r.finals) == len(instructions) })
	a.stop()

	truth := map[string]string{}
	for _, line := range a.rail.log {
		if line.Event == "settled" || line.Event == "declined" {
			assert.Empty(t, truth[line.ID], "the rail did %s twice", line.ID)
			truth[line.ID] = line.Event
		}
	}
	for _, in := range instructions {
		outcomes := r.finals[in.Transfer+"/payout"]
		assert.Len(t, outcomes, 1, in.Transfer)
		for outcome := range outcomes {
			want := map[string]string{"settled": "State:paid", "declined": "State:failed"}[truth[OperationID(in.Transfer, in.Kind)]]
			assert.Contains(t, outcome, want)
		}
	}
	stats := a.Stats()
	assert.Equal(t, map[State]int{Settled: 14, Failed: 2}, stats.Operations["payout"])
	assert.Zero(t, stats.UnknownNow)
	assert.Equal(t, 4, stats.UnknownResolved["query"], "two timeouts before and two after the rail")
	assert.Equal(t, 4, stats.Exceptions[ExceptionContradiction], "two fates, two amounts each")
}

// TestCollectedOrderBecomesOneIntent follows orders from the price to the switch's answer.
func TestCollectedOrderBecomesOneIntent(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	a := r.adapter(dir, nil)
	r.open()
	a.passed(t, "message durable")
	ctx := context.Background()

	requests := []OrderRequest{request("A1", 100_00), request("A2", 5_000_00), request("A3", 100_00)}
	answers, err := a.PlaceOrders(ctx, requests)
	require.NoError(t, err)
	again, err := a.PlaceOrders(ctx, requests)
	require.NoError(t, err)
	assert.Equal(t, answers, again)
	changed, err := a.PlaceOrders(ctx, []OrderRequest{request("A1", 101_00)})
	require.NoError(t, err)
	assert.Equal(t, messaging.FaultDuplicate, changed[0].Fault)

	for _, answer := range answers {
		require.Empty(t, answer.Fault, answer.Detail)
		assert.Equal(t, "q1", answer.Quote)
		source, err := answer.Source.Money()
		require.NoError(t, err)
		a.rail.pay(answer.Ref, source)
	}
	r.until("intents", func() bool { return len(r.intents) == 3 })
	r.tell(messaging.Change{Intent: "oA1", Transfer: "tA1", State: messaging.StateCleared},
		messaging.Change{Intent: "oA2", State: messaging.StateRejected, Fault: messaging.FaultQuoteExpired, Reason: "TM01"},
		messaging.Change{Intent: "oA3", Transfer: "tA3", State: messaging.StateReturnPending})
	refund := messaging.Instruction{
		Transfer: "tA3", Kind: messaging.KindRefund, Intent: "oA3", Reference: "tA3", Counterparty: them,
		Amount: answers[2].Source, Debtor: requests[2].Payer, Creditor: requests[2].Creditor,
	}
	wrong := refund
	wrong.Transfer, wrong.Amount.Amount = "tA9", "99.00"
	r.instruct(refund, wrong)
	r.until("the refund's outcome", func() bool { return len(r.finals) == 1 })
	local := localRefundID(us, "oA2", "paidA2")
	for settled := false; !settled; {
		a.passed(t, "after submit")
		a.rail.mu.Lock()
		known, _ := a.rail.find(local, "settled", "declined")
		settled = known.Event != ""
		a.rail.mu.Unlock()
	}
	a.stop()

	b := r.adapter(dir, nil)
	for ref, want := range map[string]OrderState{"A1": "cleared", "A2": "rejected", "A3": "return_pending"} {
		status, found, err := b.Order(ref)
		require.NoError(t, err)
		require.True(t, found)
		assert.Equal(t, want, status.State)
		assert.Equal(t, "paid"+ref, status.Paid)
		assert.Len(t, r.intents["o"+ref], 1, "one intent, the same bytes every time")
	}
	stats := b.Stats()
	assert.Equal(t, 3, stats.Orders)
	assert.Equal(t, int64(5_200_00), stats.CollectedMinor)
	assert.Equal(t, 1, stats.Operations["refund"][Settled]+stats.Operations["refund"][Failed])
	assert.Equal(t, 1, stats.Exceptions[ExceptionRefundUnmatched])
	assert.Contains(t, r.last["oA1"].Destination.Amount, "65.00")
}

// An order that falls due while its payment is on the way to the disk is not published before the disk has it.
func TestNothingIsPublishedBeforeTheDiskHasIt(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) { rail.noCall = true })
	r.open()
	a.passed(t, "message durable")
	answers, err := a.PlaceOrders(t.Context(), []OrderRequest{request("A1", 100_00)})
	require.NoError(t, err)
	source, err := answers[0].Source.Money()
	require.NoError(t, err)

	busy, free := make(chan struct{}), make(chan struct{})
	a.store.write(func(error) {
		close(busy)
		<-free
	})
	<-busy
	taken := make(chan error, 1)
	go func() {
		taken <- a.Collected(t.Context(), Collection{OrderRef: "A1", RailRef: "R1", Amount: source, Payer: "payerA1"})
	}()
	require.Eventually(t, func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.orders["A1"].State == OrderCollected
	}, patience, time.Millisecond)
	assert.True(t, a.republish(task{bucketOrders, "A1"}), "it is seen to")
	a.publisher.mu.Lock()
	assert.Empty(t, a.publisher.intents)
	a.publisher.mu.Unlock()
	close(free)
	require.NoError(t, <-taken)
	r.until("the intent", func() bool { return len(r.intents) == 1 })
}

// TestWrongPaymentsGoBack pays too little, twice, and for nothing.
func TestWrongPaymentsGoBack(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) {
		rail.noCall = true
		rail.fate = func(string) fate { return fateAtOnce }
	})
	r.open()
	a.passed(t, "message durable")
	ctx := context.Background()
	_, err := a.PlaceOrders(ctx, []OrderRequest{request("B1", 100_00), request("B2", 100_00)})
	require.NoError(t, err)

	less := fx.Money{Minor: 90_00, Currency: kes}
	a.rail.pay("B1", less) // found by asking, so it goes back
	a.passed(t, "after submit")
	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "B2", RailRef: "r1", Amount: less})) // only claimed
	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "B2", RailRef: "r2", Amount: fx.Money{Minor: 100_00, Currency: kes}}))
	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "B2", RailRef: "r2", Amount: fx.Money{Minor: 100_00, Currency: kes}}))
	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "B2", RailRef: "r3", Amount: fx.Money{Minor: 100_00, Currency: kes}}))
	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "nobody", RailRef: "r4", Amount: less}))
	require.Error(t, a.Collected(ctx, Collection{OrderRef: "B2", Amount: less}))
	r.until("the intent", func() bool { return len(r.intents) == 1 })
	a.stop()

	stats := a.Stats()
	assert.Equal(t, 1, stats.Collections)
	assert.Equal(t, map[State]int{Settled: 1}, stats.Operations[localRefund])
	assert.Equal(t, int64(90_00), stats.SettledMinor[localRefund])
	assert.Equal(t, map[ExceptionKind]int{
		ExceptionCollection: 2, ExceptionPaidTwice: 1, ExceptionUnmatched: 1,
	}, stats.Exceptions)
}

// TestLargePaymentIsConfirmed does not believe a callback about a large payment.
func TestLargePaymentIsConfirmed(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) { rail.noCall = true })
	r.open()
	a.passed(t, "message durable")
	ctx := context.Background()
	_, err := a.PlaceOrders(ctx, []OrderRequest{request("C1", 5_000_00), request("C2", 5_000_00)})
	require.NoError(t, err)
	amount := fx.Money{Minor: 5_000_00, Currency: kes}
	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "C1", RailRef: "forged", Amount: amount}))
	a.rail.pay("C2", amount)
	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "C2", RailRef: "paidC2", Amount: amount}))
	r.until("the intent", func() bool { return len(r.intents) == 1 })
	a.stop()
	assert.Contains(t, r.intents, "oC2")
	assert.Equal(t, 1, a.Stats().Collections)
}

// orderIn waits until an order is in a state.
func (a *adapter) orderIn(t *testing.T, ref string, state OrderState) {
	t.Helper()
	require.Eventually(t, func() bool {
		s, _, err := a.Order(ref)
		return err == nil && s.State == state
	}, patience, 5*time.Millisecond, "%s is not %s", ref, state)
}

// TestLatePaymentsLeaveATrace pays for orders that have lapsed, and lets the adapter die in between.
func TestLatePaymentsLeaveATrace(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	configure := func(down bool) func(*RunnerConfig, *scriptRail) {
		return func(cfg *RunnerConfig, rail *scriptRail) {
			cfg.OrderTTL, rail.noCall, rail.down = time.Millisecond, true, down
			rail.fate = func(string) fate { return fateAtOnce }
		}
	}
	a := r.adapter(dir, configure(false))
	r.open()
	a.passed(t, "message durable")
	ctx := context.Background()
	amount, less := fx.Money{Minor: 5_000_00, Currency: kes}, fx.Money{Minor: 400_00, Currency: kes}
	requests := []OrderRequest{request("C2", amount.Minor), request("C4", 500_00), request("C6", amount.Minor)}
	_, err := a.PlaceOrders(ctx, requests)
	require.NoError(t, err)
	for _, req := range requests {
		a.orderIn(t, req.Ref, OrderLapsed)
	}
	a.stop()

	b := r.adapter(dir, configure(true)) // the rail answers no question in this life
	b.rail.paidUnder("C2", "p2", amount)
	b.rail.paidUnder("C4", "p4", less)
	require.NoError(t, b.Collected(ctx, Collection{OrderRef: "C2", RailRef: "p2", Amount: amount}))
	require.NoError(t, b.Collected(ctx, Collection{OrderRef: "C4", RailRef: "p4", Amount: less}))
	require.NoError(t, b.Collected(ctx, Collection{OrderRef: "C6", RailRef: "forged", Amount: amount}))
	b.stop()

	c := r.adapter(dir, configure(false))
	c.orderIn(t, "C2", OrderCollected)
	require.Eventually(t, func() bool {
		stats := c.Stats()
		return stats.Operations[localRefund][Settled] == 1 && stats.Exceptions[ExceptionUnconfirmed] == 1
	}, patience, 5*time.Millisecond, "too little goes back, and what the rail does not know is for a person")
	stats := c.Stats()
	assert.Equal(t, 1, stats.Collections)
	assert.Equal(t, less.Minor, stats.SettledMinor[localRefund])
	assert.Equal(t, 1, stats.Exceptions[ExceptionCollection])
}

// TestEveryPaymentIsTakenUpOnce pays wrongly and then rightly, twice for one order, and once for two.
func TestEveryPaymentIsTakenUpOnce(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) {
		rail.noCall = true
		rail.fate = func(string) fate { return fateAtOnce }
	})
	r.open()
	a.passed(t, "message durable")
	ctx := context.Background()
	large, less, small := fx.Money{Minor: 5_000_00, Currency: kes}, fx.Money{Minor: 4_000_00, Currency: kes}, fx.Money{Minor: 100_00, Currency: kes}
	_, err := a.PlaceOrders(ctx, []OrderRequest{request("D1", large.Minor), request("D2", small.Minor), request("D3", small.Minor)})
	require.NoError(t, err)

	a.rail.paidUnder("D1", "wrong", less)
	require.Eventually(t, func() bool { return a.Stats().Operations[localRefund][Settled] == 1 }, patience, 5*time.Millisecond)
	a.rail.paidUnder("D1", "right", large)
	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "D1", RailRef: "right", Amount: large}))
	a.orderIn(t, "D1", OrderCollected)

	for _, receipt := range []string{"r1", "r2", "r3"} {
		a.rail.paidUnder("D2", receipt, small)
		require.NoError(t, a.Collected(ctx, Collection{OrderRef: "D2", RailRef: receipt, Amount: small}))
	}
	require.Eventually(t, func() bool { return a.Stats().Operations[localRefund][Settled] == 3 }, patience, 5*time.Millisecond)

	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "D3", RailRef: "r1", Amount: small}))
	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "D3", RailRef: "r2", Amount: small}))
	a.orderIn(t, "D3", OrderOpen)
	a.stop()
	stats := a.Stats()
	assert.Equal(t, 2, stats.Collections)
	assert.Equal(t, less.Minor+2*small.Minor, stats.SettledMinor[localRefund])
	assert.Equal(t, map[ExceptionKind]int{
		ExceptionCollection: 1, ExceptionPaidTwice: 2, ExceptionReceiptReused: 2,
	}, stats.Exceptions)
}

// TestLateRejectionRefundsNothing does not give back what the switch had cleared.
func TestLateRejectionRefundsNothing(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) { rail.noCall = true })
	r.open()
	a.passed(t, "message durable")
	ctx := context.Background()
	_, err := a.PlaceOrders(ctx, []OrderRequest{request("E1", 100_00)})
	require.NoError(t, err)
	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "E1", RailRef: "r1", Amount: fx.Money{Minor: 100_00, Currency: kes}}))
	r.tell(messaging.Change{Intent: "oE1", Transfer: "tE1", State: messaging.StateCleared},
		messaging.Change{Intent: "oE1", Transfer: "tE1", State: messaging.StateExpired, Reason: "TM01"})
	a.orderIn(t, "E1", OrderState(messaging.StateExpired))
	stats := a.Stats()
	assert.Equal(t, 1, stats.Exceptions[ExceptionEndedLate])
	assert.Empty(t, stats.Operations[localRefund])
}

// TestNoIDOnEitherSideIsNoMatch asks before it believes a callback that names no conversation.
func TestNoIDOnEitherSideIsNoMatch(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) {
		rail.noCall = true
		rail.caps.Timers.FirstQuery = time.Hour
	})
	op := *payout(500_00)
	op.State = Accepted
	a.mu.Lock()
	a.addOperation(op)
	a.mu.Unlock()
	require.NoError(t, a.Evidence(context.Background(), "t1P", "", Evidence{State: Settled, Amount: &op.Amount}))
	require.Eventually(t, func() bool { return a.Stats().Exceptions[ExceptionMissing] == 1 }, patience, 5*time.Millisecond)
	assert.Equal(t, map[State]int{Accepted: 1}, a.Stats().Operations["payout"])
	assert.Empty(t, a.rail.log)
}

// TestCallbacksAreMatched refuses callbacks about nothing and about another conversation.
func TestCallbacksAreMatched(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) {
		rail.noCall = true
		rail.caps.Timers.FirstQuery, rail.caps.Timers.QueryEvery, rail.caps.Timers.QueryEveryMax = patience, patience, patience
	})
	r.instruct(instruction("t1", 100_00, accountWith(t, fateLostCallback)))
	a.passed(t, "after submit")
	ctx := context.Background()
	settled := Evidence{State: Settled, Origin: FromCallback}
	var unknown *UnknownOperationError
	require.ErrorAs(t, a.Evidence(ctx, "nobody", "", settled), &unknown)
	require.ErrorAs(t, a.Evidence(ctx, "t1P", "another", settled), &unknown)
	noise := Evidence{State: Failed, Origin: FromCallback, Code: "\xff\xfe", Text: strings.Repeat("\xc3\x28", 1000)}
	require.NoError(t, a.Evidence(ctx, "t1P", "railt1P", noise), "no text of a rail stops the adapter")
	r.until("the outcome", func() bool { return len(r.finals) == 1 })
	for outcome := range r.finals["t1/payout"] {
		assert.Contains(t, outcome, "ResolvedBy:query")
	}
	require.NoError(t, a.Evidence(ctx, "t1P", "railt1P", settled))
	require.NoError(t, a.Evidence(ctx, "t1P", "railt1P", Evidence{State: Failed, Origin: FromCallback}))
	a.stop()
	assert.Len(t, r.finals["t1/payout"], 1)
	assert.Equal(t, 1, a.Stats().Exceptions[ExceptionContradiction])
	assert.ErrorIs(t, a.Evidence(ctx, "t1P", "", settled), ErrNotRunning)
}

// TestOperatorEndsTheUnknown resolves what no query answers.
func TestOperatorEndsTheUnknown(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) {
		rail.noCall = true
		rail.caps.Timers.FirstQuery = patience
	})
	r.instruct(instruction("t1", 100_00, accountWith(t, fateTimeoutAfter)))
	r.until("unknown", func() bool { return r.unknowns["t1/payout"] == 1 })
	require.Equal(t, 1, a.Stats().UnknownNow)
	ctx := context.Background()
	require.Error(t, a.Resolve(ctx, "t1P", Resolution{State: Settled, Reason: "statement line 7"}))
	how := Resolution{State: Settled, Operator: "Wanjiru", Reason: "statement line 7", RailRef: "R7"}
	for range 2 { // said again it is done once
		require.NoError(t, a.Resolve(ctx, "t1P", how))
	}
	r.until("the outcome", func() bool { return len(r.finals) == 1 })
	for outcome := range r.finals["t1/payout"] {
		assert.Contains(t, outcome, "RailRef:R7")
	}
	assert.Equal(t, map[string]int{"operator": 1}, a.Stats().UnknownResolved)
	how.State = Failed
	var ended *EndedError
	require.ErrorAs(t, a.Resolve(ctx, "t1P", how), &ended)
	assert.Equal(t, Settled, ended.State)
	assert.Equal(t, 1, a.Stats().Exceptions[ExceptionContradiction])
	assert.Len(t, r.finals["t1/payout"], 1)
}

// TestImpossibleInstructionsFailUnsubmitted never bothers the rail with what it cannot pay.
func TestImpossibleInstructionsFailUnsubmitted(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), nil)
	foreign := instruction("t1", 100_00, "x")
	foreign.Amount.Currency = "INR"
	r.instruct(foreign,
		instruction("t2", 1, "x"),
		instruction("t3", 2_000_000_00, "x"),
		instruction("t4", 100_50, "x"))
	r.until("outcomes", func() bool { return len(r.finals) == 4 })
	for transfer, reason := range map[string]string{"t1": "AM03", "t2": "AM01", "t3": "AM02", "t4": "AM12"} {
		for outcome := range r.finals[transfer+"/payout"] {
			assert.Contains(t, outcome, "Reason:"+reason)
		}
	}
	assert.Empty(t, a.rail.log)
}
