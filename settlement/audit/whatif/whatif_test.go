package whatif_test

import (
	"context"
	"crypto/sha256"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/audit/verify/verifytest"
	"github.com/ayni-switch/ayni/settlement/audit/whatif"
)

var kes = fx.MustCurrency("KES")

func money(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: kes} }

// log is a log in which alpha's old transfer of 900 waits for a long time, since smaller ones take what it has.
func log(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	l := verifytest.New(t, dir)
	l.Join("alpha", kes, 1000)
	l.Join("beta", kes, 1000)
	l.Line("alpha", kes, 50)
	l.Batch()
	l.Send("alpha", l.Intent("a-1", "beta", money(400)), l.Intent("a-2", "beta", money(900)), l.Intent("a-3", "beta", money(600)))
	b := l.Batch()
	var paid []messaging.Outcome
	for _, e := range b.Events {
		for _, transfer := range b.Transfers {
			if transfer.ID == e.Transfer && e.State == messaging.StateCleared {
				paid = append(paid, verifytest.Paid(transfer))
			}
		}
	}
	require.Len(t, paid, 2)
	paid[1].State = messaging.OutcomeFailed // the smaller one goes back
	paid[1].Reason = "AC01"
	l.Report("beta", paid...)
	back := l.Batch()
	require.Len(t, back.Transfers, 1, "a return")
	l.Send("beta", l.Intent("b-1", "alpha", money(500)))
	l.Batch()
	l.Commit()
	return dir
}

type files struct{ *audit.Export }

func (f files) Visit(ctx context.Context, visit func([]byte) error) error {
	for e, err := range f.Entries(ctx, 0) {
		if err != nil {
			return err
		}
		if err := visit(e.Body); err != nil {
			return err
		}
	}
	return nil
}

func (f files) Blob(index int64, hash [sha256.Size]byte) ([]byte, error) {
	return f.Export.Blob(index, hash)
}

func again(t *testing.T, dir string, rules whatif.Rules) *whatif.Report {
	t.Helper()
	export, err := audit.OpenExport(os.DirFS(dir), audit.Trust{})
	require.NoError(t, err)
	other, err := whatif.New(rules)
	require.NoError(t, err)
	_, err = verify.Replay(t.Context(), files{export}, nil, other.Step)
	require.NoError(t, err)
	return other.Report()
}

func TestTheSameRulesMakeTheSameHistory(t *testing.T) {
	dir := log(t)
	for _, rules := range []whatif.Rules{{}, {Tier: netting.TierC}, {Lines: map[whatif.Whose]int64{{Participant: "alpha", Currency: kes}: 50}}} {
		r := again(t, dir, rules)
		require.Equal(t, r.Total.Was, r.Total.Would)
		for _, p := range r.Participants {
			require.Equal(t, p.Was, p.Would, p.Name)
		}
		require.EqualValues(t, 4, r.Total.Was.Transfers)
	}
}

func TestMoreLiquidityClearsSooner(t *testing.T) {
	r := again(t, log(t), whatif.Rules{Lines: map[whatif.Whose]int64{{Participant: "alpha", Currency: kes}: 1000}})
	require.EqualValues(t, 4, r.Total.Would.Cleared)
	require.Zero(t, r.Total.Would.Waited.BatchesMax)
	require.Equal(t, []whatif.Amount{{Currency: "KES", Amount: "19.00"}}, r.Participants[0].Would.Liquidity)
	require.Positive(t, r.Total.Was.Queued+r.Total.Was.Waited.BatchesMax)
}

func TestWithoutLiquidityNothingClearsAndNothingIsPaid(t *testing.T) {
	var rules whatif.Rules
	require.NoError(t, rules.ReadCaps(strings.NewReader("participant,currency,amount_minor,what\nalpha,KES,0,prefund\nalpha,KES,0\nbeta,KES,0,prefund\n")))
	r := again(t, log(t), rules)
	require.Zero(t, r.Total.Would.Cleared)
	require.EqualValues(t, 4, r.Total.Would.Queued)
	require.Empty(t, r.Total.Would.Liquidity)
}

// What rails said of the large transfer, which strict order clears first, waits for those that it never clears.
func TestStrictOrder(t *testing.T) {
	r := again(t, log(t), whatif.Rules{Tier: netting.TierA})
	require.Less(t, r.Total.Would.Cleared, int64(4))
	var table strings.Builder
	require.NoError(t, r.Table(&table))
	require.Contains(t, table.String(), "->")
}

func TestCapsThatDoNotRead(t *testing.T) {
	for _, text := range []string{
		"alpha", "alpha,KES,x", "alpha,KES,-1", "alpha,kes!,1", "alpha,KES,1,both", "alpha,KES,1\nalpha,KES,2", "alpha,KES,1,prefund,more",
		"alpha,KES,9999999999999999999", `"alpha`,
	} {
		var wrong *whatif.CapsError
		var rules whatif.Rules
		require.ErrorAs(t, rules.ReadCaps(strings.NewReader(text)), &wrong, text)
	}
}

func FuzzReadCaps(f *testing.F) {
	f.Add("participant,currency,amount_minor\nalpha,KES,1\n# none\nbeta,PHP,2,prefund\n")
	f.Fuzz(func(t *testing.T, text string) {
		var rules whatif.Rules
		if rules.ReadCaps(strings.NewReader(text)) != nil {
			return
		}
		for _, minor := range rules.Lines {
			require.GreaterOrEqual(t, minor, int64(0))
		}
	})
}
