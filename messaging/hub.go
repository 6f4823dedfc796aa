package messaging

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ayni-switch/ayni/messaging/trace"
)

const (
	readBatch = 512
	// readerIdle is when the broker forgets a reader that died.
	readerIdle = time.Minute
	// askTimeout bounds one question to the broker.
	askTimeout = 5 * time.Second
)

// HubConfig is how the switch connects.
type HubConfig struct {
	Endpoint
	Signer *Signer      // the switch's signing key
	Log    *slog.Logger // nil for none
}

// Hub is the switch's connection: it reads what participants sent and speaks to them. Its methods may
// be called from many goroutines.
type Hub struct {
	conn      *nats.Conn
	js        jetstream.JetStream
	publisher *publisher
	signer    *Signer
	tails     tails
	log       *slog.Logger
}

// ConnectHub connects the switch. Reconnecting later is the connection's own business.
func ConnectHub(ctx context.Context, cfg HubConfig) (*Hub, error) {
	if cfg.Signer == nil {
		return nil, errors.New("messaging: the switch has no signing key")
	}
	conn, err := cfg.connect(userSwitch, cfg.Log)
	if err != nil {
		return nil, err
	}
	h := &Hub{conn: conn, signer: cfg.Signer, tails: tails{known: map[string]tail{}}, log: orDiscard(cfg.Log)}
	if h.publisher, err = newPublisher(conn); err == nil {
		h.js = h.publisher.js
		_, err = h.js.AccountInfo(ctx)
	}
	if err != nil {
		h.Close()
		return nil, fmt.Errorf("messaging: the switch and its streams (safe to repeat): %w", err)
	}
	return h, nil
}

// Close ends the connection. Callers of other methods get errors.
func (h *Hub) Close() { h.conn.Close() }

// PublicKey is the key that participants check the switch's messages with.
func (h *Hub) PublicKey() string { return h.signer.PublicKey() }

// Read hands over what participant sent, in order and without gaps, from the message after the given
// position, until ctx ends. It survives the broker's restarts, and each time checks that the stream
// still is what it was. Errors are ctx's, *BackwardsError, or say that the participant has no stream or
// the hub is closed.
func (h *Hub) Read(ctx context.Context, participant string, after Position, out chan<- Received) error {
	stream := StreamFrom(participant)
	var pause backoff
	for {
		before := after.Sequence
		err := h.readOn(ctx, participant, &after, out)
		var backwards *BackwardsError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &backwards):
			return err
		case errors.Is(err, jetstream.ErrStreamNotFound), h.conn.IsClosed():
			return fmt.Errorf("messaging: read stream %s: %w", stream, err)
		}
		h.log.Warn("reading interrupted", "stream", stream, "sequence", after.Sequence, "error", err)
		if after.Sequence > before {
			pause = backoff{}
		}
		if !pause.wait(ctx) {
			return ctx.Err()
		}
	}
}

// readOn reads until something goes wrong, and leaves in after how far it came.
func (h *Hub) readOn(ctx context.Context, participant string, after *Position, out chan<- Received) error {
	if err := h.check(ctx, StreamFrom(participant), after); err != nil {
		return err
	}
	reader, err := h.openReader(ctx, StreamFrom(participant), after.Sequence+1)
	if err != nil {
		return err
	}
	defer reader.close()
	defer context.AfterFunc(ctx, reader.close)()

	for first := true; ; first = false {
		m, err := reader.next()
		if err != nil {
			return err
		}
		r, err := received(participant, after.StreamCreated, m)
		switch {
		case err != nil:
			return err
		case r.Sequence <= after.Sequence:
			continue
		case r.Sequence != after.Sequence+1 && first:
			return &BackwardsError{
				Stream: StreamFrom(participant), Position: *after,
				Found: fmt.Sprintf("a hole: the next message is %d", r.Sequence),
			}
		case r.Sequence != after.Sequence+1:
			return fmt.Errorf("message %d came after %d", r.Sequence, after.Sequence)
		}
		select {
		case out <- r:
			*after = r.Position()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// check compares the stream with what was read from it before. A zero position learns the stream's birth.
func (h *Hub) check(ctx context.Context, name string, after *Position) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	backwards := func(format string, args ...any) error {
		return &BackwardsError{Stream: name, Position: *after, Found: fmt.Sprintf(format, args...)}
	}
	stream, err := h.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) && !after.StreamCreated.IsZero() {
		return backwards("no such stream")
	}
	if err != nil {
		return err
	}
	info := stream.CachedInfo()
	created := streamCreated(info)
	if after.StreamCreated.IsZero() && after.Sequence == 0 {
		after.StreamCreated = created
	}
	if !created.Equal(after.StreamCreated) {
		return backwards("a stream created %s", created.Format(time.RFC3339Nano))
	}
	if info.State.LastSeq < after.Sequence {
		return backwards("%d as its last message", info.State.LastSeq)
	}
	if after.Sequence == 0 {
		return nil
	}
	m, err := h.held(ctx, name, after.Sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return backwards("no message %d", after.Sequence)
	}
	if err != nil {
		return err
	}
	if MessageHash(m.payload, m.signature) != after.Hash && MessageHashFirst(m.payload, m.signature) != after.Hash {
		return backwards("another message at %d", after.Sequence)
	}
	return nil
}

// streamCreated is a stream's birth as Position keeps it.
func streamCreated(info *jetstream.StreamInfo) time.Time {
	return info.Created.UTC().Truncate(time.Microsecond)
}

// openReader makes a consumer that lives as long as it is read and needs no acknowledgements: the
// position is the reader's to keep.
func (h *Hub) openReader(ctx context.Context, stream string, from uint64) (*pull, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	c, err := h.js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       from,
		AckPolicy:         jetstream.AckNonePolicy,
		InactiveThreshold: readerIdle,
		MemoryStorage:     true,
		Replicas:          1,
	})
	if err != nil {
		return nil, err
	}
	return newPull(h.conn, stream, c.CachedInfo().Name, readBatch)
}

// plainHeader returns a header that can be a signature or a key, "" for any other: it is going to be kept.
func plainHeader(header nats.Header, name string) string {
	value := header.Get(name)
	if !headerForm.MatchString(value) {
		return ""
	}
	return value
}

func received(participant string, created time.Time, m *nats.Msg) (Received, error) {
	meta, err := m.Metadata()
	if err != nil {
		return Received{}, err
	}
	signature := plainHeader(m.Header, HeaderSignature)
	return Received{
		Participant:   participant,
		Kind:          kindOf(m.Subject),
		Sequence:      meta.Sequence.Stream,
		StreamCreated: created,
		Time:          meta.Timestamp.UTC(),
		Payload:       m.Data,
		Signature:     signature,
		Key:           plainHeader(m.Header, HeaderKey),
		Hash:          MessageHash(m.Data, signature),
		Follows:       followed(m.Header),
	}, nil
}

// Publish signs and stores messages, in order per participant, and waits for every acknowledgement. A
// message whose ID the stream has already must have the same payload.
// Errors are *DuplicateError, *FaultError (too large), *PublishError or ctx's; after the last two
// publishing again is safe.
func (h *Hub) Publish(ctx context.Context, messages []Outgoing) error {
	batch := make([]stored, len(messages))
	for n, m := range messages {
		if m.ID == "" {
			return fmt.Errorf("messaging: a %s to %s has no id", m.Kind, m.Participant)
		}
		if len(m.Payload) > MaxEnvelopeBytes {
			return &FaultError{Fault: FaultOversized, Detail: fmt.Sprintf("%s %s to %s", m.Kind, m.ID, m.Participant)}
		}
		signature, err := h.signer.Sign(m.Kind, m.Payload)
		if err != nil {
			return err
		}
		batch[n] = stored{
			stream: streamOf(m.Kind, m.Participant), subject: Subject(m.Kind, m.Participant), id: m.ID,
			payload: m.Payload, signature: signature, key: h.signer.PublicKey(), follows: trace.From(ctx),
		}
	}
	acks, err := h.publisher.publish(ctx, batch)
	if err != nil {
		return err
	}
	for n, ack := range acks {
		if ack.Duplicate {
			if err := h.checkDuplicate(ctx, batch[n], ack.Sequence); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkDuplicate compares a message with the one that the stream holds under its id. The signing key
// may have changed in between, so the payload decides.
func (h *Hub) checkDuplicate(ctx context.Context, m stored, sequence uint64) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	held, err := h.held(ctx, m.stream, sequence)
	if err != nil {
		return &PublishError{Stream: m.stream, ID: m.id, Err: err}
	}
	if held.subject != m.subject || !bytes.Equal(held.payload, m.payload) {
		return &DuplicateError{Stream: m.stream, ID: m.id, Sequence: sequence}
	}
	return nil
}

// held fetches one message of a stream. The client library would refuse a message with malformed
// headers, which anybody can send; here it is a message without a signature, as it is to a reader.
func (h *Hub) held(ctx context.Context, stream string, sequence uint64) (stored, error) {
	m, _, err := h.get(ctx, stream, fmt.Sprintf(`{"seq":%d}`, sequence))
	return m, err
}

func (h *Hub) get(ctx context.Context, stream, which string) (m stored, sequence uint64, err error) {
	answer, err := h.conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, []byte(which))
	if err != nil {
		return stored{}, 0, err
	}
	var got struct {
		Message *struct {
			Subject  string `json:"subject"`
			Sequence uint64 `json:"seq"`
			Headers  []byte `json:"hdrs"`
			Data     []byte `json:"data"`
		} `json:"message"`
		Error *jetstream.APIError `json:"error"`
	}
	switch err := json.Unmarshal(answer.Data, &got); {
	case err != nil:
		return stored{}, 0, err
	case got.Error != nil && got.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return stored{}, 0, jetstream.ErrMsgNotFound
	case got.Error != nil:
		return stored{}, 0, got.Error
	case got.Message == nil:
		return stored{}, 0, fmt.Errorf("no message in the broker's answer %.100q", answer.Data)
	}
	m = stored{stream: stream, subject: got.Message.Subject, payload: got.Message.Data}
	if header, err := nats.DecodeHeadersMsg(got.Message.Headers); err == nil {
		m.signature = plainHeader(header, HeaderSignature)
		m.id = header.Get(jetstream.MsgIDHeader)
	}
	return m, got.Message.Sequence, nil
}
