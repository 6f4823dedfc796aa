package adapters

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

const confirmFrom = 1_000_00

func payout(minor int64) *operation {
	return &operation{
		Operation: Operation{
			ID: "t1P", Kind: messaging.KindPayout, Amount: fx.Money{Minor: minor, Currency: kes}, Beneficiary: party("a"),
		},
		Transfer: "t1", Intent: "o1", State: Instructed,
	}
}

func anyEvidence(amount fx.Money) *rapid.Generator[Evidence] {
	return rapid.Custom(func(t *rapid.T) Evidence {
		e := Evidence{
			State:     rapid.SampledFrom([]State{Accepted, Settled, Failed, Unknown}).Draw(t, "state"),
			Origin:    rapid.SampledFrom([]Origin{FromCallback, FromResponse, FromQuery}).Draw(t, "origin"),
			RetrySafe: rapid.Bool().Draw(t, "retrySafe"),
			RailRef:   rapid.SampledFrom([]string{"", "ref"}).Draw(t, "ref"),
		}
		if rapid.Bool().Draw(t, "withAmount") {
			stated := amount
			stated.Minor += int64(rapid.IntRange(0, 1).Draw(t, "off"))
			e.Amount = &stated
		}
		return e
	})
}

// TestWeighKeepsItsRules throws any evidence in any order at an operation.
func TestWeighKeepsItsRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := payout(rapid.SampledFrom([]int64{500_00, confirmFrom, 9_000_00}).Draw(t, "minor"))
		doubt := false
		for range rapid.IntRange(1, 12).Draw(t, "n") {
			e := anyEvidence(o.Amount).Draw(t, "evidence")
			matched := rapid.Bool().Draw(t, "matched")
			before := *o
			next, exception := o.weigh(e, matched, doubt, confirmFrom)
			doubt = doubt || next == stepSubmit

			switch {
			case before.State.final():
				assert.Equal(t, before, *o, "a final state never changes")
				assert.Equal(t, e.State.final() && e.State != before.State, exception == ExceptionContradiction)
				assert.Equal(t, stepNone, next)
			case o.State.final():
				assert.NotNil(t, o.Outcome)
				assert.Equal(t, o.State == Settled, o.Outcome.State == messaging.OutcomePaid)
				assert.Nil(t, o.Claim)
				if o.State == Failed {
					assert.NotEqual(t, FromCallback, e.Origin, "no callback fails anything")
					assert.False(t, doubt && e.Origin == FromResponse, "a refusal in doubt proves nothing")
				}
				if e.Origin == FromCallback {
					assert.True(t, matched && e.Amount != nil && o.Amount.Minor < confirmFrom && !before.WasUnknown)
				}
				assert.Equal(t, o.WasUnknown, o.ResolvedBy != "")
			default:
				assert.NotEqual(t, stepNone, next, "an open operation is always looked after")
				assert.Nil(t, o.Outcome)
			}
			if next == stepSubmit {
				assert.True(t, e.State == Unknown && e.RetrySafe && e.Origin != FromCallback)
				assert.Equal(t, Instructed, o.State)
				assert.False(t, before.SaidDone || before.RailID != "" || before.State == Accepted, "what may be done is not done again")
			}
			if before.State == Unknown && o.State.final() {
				assert.NotEqual(t, FromCallback, e.Origin, "an unknown ends by a query")
			}
			if e.State == Unknown && !e.RetrySafe && e.Origin == FromResponse && !before.State.final() {
				assert.Equal(t, Unknown, o.State, "silence is not a no")
			}
		}
	})
}

func TestRefusalInDoubtNeedsTheQuery(t *testing.T) {
	o := payout(500_00)
	next, _ := o.weigh(Evidence{State: Failed, Origin: FromResponse, Reason: "AM02", Code: "4"}, true, true, confirmFrom)
	assert.Equal(t, stepQueryNow, next)
	next, exception := o.weigh(Evidence{State: Unknown, Origin: FromQuery, RetrySafe: true}, true, true, confirmFrom)
	assert.Equal(t, stepNone, next)
	assert.Empty(t, exception)
	assert.Equal(t, Failed, o.State)
	assert.Equal(t, "AM02", o.Outcome.Reason)
	assert.Equal(t, "4", o.Outcome.RailCode)
}

func TestOtherMoneyIsNobodysPayout(t *testing.T) {
	o := payout(500_00)
	other := fx.Money{Minor: 1, Currency: kes}
	next, exception := o.weigh(Evidence{State: Settled, Origin: FromQuery, Amount: &other}, true, false, confirmFrom)
	assert.Equal(t, stepQuery, next)
	assert.Equal(t, ExceptionMismatch, exception)
	assert.Equal(t, Unknown, o.State)
	_, exception = o.weigh(Evidence{State: Settled, Origin: FromQuery, Account: "b"}, true, false, confirmFrom)
	assert.Equal(t, ExceptionMismatch, exception)
	assert.Equal(t, Unknown, o.State)
}

// TestOperationIDs are what every rail takes, distinct, and the same for ever.
func TestOperationIDs(t *testing.T) {
	assert.Equal(t, "t1P", OperationID("t1", messaging.KindPayout))
	assert.Equal(t, "t1R", OperationID("t1", messaging.KindRefund))
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.StringMatching(`[A-Za-z0-9._:-]{1,36}`).Draw(t, "a")
		b := rapid.StringMatching(`[A-Za-z0-9._:-]{1,36}`).Draw(t, "b")
		ids := map[string]bool{}
		for _, transfer := range []string{a, b} {
			for _, kind := range []messaging.Kind{messaging.KindPayout, messaging.KindRefund} {
				id := OperationID(transfer, kind)
				assert.True(t, alphanumeric(id) && len(id) <= 35, id)
				ids[id] = true
			}
			ids[localRefundID("p", transfer, "r")] = true
		}
		want := 6
		if a == b {
			want = 3
		}
		assert.Len(t, ids, want)
	})
}

func TestBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "base"))
		limit := time.Duration(rapid.Int64Range(int64(base), int64(24*time.Hour)).Draw(t, "limit"))
		n := rapid.IntRange(0, 200).Draw(t, "n")
		this, next := backoff(base, limit, n), backoff(base, limit, n+1)
		assert.True(t, base <= this && this <= next && next <= limit, "%v %v %v %v", base, this, next, limit)
	})
}

// TestNothingIsDoneTwice meets a rail that knows nothing of what it may have done.
func TestNothingIsDoneTwice(t *testing.T) {
	silence := Evidence{State: Unknown, Origin: FromResponse}
	nothing := Evidence{State: Unknown, Origin: FromQuery, RetrySafe: true}
	refused := Evidence{State: Failed, Origin: FromResponse, Code: "dup"}
	other := fx.Money{Minor: 400_00, Currency: kes}
	for name, before := range map[string][]Evidence{
		"called settled":           {silence, {State: Settled, Origin: FromCallback, RailRef: "x"}},
		"settled, then failed":     {silence, {State: Settled, Origin: FromCallback}, {State: Failed, Origin: FromCallback}},
		"pending under a rail id":  {silence, {State: Accepted, Origin: FromQuery, RailID: "R"}},
		"accepted without an id":   {{State: Accepted, Origin: FromResponse}},
		"settled by another money": {{State: Accepted, Origin: FromResponse, RailID: "R"}, {State: Settled, Origin: FromQuery, Amount: &other}},
	} {
		t.Run(name, func(t *testing.T) {
			o := payout(500_00)
			for _, e := range before {
				o.weigh(e, false, false, confirmFrom)
			}
			raised := 0
			for range 3 * missingAfter {
				next, exception := o.weigh(nothing, true, false, confirmFrom)
				assert.Equal(t, stepQuery, next)
				if exception == ExceptionMissing {
					raised++
				}
			}
			assert.Equal(t, 1, raised)
			next, _ := o.weigh(refused, true, true, confirmFrom)
			assert.Equal(t, stepQueryNow, next)
			next, _ = o.weigh(nothing, true, true, confirmFrom)
			assert.Equal(t, stepQuery, next, "not failed either")
			assert.False(t, o.State.final())
			assert.NotEqual(t, Instructed, o.State)
		})
	}
}

func TestFirstRefusalAgainstACallbackNeedsTheQuery(t *testing.T) {
	o := payout(500_00)
	o.weigh(Evidence{State: Settled, Origin: FromCallback}, false, false, confirmFrom)
	next, _ := o.weigh(Evidence{State: Failed, Origin: FromResponse}, true, false, confirmFrom)
	assert.Equal(t, stepQueryNow, next)
	next, exception := o.weigh(Evidence{State: Failed, Origin: FromQuery}, true, false, confirmFrom)
	assert.Equal(t, stepNone, next)
	assert.Equal(t, ExceptionContradiction, exception, "that it was called settled is not forgotten")
	assert.Equal(t, Failed, o.State)
}

// TestCallbackThatIsNoProof settles nothing: without an amount, or about what was unknown once.
func TestCallbackThatIsNoProof(t *testing.T) {
	o := payout(500_00)
	o.weigh(Evidence{State: Accepted, Origin: FromResponse, RailID: "R"}, true, false, confirmFrom)
	next, _ := o.weigh(Evidence{State: Settled, Origin: FromCallback}, true, false, confirmFrom)
	assert.Equal(t, stepQueryNow, next)
	o = payout(500_00)
	o.weigh(Evidence{State: Unknown, Origin: FromResponse}, true, false, confirmFrom)
	o.weigh(Evidence{State: Unknown, Origin: FromQuery, RetrySafe: true}, true, false, confirmFrom)
	o.weigh(Evidence{State: Accepted, Origin: FromResponse, RailID: "R"}, true, true, confirmFrom)
	next, _ = o.weigh(Evidence{State: Settled, Origin: FromCallback, Amount: &o.Amount}, true, true, confirmFrom)
	assert.Equal(t, stepQueryNow, next)
	assert.Equal(t, Accepted, o.State)
}

// A rail that names what it cannot speak of yet has it: it is not submitted again.
func TestNamedIsTaken(t *testing.T) {
	o := payout(100_00)
	o.weigh(Evidence{State: Unknown, Origin: FromResponse, RailID: "r1", Code: "RB"}, true, false, confirmFrom)
	assert.Equal(t, Unknown, o.State)
	next, _ := o.weigh(Evidence{State: Unknown, Origin: FromQuery, RetrySafe: true}, true, false, confirmFrom)
	assert.Equal(t, stepQuery, next)
	assert.Equal(t, Unknown, o.State)
}

// A callback that ends nothing is a word of doubt: a success that is called out after it has to be asked about.
func TestDoubtIsAskedAbout(t *testing.T) {
	o := payout(100_00)
	o.State, o.RailID = Accepted, "r1"
	next, _ := o.weigh(Evidence{State: Unknown, Origin: FromCallback, Code: "AB05"}, true, false, confirmFrom)
	assert.Equal(t, stepQueryNow, next)
	next, _ = o.weigh(Evidence{State: Settled, Origin: FromCallback, Amount: &o.Amount}, true, false, confirmFrom)
	assert.Equal(t, stepQueryNow, next)
	assert.Equal(t, Accepted, o.State)
	next, _ = o.weigh(Evidence{State: Failed, Origin: FromQuery, Code: "AB05", Reason: "AB05"}, true, false, confirmFrom)
	assert.Equal(t, stepNone, next)
	assert.Equal(t, Failed, o.State)
}
