package decide

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// BenchmarkDecide decides batches of 16 messages from each of 40 participants in three currencies, a third
// of the transfers across currencies, everything clearing; then the batch of their outcomes. It reports
// nanoseconds a transfer.
func BenchmarkDecide(b *testing.B) {
	w := newWorld(b)
	const members, perMember = 40, 256
	currencies := []fx.Currency{kes, php, ugx}
	var commands []settlement.Command
	for i := range members {
		name, currency := fmt.Sprintf("rail-%02d", i), currencies[i%3]
		commands = append(commands,
			w.command(settlement.CommandAddParticipant, settlement.AddParticipant{
				Name: name, Country: "KE", Currency: currency, Role: settlement.RoleOperator, SigningKey: signingKey(b),
				PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 25_000_000,
			}),
			w.fund(name, currency, maxTransferMinor*100))
	}
	for _, c := range currencies {
		commands = append(commands, w.fund("fx-house", c, maxTransferMinor*1000))
	}
	w.decide(commands)
	w.now = w.now.Add(time.Second)

	var intake, payout time.Duration
	transfers := 0
	for n := 0; b.Loop(); n++ {
		var messages []Message
		for i := range members {
			name := fmt.Sprintf("rail-%02d", i)
			m := w.message(name, messaging.PayloadIntent)
			for k := range perMember {
				to := (i + 3*(k+1)) % members // mostly the same currency
				if k%3 == 0 {
					to = (i + 1) % members
				}
				if to == i {
					to = (i + 3) % members
				}
				intent := w.intent(fmt.Sprintf("%08d-%05d-%03d", n, i, k), name, fmt.Sprintf("rail-%02d", to), int64(100_00+k))
				m.intents = append(m.intents, messaging.DecodedIntent{Intent: intent})
				m.hashes = append(m.hashes, [32]byte{byte(k)})
			}
			messages = append(messages, m)
		}
		began := time.Now()
		batch := w.bench(b, messages)
		intake += time.Since(began)
		require.Equal(b, members*perMember, batch.Cleared)
		transfers += members * perMember
		messages = messages[:0]
		for i := range members {
			m := w.message(fmt.Sprintf("rail-%02d", i), messaging.PayloadOutcome)
			for _, instruction := range instructions(b, batch, m.Participant) {
				m.outcomes = append(m.outcomes, paid(instruction))
			}
			messages = append(messages, m)
		}
		began = time.Now()
		w.bench(b, messages)
		payout += time.Since(began)
		require.Empty(b, w.state.open)
	}
	b.ReportMetric(float64(intake.Nanoseconds())/float64(transfers), "ns/cleared")
	b.ReportMetric(float64(payout.Nanoseconds())/float64(transfers), "ns/paid")
}

func (w *world) bench(b *testing.B, messages []Message) *ledger.Batch {
	b.Helper()
	sortMessages(messages)
	w.now = w.now.Add(time.Millisecond)
	batch, err := w.state.Decide(Inputs{
		Rules: Rules, Now: w.now, Messages: messages, Known: map[ledger.IntentKey]ledger.KnownIntent{},
		Finished: map[settlement.TransferID]ledger.FinishedTransfer{},
	})
	require.NoError(b, err)
	return batch
}
