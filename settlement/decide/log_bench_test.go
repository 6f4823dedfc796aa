package decide

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// BenchmarkLog decides batches of 5,000 transfers within one currency, in messages of 250, and the batches of their
// outcomes, and writes the log's part of each once more. It reports what that takes a transfer, and its share of
// deciding, which is one part of what an engine does for a batch.
func BenchmarkLog(b *testing.B) {
	w := newWorld(b)
	w.decide(append(w.creditLine("mpesa-ke", kes, maxTransferMinor), w.creditLine("momo-ug", ugx, maxTransferMinor)...))
	salter := messaging.NewSalter([messaging.SaltSecretSize]byte{1})
	const messages, each = 20, 250
	var deciding, logging time.Duration
	transfers := 0
	for n := 0; b.Loop(); n++ {
		var intents, outcomes []Message
		for k := range messages {
			asked := make([]messaging.Intent, each)
			for i := range asked {
				asked[i] = w.intent(fmt.Sprintf("%08d-%02d-%03d", n, k, i), "mpesa-ke", "gcash-ph", 1)
			}
			payloads, err := messaging.EncodeIntents("mpesa-ke", asked, salter)
			require.NoError(b, err)
			m := w.intents("mpesa-ke", asked...)
			m.Payload = payloads[0]
			intents = append(intents, m)
		}
		batch, took, logged := w.timed(b, intents)
		deciding, logging, transfers = deciding+took, logging+logged, transfers+len(batch.Transfers)
		for k := range messages {
			m := w.message("gcash-ph", messaging.PayloadOutcome)
			for _, t := range batch.Transfers[k*each : (k+1)*each] {
				m.outcomes = append(m.outcomes, messaging.Outcome{
					Transfer: t.ID.String(), Kind: messaging.KindPayout, State: messaging.OutcomePaid, Amount: messaging.NewAmount(t.Destination),
				})
			}
			payloads, err := messaging.EncodeOutcomes("gcash-ph", m.outcomes, salter)
			require.NoError(b, err)
			m.Payload = payloads[0]
			outcomes = append(outcomes, m)
		}
		_, took, logged = w.timed(b, outcomes)
		deciding, logging = deciding+took, logging+logged
	}
	b.ReportMetric(float64(logging.Nanoseconds())/float64(transfers), "log-ns/transfer")
	b.ReportMetric(float64(deciding.Nanoseconds())/float64(transfers), "decide-ns/transfer")
	b.ReportMetric(100*float64(logging)/float64(deciding), "%")
}

// timed decides a batch, and then writes its part of the log as if it had not been written.
func (w *world) timed(b *testing.B, messages []Message) (batch *ledger.Batch, deciding, logging time.Duration) {
	b.Helper()
	began := time.Now()
	batch = w.bench(b, messages)
	deciding = time.Since(began)
	again := *batch
	again.Log, again.Blobs, again.Inputs = nil, nil, ledger.Inputs{}
	state := *w.state
	state.tree = audit.Tree{}
	d := &decision{State: &state, Inputs: Inputs{Rules: Rules, Now: w.now, Messages: messages}, batch: &again}
	for _, e := range batch.Events {
		if e.State == messaging.StateCleared {
			d.cleared = append(d.cleared, e.Transfer)
		}
	}
	began = time.Now()
	require.NoError(b, d.writeLog())
	logging = time.Since(began)
	return batch, deciding, logging
}
