package adapters

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
)

// quickRail settles at once and remembers nothing: what is left is the runner's own cost.
type quickRail struct{ scriptRail }

func (q *quickRail) Submit(_ context.Context, op Operation) Evidence {
	return Evidence{State: Settled, RailRef: op.ID, Amount: &op.Amount}
}
func (q *quickRail) Handler() http.Handler { return http.NotFoundHandler() }

// silentSwitch counts outcomes; the broker's cost is not measured here.
type silentSwitch struct {
	want int
	done chan struct{}
	in   chan []messaging.Incoming
}

func (s *silentSwitch) PublishIntents(context.Context, []messaging.Intent) error { return nil }
func (s *silentSwitch) PublishRecalls(context.Context, []messaging.Recall) error { return nil }

func (s *silentSwitch) PublishHealth(context.Context, messaging.RailHealth) error { return nil }

func (s *silentSwitch) PublishOutcomes(_ context.Context, o []messaging.Outcome) error {
	if s.want -= len(o); s.want == 0 {
		close(s.done)
	}
	return nil
}

func (s *silentSwitch) ReceiveBatch(ctx context.Context, _ int, handler func(context.Context, []messaging.Incoming) error) error {
	for {
		select {
		case m := <-s.in:
			if err := handler(ctx, m); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// BenchmarkPayouts is one payout from the instruction to the published outcome: three durable changes
// (instructed, settled, told) in the store with its flushes.
func BenchmarkPayouts(b *testing.B) {
	sw := &silentSwitch{want: b.N, done: make(chan struct{}), in: make(chan []messaging.Incoming)}
	rail := &quickRail{}
	rail.caps = Capabilities{Rail: "quick", Currency: kes, ConfirmAboveMinor: 1 << 60, Timers: Timers{
		SubmitTimeout: patience, FirstQuery: patience, QueryEvery: patience, QueryEveryMax: patience, CollectionEvery: patience,
	}}
	r, err := NewRunner(RunnerConfig{
		Participant: us, Dir: b.TempDir(), Switch: sw, Logger: slog.New(slog.DiscardHandler),
		Rail: func(Sink) (Rail, error) { return rail, nil },
	})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	b.ResetTimer()
	for n := 0; n < b.N; {
		var instructions []messaging.Instruction
		for ; n < b.N && len(instructions) < messaging.MaxInstructions; n++ {
			instructions = append(instructions, instruction(fmt.Sprintf("t%d", n), 100_00, "a"))
		}
		sw.in <- []messaging.Incoming{{Payout: &messaging.PayoutMessage{Instructions: instructions}}}
	}
	<-sw.done
	b.StopTimer()
	cancel()
	require.NoError(b, <-done)
	s := r.Stats()
	b.ReportMetric(float64(s.Writes)/b.Elapsed().Seconds(), "changes/s")
	b.ReportMetric(float64(s.Commits)/b.Elapsed().Seconds(), "commits/s")
}
