package messaging

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Condition is how the broker is, as the switch sees it.
type Condition struct {
	Version string    // of the server
	Clock   time.Time // the server's, at its answer about a stream; zero where there is none
	Streams []StreamCondition
}

// StreamCondition is how a stream is.
type StreamCondition struct {
	Name     string
	Missing  bool
	Weakness string // in which way it may lose or repeat what it should not, "" in none
	Bytes    int64
	MaxBytes int64 // 0 for no bound
	Replicas int
}

// Examine looks at the streams of the log and of participants, as the switch's user. It changes nothing.
func Examine(ctx context.Context, endpoint Endpoint, participants []string) (c Condition, err error) {
	conn, err := endpoint.connect(userSwitch, nil)
	if err != nil {
		return c, err
	}
	defer conn.Close()
	c.Version = conn.ConnectedServerVersion()
	js, err := jetstream.New(conn)
	if err != nil {
		return c, fmt.Errorf("messaging: examine: %w", err)
	}
	wanted := []jetstream.StreamConfig{streamConfig(StreamLog, subjectLog)}
	for _, p := range participants {
		wanted = append(wanted, streamsOf(p)...)
	}
	for _, want := range wanted {
		s := StreamCondition{Name: want.Name}
		stream, err := js.Stream(ctx, want.Name)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
			s.Missing = true
		case err != nil:
			return c, fmt.Errorf("messaging: examine %s: %w", want.Name, err)
		default:
			info := stream.CachedInfo()
			c.Clock = info.TimeStamp
			s.Weakness = weakness(info.Config, want)
			s.Bytes, s.MaxBytes, s.Replicas = int64(info.State.Bytes), max(0, info.Config.MaxBytes), info.Config.Replicas //nolint:gosec // a stream has a bound far below
		}
		c.Streams = append(c.Streams, s)
	}
	return c, nil
}
