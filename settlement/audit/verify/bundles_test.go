package verify_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/audit/verify/verifytest"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// leg is an intent of a bundle that somebody has yet to send.
type leg struct {
	from   string
	intent messaging.Intent
}

// Whatever legs come in which order under which caps, the log verifies from the signed lines alone, with a second opinion,
// also where it began by the rules that knew no bundles.
func TestLogsWithBundlesVerify(t *testing.T) {
	kes := fx.MustCurrency("KES")
	names := []string{"alpha", "beta", "gamma"}
	ends := map[ledger.BundleState]int{}
	fresh := t.TempDir
	rapid.Check(t, func(r *rapid.T) {
		dir := fresh()
		l := verifytest.New(t, dir)
		l.Rules = "ayni-net-3"
		for _, name := range names {
			l.Join(name, kes, rapid.Int64Range(0, 1000).Draw(r, "prefund"))
		}
		l.Batch()
		var pending []leg
		for n := range rapid.IntRange(1, 4).Draw(r, "bundles") {
			var senders []string
			var intents []messaging.Intent
			for k := range rapid.IntRange(2, 6).Draw(r, "legs") {
				from := rapid.IntRange(0, 2).Draw(r, "from")
				to := (from + rapid.IntRange(1, 2).Draw(r, "further")) % len(names)
				amount := fx.Money{Minor: rapid.Int64Range(1, 900).Draw(r, "amount"), Currency: kes}
				senders, intents = append(senders, names[from]), append(intents, l.Intent(fmt.Sprintf("b%d.%d", n, k), names[to], amount))
			}
			l.Bundle(fmt.Sprint("bundle-", n), senders, intents)
			for k := range intents {
				pending = append(pending, leg{senders[k], intents[k]})
			}
		}
		early := l.Intent("early", "beta", fx.Money{Minor: 1, Currency: kes})
		early.Bundle = pending[0].intent.Bundle
		l.Send("alpha", early)
		require.Equal(r, messaging.FaultSchema, l.Batch().Intents[0].Fault)
		l.Rules = ""
		for len(pending) > 0 {
			pending = rapid.Permutation(pending).Draw(r, "order")
			n := rapid.IntRange(1, len(pending)).Draw(r, "now")
			for _, p := range pending[:n] {
				l.Send(p.from, p.intent)
			}
			pending = pending[n:]
			if rapid.IntRange(0, 3).Draw(r, "suspends") == 0 {
				l.Ask(settlement.CommandSuspend, settlement.Suspend{Participant: "gamma", Suspended: rapid.Bool().Draw(r, "suspended")})
			}
			for _, e := range l.Batch().BundleEnds {
				ends[e.State]++
			}
		}
		l.Commit()
		export, err := audit.OpenExport(os.DirFS(dir), audit.Trust{})
		require.NoError(r, err)
		done, err := verify.Replay(t.Context(), files{export}, nil, verify.SecondOpinion())
		require.NoError(r, err)
		require.Positive(r, done.Batches)
	})
	t.Log(ends)
	require.NotZero(t, ends[ledger.BundleCleared])
	require.NotZero(t, ends[ledger.BundleBroken])
}
