package decide

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/fee"
)

// BenchmarkAccountant reviews days of batches of 10,240 transfers among 40 participants in three currencies, a third of them
// across currencies, all charged and all paid. It reports what a transfer takes from signed to paid: of each batch the fastest
// review, because on a machine that is shared the mean says more of the neighbours.
func BenchmarkAccountant(b *testing.B) {
	w, transfers := busyDay(b, 4)
	fastest := make([]time.Duration, len(w.batches))
	for b.Loop() {
		second := accountant.New()
		for i, batch := range w.batches {
			began := time.Now()
			require.NoError(b, second.Batch(w.reviewed.inputs[i], batch))
			if took := time.Since(began); fastest[i] == 0 || took < fastest[i] {
				fastest[i] = took
			}
		}
	}
	var day time.Duration
	for _, took := range fastest {
		day += took
	}
	b.ReportMetric(float64(day.Nanoseconds())/float64(transfers), "ns/fastest")
	b.ReportMetric(float64(transfers)/day.Seconds(), "transfers/s")
	b.ReportAllocs()
}

func busyDay(b *testing.B, batches int) (w *world, transfers int) {
	b.Helper()
	w = newWorld(b)
	const members, perMember = 40, 256
	currencies := []fx.Currency{kes, php, ugx}
	commands := []settlement.Command{w.command(settlement.CommandFees, charging(1, w.now, 2_500, 1_00, 50, fee.Debtor))}
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
	for n := range batches {
		w.now = w.now.Add(time.Second)
		var messages []Message
		for i := range members {
			name := fmt.Sprintf("rail-%02d", i)
			intents := make([]messaging.Intent, perMember)
			for k := range intents {
				to := (i + 3*(k+1)) % members // mostly the same currency
				if k%3 == 0 {
					to = (i + 1) % members
				}
				if to == i {
					to = (i + 3) % members
				}
				intents[k] = w.intent(fmt.Sprintf("%08d-%05d-%03d", n, i, k), name, fmt.Sprintf("rail-%02d", to), int64(100_00+k))
			}
			messages = append(messages, w.intents(name, intents...))
		}
		cleared := w.decide(nil, messages...)
		require.Equal(b, members*perMember, cleared.Cleared)
		messages = messages[:0]
		for i := range members {
			name := fmt.Sprintf("rail-%02d", i)
			var outcomes []messaging.Outcome
			for _, instruction := range instructions(b, cleared, name) {
				outcomes = append(outcomes, paid(instruction))
			}
			messages = append(messages, w.outcomes(name, outcomes...))
		}
		w.decide(nil, messages...)
		transfers += members * perMember
	}
	require.Empty(b, w.state.open)
	return w, transfers
}
