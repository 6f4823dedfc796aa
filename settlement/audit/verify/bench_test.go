package verify_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/audit/verify/verifytest"
)

// BenchmarkReplay replays an export from its first entry on, with a second opinion: of 40 participants in one currency,
// who in each batch send messages of 125 intents, 5,000 together, and say of each transfer of the batch before that it
// was paid. It reports transfers a second: signatures, decisions, postings and comparisons.
func BenchmarkReplay(b *testing.B) {
	const batches, members, each = 40, 40, 125
	dir := b.TempDir()
	busyLog(b, dir, batches, members, each)
	b.ResetTimer()
	began, used, transfers := time.Now(), cpu(b), int64(0)
	for b.Loop() {
		export, err := audit.OpenExport(os.DirFS(dir), audit.Trust{})
		require.NoError(b, err)
		done, err := verify.Replay(b.Context(), files{export}, nil, verify.SecondOpinion())
		require.NoError(b, err)
		require.EqualValues(b, batches*members*each, done.Cleared)
		transfers += done.Transfers
	}
	b.ReportMetric(float64(transfers)/time.Since(began).Seconds(), "transfers/s")
	b.ReportMetric(float64((cpu(b)-used).Nanoseconds())/float64(transfers), "cpu-ns/transfer") // whatever else the machine does
}

// cpu is what the process has computed, on all cores.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// busyLog makes a log in which everything clears.
func busyLog(b *testing.B, dir string, batches, members, each int) {
	b.Helper()
	kes := fx.MustCurrency("KES")
	l := verifytest.New(b, dir)
	const prefundMinor = 1_000_000_000_000
	name := func(i int) string { return fmt.Sprintf("rail-%02d", i%members) }
	for i := range members {
		l.Join(name(i), kes, prefundMinor)
	}
	l.Batch()
	var before []*settlement.Transfer
	for n := range batches + 1 {
		paid := make([][]messaging.Outcome, members)
		for _, t := range before {
			creditor := t.Creditor - 1
			paid[creditor] = append(paid[creditor], verifytest.Paid(t))
		}
		for i := range members {
			if len(paid[i]) > 0 {
				l.Report(name(i), paid[i]...)
			}
			if n == batches {
				continue // the last batch only pays
			}
			intents := make([]messaging.Intent, each)
			for k := range intents {
				intents[k] = l.Intent(fmt.Sprintf("%06d-%03d", n, k), name(i+1+k%(members-1)), fx.Money{Minor: int64(10_000 + k), Currency: kes})
			}
			l.Send(name(i), intents...)
		}
		before = l.Batch().Transfers
	}
	l.Commit()
}

// files is an export as a replay reads it.
type files struct{ *audit.Export }

// Visit implements verify.Log.
func (f files) Visit(ctx context.Context, visit func(entry []byte) error) error {
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

// Blob implements verify.Log.
func (f files) Blob(index int64, hash [sha256.Size]byte) ([]byte, error) {
	return f.Export.Blob(index, hash)
}
