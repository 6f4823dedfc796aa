package decide

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
)

// anyDefaultDay has a debtor's window paid by others, all of whom it pays back, in two parts.
func anyDefaultDay(t *rapid.T) *world {
	w := village(t)
	w.decide(nil, w.intents("debtor", w.intent("a", "debtor", "creditor", rapid.Int64Range(200_00, 250_00).Draw(t, "owes"))))
	w.close("village")
	w.now = w.now.Add(time.Minute)
	require.NotEmpty(t, w.decide(nil).DefaultSteps)
	var owed int64
	for _, c := range w.state.claims {
		owed += c.LeftMinor
	}
	part := rapid.Int64Range(2, owed-2).Draw(t, "part")
	for i, minor := range []int64{part, owed - part} {
		w.do(settlement.CommandRecover, settlement.Recover{Participant: "debtor", Currency: kes, AmountMinor: minor, Evidence: fmt.Sprint("R", i)})
	}
	return w
}

// anyReturnDay has payouts made, refused and unknown, and what was refused refunded, at a price.
func anyReturnDay(t *rapid.T) *world {
	w := funded(t)
	w.do(settlement.CommandFees, charging(1, w.now, rapid.Int64Range(1_000, 50_000).Draw(t, "ppm"), 1_00, 50, fee.Debtor))
	if rapid.Bool().Draw(t, "gross") {
		w.do(settlement.CommandGross, settlement.Gross{From: kes, To: php, ThresholdMinor: 100_00})
	}
	for n := range rapid.IntRange(1, 4).Draw(t, "batches") {
		w.now = w.now.Add(time.Second)
		cleared := w.decide(nil,
			w.intents("mpesa-ke", w.intent(fmt.Sprint("a", n), "mpesa-ke", "gcash-ph", rapid.Int64Range(10_00, 100_00).Draw(t, "there"))),
			w.intents("gcash-ph", w.intent(fmt.Sprint("b", n), "gcash-ph", "mpesa-ke", 100*rapid.Int64Range(10, 100).Draw(t, "back"))))
		var words []Message
		for _, name := range []string{"gcash-ph", "mpesa-ke"} {
			for _, i := range instructions(t, cleared, name) {
				o := paid(i)
				if o.State = rapid.SampledFrom([]messaging.OutcomeState{messaging.OutcomePaid, messaging.OutcomeFailed, messaging.OutcomeUnknown}).Draw(t, "said"); o.State == messaging.OutcomeFailed {
					o = failed(i)
				}
				words = append(words, w.outcomes(name, o))
			}
		}
		returned := w.decide(nil, words...)
		words = nil
		for _, name := range []string{"gcash-ph", "mpesa-ke"} {
			for _, i := range instructions(t, returned, name) {
				words = append(words, w.outcomes(name, paid(i)))
			}
		}
		w.decide(nil, words...)
	}
	w.close("")
	return w
}
