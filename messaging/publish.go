package messaging

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ayni-switch/ayni/messaging/trace"
)

const (
	publishWindow   = 64               // messages on their way
	publishTimeout  = 10 * time.Second // for one acknowledgement
	publishAttempts = 3                // one by one, after the window failed
)

// stored is a message for a stream.
type stored struct {
	stream, subject, id string
	payload             []byte
	signature, key      string
	behind              string // sequence that must be the stream's last, "" for any
	follows             trace.Context
}

// followed is the span that a message says it follows: the one of exactly one header of the exact form.
func followed(header nats.Header) trace.Context {
	if values := header[trace.Header]; len(values) == 1 {
		return trace.Parse(values[0])
	}
	return trace.Context{}
}

// message writes the headers. after is the id of the message that must be the stream's last, "" for any.
func (s stored) message(after string) *nats.Msg {
	m := nats.NewMsg(s.subject)
	m.Data = s.payload
	set := func(header, value string) {
		if value != "" {
			m.Header.Set(header, value)
		}
	}
	set(jetstream.MsgIDHeader, s.id)
	set(jetstream.ExpectedLastMsgIDHeader, after)
	set(jetstream.ExpectedLastSeqHeader, s.behind)
	set(HeaderSignature, s.signature)
	set(HeaderKey, s.key)
	if !s.follows.IsZero() {
		m.Header.Set(trace.Header, s.follows.String())
	}
	return m
}

// publisher stores messages in order per stream. It is safe for use from many goroutines.
type publisher struct {
	js      jetstream.JetStream
	sending sync.Mutex // keeps the messages of one call together
}

func newPublisher(conn *nats.Conn) (*publisher, error) {
	js, err := jetstream.New(conn,
		jetstream.WithPublishAsyncMaxPending(publishWindow), jetstream.WithPublishAsyncTimeout(publishTimeout))
	if err != nil {
		return nil, err
	}
	return &publisher{js: js}, nil
}

// publish stores messages and waits for every acknowledgement; acks are in the messages' order.
//
// All are sent at once, each one on the condition that its predecessor is the stream's last message, so
// that one that gets lost holds up what follows. Those that failed are then sent one by one: what was
// stored already is acknowledged as a duplicate.
// Errors are *PublishError or ctx's.
func (p *publisher) publish(ctx context.Context, messages []stored) ([]*jetstream.PubAck, error) {
	acks := make([]*jetstream.PubAck, len(messages))
	futures := p.send(ctx, messages)
	for n, m := range messages {
		acks[n], _ = wait(ctx, futures[n]) // what failed is sent again below, and says why
		if ctx.Err() != nil {
			return nil, fmt.Errorf("messaging: publish %q to stream %s: %w", m.id, m.stream, ctx.Err())
		}
	}
	for n, m := range messages {
		if acks[n] != nil {
			continue
		}
		ack, err := p.one(ctx, m)
		if err != nil {
			return nil, err
		}
		acks[n] = ack
	}
	return acks, nil
}

// send puts messages on their way. A future is nil where that failed already.
func (p *publisher) send(ctx context.Context, messages []stored) []jetstream.PubAckFuture {
	p.sending.Lock()
	defer p.sending.Unlock()
	futures := make([]jetstream.PubAckFuture, len(messages))
	last := map[string]string{}
	for n, m := range messages {
		if ctx.Err() != nil {
			return futures
		}
		after := last[m.stream]
		if m.behind != "" { // says more
			after = ""
		}
		future, err := p.js.PublishMsgAsync(m.message(after), jetstream.WithStallWait(publishTimeout))
		if err == nil {
			futures[n] = future
		}
		last[m.stream] = m.id
	}
	return futures
}

var errNotSent = errors.New("not sent")

func wait(ctx context.Context, future jetstream.PubAckFuture) (*jetstream.PubAck, error) {
	if future == nil {
		return nil, errNotSent
	}
	select {
	case ack := <-future.Ok():
		return ack, nil
	case err := <-future.Err():
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// one stores a message and waits for its acknowledgement, trying again where that can help.
func (p *publisher) one(ctx context.Context, m stored) (*jetstream.PubAck, error) {
	var pause backoff
	for attempt := 1; ; attempt++ {
		attemptCtx, cancel := context.WithTimeout(ctx, publishTimeout)
		ack, err := p.js.PublishMsg(attemptCtx, m.message(""))
		cancel()
		if err == nil {
			return ack, nil
		}
		var refused *jetstream.APIError
		if attempt == publishAttempts || errors.As(err, &refused) || errors.Is(err, nats.ErrMaxPayload) ||
			errors.Is(err, nats.ErrConnectionClosed) || !pause.wait(ctx) {
			return nil, &PublishError{Stream: m.stream, ID: m.id, Err: err}
		}
	}
}
