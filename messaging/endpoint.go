package messaging

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
)

// Endpoint is where the streams are and how one is admitted there.
type Endpoint struct {
	URL   string // of the NATS server or servers, comma-separated
	Creds string // path of a credentials file, "" for none

	inProcess nats.InProcessConnProvider // instead of URL: a server in this process
}

const connectTimeout = 5 * time.Second

// connect opens a connection that comes back by itself for as long as it is not closed. While it is
// away nothing is buffered: a message sent into the dark later would overtake its order.
func (e Endpoint) connect(user string, log *slog.Logger) (*nats.Conn, error) {
	log = orDiscard(log)
	options := []nats.Option{
		nats.Name("ayni " + user),
		nats.CustomInboxPrefix(inbox(user)),
		nats.Timeout(connectTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(100 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, time.Second),
		nats.ReconnectBufSize(-1),
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // nil where it was closed here
				log.Warn("broker connection lost", "user", user, "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("broker connection back", "user", user) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Error("broker refused", "user", user, "error", err)
		}),
	}
	if e.Creds != "" {
		options = append(options, nats.UserCredentials(e.Creds))
	}
	if e.inProcess != nil {
		options = append(options, nats.InProcessServer(e.inProcess))
	}
	conn, err := nats.Connect(e.URL, options...)
	if err != nil {
		return nil, fmt.Errorf("messaging: connect %s to the broker (safe to repeat): %w", user, err)
	}
	return conn, nil
}

func orDiscard(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// backoff spaces attempts: 20 ms, doubled up to 2 s.
type backoff struct{ next time.Duration }

// wait ends early, with false, when ctx does.
func (b *backoff) wait(ctx context.Context) bool {
	b.next = min(max(2*b.next, 20*time.Millisecond), 2*time.Second)
	timer := time.NewTimer(b.next)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
