package journal_test

import (
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/journal"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// What a busy log's postings cost each consumer, in batches of ten thousand.
func BenchmarkPostings(b *testing.B) {
	const postings = 10_000
	for name, begin := range map[string]func() journal.Consumer{
		"text":    func() journal.Consumer { return journal.NewText(io.Discard) },
		"csv":     func() journal.Consumer { return journal.NewCSV(io.Discard) },
		"parquet": func() journal.Consumer { return journal.NewParquet(io.Discard) },
	} {
		b.Run(name, func(b *testing.B) {
			first, batch := busy(postings)
			consumer := begin()
			require.NoError(b, consumer.Batch(first))
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, consumer.Batch(batch))
				batch.ID, batch.LogIndex = batch.ID+1, batch.LogIndex+1
			}
			b.ReportMetric(float64(postings*b.N)/b.Elapsed().Seconds(), "postings/s")
			require.NoError(b, consumer.Close())
		})
	}
}

// applied is a state as a consumer.
type applied struct{ *journal.State }

func (a applied) Batch(b *ledger.Batch) error { return a.Apply(b) }
func (applied) Close() error                  { return nil }

// busy is a batch of a thousand accounts' postings, and the one before it, which opens them.
func busy(postings int64) (first, batch *ledger.Batch) {
	const accounts = 1000
	dice := rand.New(rand.NewPCG(1, 2))
	kes := fx.MustCurrency("KES")
	first, batch = &ledger.Batch{ID: 1, LogIndex: 1, DecidedAt: morning}, &ledger.Batch{ID: 2, LogIndex: 2, DecidedAt: morning}
	for i := range int32(accounts) {
		first.Participants = append(first.Participants, settlement.Participant{ID: i + 1, Name: "operator-" + string('a'+i%26) + settlement.TransferID(i).String()})
		first.Accounts = append(first.Accounts, ledger.Account{ID: int64(i) + 1, Participant: i + 1, Kind: ledger.Position, Currency: kes})
		batch.Balances = append(batch.Balances, ledger.Balance{Account: int64(i) + 1, Credits: 1})
	}
	for i := range postings {
		debit := dice.Int64N(accounts)
		batch.Postings = append(batch.Postings, ledger.Posting{
			ID: 1<<60 + i, Transfer: settlement.TransferID(1<<60 + i), Kind: ledger.PostClear, Debit: debit + 1,
			Credit: (debit+1+dice.Int64N(accounts-1))%accounts + 1, AmountMinor: dice.Int64N(1_000_000) + 1, Currency: kes,
		})
	}
	return first, batch
}
