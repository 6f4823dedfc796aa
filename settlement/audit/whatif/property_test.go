package whatif_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/verify/verifytest"
	"github.com/ayni-switch/ayni/settlement/audit/whatif"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Whatever is sent and said, the rules of the day make the day again, and others lose no transfer.
func TestEveryTransferIsSomewhere(t *testing.T) {
	fresh := t.TempDir
	rapid.Check(t, func(r *rapid.T) {
		dir := fresh()
		anyLog(t, r, dir)
		rules := whatif.Rules{Tier: rapid.SampledFrom([]netting.Tier{"", netting.TierA, netting.TierB, netting.TierC}).Draw(r, "tier")}
		if rapid.Bool().Draw(r, "caps") {
			rules.Lines = map[whatif.Whose]int64{{Participant: "alpha", Currency: kes}: rapid.Int64Range(0, 2000).Draw(r, "line")}
			rules.Prefunds = map[whatif.Whose]int64{{Participant: "beta", Currency: kes}: rapid.Int64Range(0, 2000).Draw(r, "prefund")}
		}
		report := again(t, dir, rules)
		was, would := report.Total.Was, report.Total.Would
		require.Equal(t, was.Transfers, would.Transfers)
		for _, of := range []whatif.Result{was, would} {
			require.Equal(t, of.Transfers, of.Cleared+of.Expired+of.Queued)
		}
		if rules.Lines == nil && (rules.Tier == "" || rules.Tier == netting.TierC) {
			require.Equal(t, was, would)
		}
	})
}

// anyLog is a log of three participants who send and say this and that.
func anyLog(t *testing.T, r *rapid.T, dir string) {
	t.Helper()
	names := []string{"alpha", "beta", "gamma"}
	l := verifytest.New(t, dir)
	for _, name := range names {
		l.Join(name, kes, 500)
	}
	l.Batch()
	open := map[settlement.TransferID]*settlement.Transfer{}
	for n := range rapid.IntRange(1, 6).Draw(r, "batches") {
		for i := range rapid.IntRange(0, 5).Draw(r, "intents") {
			from := rapid.IntRange(0, 2).Draw(r, "from")
			to := (from + rapid.IntRange(1, 2).Draw(r, "further")) % len(names)
			l.Send(names[from], l.Intent(fmt.Sprintf("%d-%d", n, i), names[to], money(rapid.Int64Range(1, 900).Draw(r, "amount"))))
		}
		anyExchange(r, l, n)
		b := l.Batch()
		for _, transfer := range b.Transfers {
			open[transfer.ID] = transfer
		}
		for _, e := range b.Events {
			if said, ok := outcome(r, e, open[e.Transfer]); ok {
				who := open[e.Transfer].Creditor
				if said.Kind == messaging.KindRefund {
					who = open[e.Transfer].Debtor
				}
				l.Report(names[who-1], said)
			}
		}
	}
	l.Batch()
	l.Commit()
}

// anyExchange is a bundle, of which the second leg may never come.
func anyExchange(r *rapid.T, l *verifytest.Log, n int) {
	legs := []messaging.Intent{
		l.Intent(fmt.Sprint("there-", n), "beta", money(rapid.Int64Range(1, 900).Draw(r, "there"))),
		l.Intent(fmt.Sprint("back-", n), "alpha", money(rapid.Int64Range(1, 900).Draw(r, "back"))),
	}
	l.Bundle(fmt.Sprint("exchange-", n), []string{"alpha", "beta"}, legs)
	l.Send("alpha", legs[0])
	if rapid.Bool().Draw(r, "both") {
		l.Send("beta", legs[1])
	}
}

// outcome is what a rail says of a transfer that has cleared, if it says something.
func outcome(r *rapid.T, e ledger.Event, transfer *settlement.Transfer) (said messaging.Outcome, ok bool) {
	if e.State != messaging.StateCleared {
		return said, false
	}
	said = verifytest.Paid(transfer)
	if transfer.ReturnOf != 0 {
		said.Transfer, said.Kind, said.Amount = transfer.ReturnOf.String(), messaging.KindRefund, messaging.NewAmount(transfer.Source)
		return said, true
	}
	switch rapid.IntRange(0, 3).Draw(r, "outcome") {
	case 0:
		return said, false
	case 1:
		said.State, said.Reason = messaging.OutcomeFailed, "AC01"
	case 2:
		said.State = messaging.OutcomeUnknown
	default:
	}
	return said, true
}
