package adapters

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
)

// as is the same instruction of another kind.
func as(i messaging.Instruction, kind messaging.Kind, reason string) messaging.Instruction {
	i.Kind, i.Reason = kind, reason
	return i
}

// said is every final outcome of an instruction, once.
func (r *rig) said(id string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.finals[id]))
}

// attempts is how often the rail was called for an operation.
func (s *scriptRail) attempts(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, attempts := s.find(id)
	return attempts
}

func TestRecallBeforeTheRailIsCalled(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), nil)
	payout := instruction("tR1", 100_00, "payee")
	// In one message, so that no worker comes between.
	r.instruct(payout, as(payout, messaging.KindRecall, "FRAD"), as(payout, messaging.KindRecall, "FRAD"))
	r.until("the payout's end", func() bool { return len(r.finals["tR1/payout"]) == 1 })
	for _, outcome := range r.said("tR1/payout") {
		assert.Contains(t, outcome, "State:failed")
		assert.Contains(t, outcome, "Reason:FRAD")
	}
	r.instruct(payout, as(payout, messaging.KindQuery, ""), instruction("tR2", 100_00, "other"))
	r.until("the other payout", func() bool { return len(r.finals["tR2/payout"]) == 1 })
	assert.Zero(t, a.rail.attempts("tR1P"), "never called, whatever comes later")
	assert.Empty(t, r.said("tR1/recall"))
}

func TestRecallThatIsTooLate(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) {
		rail.fate = func(string) fate { return fateLostCallback }
		rail.caps.Timers.FirstQuery, rail.caps.Timers.QueryEvery, rail.caps.Timers.QueryEveryMax = time.Hour, time.Hour, time.Hour
	})
	payout := instruction("tL1", 100_00, "payee")
	r.instruct(payout)
	a.passed(t, "after submit")
	r.instruct(as(payout, messaging.KindRecall, "CUST"))
	r.until("the refusal", func() bool { return len(r.finals["tL1/recall"]) == 1 })
	for _, outcome := range r.said("tL1/recall") {
		assert.Contains(t, outcome, "State:refused")
	}
	r.instruct(as(payout, messaging.KindQuery, ""))
	r.until("what the rail knows", func() bool { return len(r.finals["tL1/payout"]) == 1 })
	assert.Equal(t, 1, a.rail.attempts("tL1P"), "asked about, and not repeated")
	r.until("that nobody knew before", func() bool { return r.unknowns["tL1/payout"] > 0 })
}

func TestOnlyWhatTheRailWasNeverAskedForIsUntouched(t *testing.T) {
	fresh := func(change func(*liveOperation)) bool {
		op := &liveOperation{operation: operation{State: Instructed}}
		change(op)
		return op.untouched()
	}
	assert.True(t, fresh(func(*liveOperation) {}))
	assert.False(t, fresh(func(o *liveOperation) { o.doubt = true }), "an earlier process may have called, or this one did")
	assert.False(t, fresh(func(o *liveOperation) { o.busy = true }))
	assert.False(t, fresh(func(o *liveOperation) { o.SaidDone = true }))
	assert.False(t, fresh(func(o *liveOperation) { o.Claim = &claim{State: Failed} }))
	for _, state := range []State{Accepted, Settled, Failed, Unknown} {
		assert.False(t, fresh(func(o *liveOperation) { o.State = state }))
	}
}

func TestQueryAboutWhatTheStoreDoesNotHaveIsForAPerson(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), nil)
	unknown := instruction("tQ1", 100_00, "payee")
	r.instruct(as(unknown, messaging.KindQuery, ""), as(unknown, messaging.KindRecall, "CUST"))
	r.until("the refusal", func() bool { return len(r.finals["tQ1/recall"]) == 1 })
	assert.Zero(t, a.rail.attempts("tQ1P"))
	assert.Equal(t, 1, a.Stats().Exceptions[ExceptionInstruction])
}

// reservingRail sets money aside in the same file.
type reservingRail struct{ *scriptRail }

func (s reservingRail) Reserve(ctx context.Context, op Operation) Evidence { return s.Submit(ctx, op) }

func (s reservingRail) Release(ctx context.Context, op Operation) Evidence { return s.Submit(ctx, op) }

var _ Reserver = reservingRail{}

func TestReserveCommitAndRelease(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) {
		rail.reserves = true
		rail.fate = func(account string) fate {
			if account == "unknown" {
				return fateDeclined
			}
			return fateAtOnce
		}
	})
	paid, freed, never, refused := instruction("tV1", 100_00, "payee"), instruction("tV2", 100_00, "payee"), instruction("tV3", 100_00, "payee"), instruction("tV4", 100_00, "unknown")
	r.instruct(as(paid, messaging.KindReserve, ""), as(freed, messaging.KindReserve, ""), as(refused, messaging.KindReserve, ""))
	r.until("reservations", func() bool { return len(r.finals) == 3 })
	r.instruct(paid, as(freed, messaging.KindRelease, "CUST"), as(refused, messaging.KindRelease, "CUST"),
		as(never, messaging.KindReserve, ""), as(never, messaging.KindRelease, "CUST"))
	r.until("the rest", func() bool { return len(r.finals) == 8 })
	for id, want := range map[string]string{
		"tV1/reserve": "reserved", "tV1/payout": "paid", "tV2/reserve": "reserved", "tV2/release": "released",
		"tV3/reserve": "failed", "tV3/release": "released", "tV4/reserve": "failed", "tV4/release": "released",
	} {
		require.Len(t, r.said(id), 1, id)
		for _, outcome := range r.said(id) {
			assert.Contains(t, outcome, "State:"+want, id)
		}
	}
	assert.Equal(t, 1, a.rail.attempts("tV2X"))
	assert.Zero(t, a.rail.attempts("tV3V")+a.rail.attempts("tV3X"), "released before it was asked for")
	assert.Zero(t, a.rail.attempts("tV4X"), "nothing was set aside")
	a.rail.mu.Lock()
	defer a.rail.mu.Unlock()
	assert.Equal(t, "tV1V", a.rail.commits["tV1P"], "the payout names what it commits")
}

func TestRailsThatDoNotReserveNeverSeeOne(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), nil)
	i := instruction("tN1", 100_00, "payee")
	r.instruct(as(i, messaging.KindReserve, ""), as(i, messaging.KindRelease, "CUST"))
	r.until("both ends", func() bool { return len(r.finals) == 2 })
	assert.Zero(t, a.rail.attempts("tN1V")+a.rail.attempts("tN1X"))
}

func TestOrderIsRecalled(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) { rail.noCall = true })
	r.open()
	a.passed(t, "message durable")
	ctx := t.Context()
	answers, err := a.PlaceOrders(ctx, []OrderRequest{request("Z1", 100_00)})
	require.NoError(t, err)
	var fault *messaging.FaultError
	require.ErrorAs(t, a.Recall(ctx, "Z1", "CUST"), &fault, "nothing was paid yet")
	require.ErrorAs(t, a.Recall(ctx, "nobody", "CUST"), &fault)
	source, err := answers[0].Source.Money()
	require.NoError(t, err)
	require.NoError(t, a.Collected(ctx, Collection{OrderRef: "Z1", RailRef: "r1", Amount: source}))
	r.until("the intent", func() bool { return len(r.intents) == 1 })
	r.tell(messaging.Change{Intent: "oZ1", Transfer: "tZ1", State: messaging.StateQueued})
	for state := OrderState(""); state != "queued"; {
		status, _, err := a.Order("Z1")
		require.NoError(t, err)
		state = status.State
	}
	require.ErrorAs(t, a.Recall(ctx, "Z1", "because"), &fault)
	require.NoError(t, a.Recall(ctx, "Z1", "CUST"))
	r.until("the recall", func() bool { return len(r.recalls) == 1 })
	require.Equal(t, messaging.Recall{Intent: "oZ1", Reason: "CUST"}, r.recalls[0])
	payloads, err := messaging.EncodeStatuses(messaging.StatusMessage{
		Participant: us, Batch: 1, LogIndex: 1,
		Recalls: []messaging.RecallAnswer{{Intent: "oZ1", Transfer: "tZ1", State: messaging.RecallRefused, Fault: messaging.FaultTooLate, Reason: "AGNT"}},
	})
	r.send(messaging.PayloadStatus, payloads, err)
	for recall := messaging.RecallState(""); recall != messaging.RecallRefused; {
		status, _, err := a.Order("Z1")
		require.NoError(t, err)
		require.Equal(t, OrderState("queued"), status.State, "a refused recall ends nothing")
		recall = status.Recall
	}
}
