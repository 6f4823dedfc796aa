package messaging

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"

	"github.com/ayni-switch/ayni/messaging/trace"
)

// receiveBatch is how many messages are fetched ahead of the handler.
const receiveBatch = 64

// ClientConfig is how a participant connects.
type ClientConfig struct {
	Endpoint
	Participant string
	Signer      *Signer      // the participant's signing key; not the key of its credentials
	Salter      *Salter      // the participant's, always the same one
	SwitchKey   string       // the switch's public signing key
	Log         *slog.Logger // nil for none
}

// Client is a participant's connection. Its methods may be called from many goroutines, Receive and
// ReceiveBatch from one at a time.
type Client struct {
	conn        *nats.Conn
	publisher   *publisher
	participant string
	signer      *Signer
	salter      *Salter
	switchKey   *Verifier
	log         *slog.Logger
}

// ConnectClient connects a participant. Reconnecting later is the connection's own business.
func ConnectClient(ctx context.Context, cfg ClientConfig) (*Client, error) {
	if !ValidParticipant(cfg.Participant) {
		return nil, fmt.Errorf("messaging: %.40q cannot name a participant", cfg.Participant)
	}
	if cfg.Signer == nil || cfg.Salter == nil {
		return nil, fmt.Errorf("messaging: %s has no signing key or no salter", cfg.Participant)
	}
	switchKey, err := NewVerifier(cfg.SwitchKey)
	if err != nil {
		return nil, fmt.Errorf("messaging: the switch's key at %s: %w", cfg.Participant, err)
	}
	conn, err := cfg.connect(cfg.Participant, cfg.Log)
	if err != nil {
		return nil, err
	}
	c := &Client{
		conn: conn, participant: cfg.Participant, signer: cfg.Signer, salter: cfg.Salter, switchKey: switchKey, log: orDiscard(cfg.Log),
	}
	if c.publisher, err = newPublisher(conn); err == nil {
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		err = conn.FlushWithContext(ctx)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("messaging: connect %s (safe to repeat): %w", cfg.Participant, err)
	}
	return c, nil
}

// Close ends the connection. Callers of other methods get errors.
func (c *Client) Close() { c.conn.Close() }

// Message is a message of a participant as it goes onto its stream.
type Message struct {
	Kind      PayloadKind // intent or outcome
	ID        string      // stored once within DuplicateWindow
	Payload   []byte
	Signature string
	Key       string
}

// PublishIntents packs, signs and stores intents, in order, and waits until the broker has them on its
// disk. The switch has not seen them then: its status says what it made of each. The same intents again
// within DuplicateWindow are stored once.
// Errors are *FaultError where an intent is malformed, *PublishError or ctx's.
func (c *Client) PublishIntents(ctx context.Context, intents []Intent) error {
	payloads, err := EncodeIntents(c.participant, intents, c.salter)
	if err != nil {
		return err
	}
	return c.sign(ctx, PayloadIntent, payloads)
}

// PublishRecalls packs, signs and stores recalls, as PublishIntents does.
func (c *Client) PublishRecalls(ctx context.Context, recalls []Recall) error {
	payloads, err := EncodeRecalls(c.participant, recalls)
	if err != nil {
		return err
	}
	return c.sign(ctx, PayloadIntent, payloads)
}

// PublishOutcomes packs, signs and stores outcomes, as PublishIntents does.
func (c *Client) PublishOutcomes(ctx context.Context, outcomes []Outcome) error {
	payloads, err := EncodeOutcomes(c.participant, outcomes, c.salter)
	if err != nil {
		return err
	}
	return c.sign(ctx, PayloadOutcome, payloads)
}

// sign signs the open lines of payloads and stores them under the hash of what was signed: a duplicate is then the same
// payload.
func (c *Client) sign(ctx context.Context, kind PayloadKind, payloads [][]byte) error {
	messages := make([]Message, len(payloads))
	for n, payload := range payloads {
		open, _ := Open(payload)
		signature, err := c.signer.Sign(kind, open)
		if err != nil {
			return err
		}
		hash := sha256.Sum256(signed(kind, open))
		messages[n] = Message{
			Kind: kind, ID: base64.RawURLEncoding.EncodeToString(hash[:]),
			Payload: payload, Signature: signature, Key: c.signer.PublicKey(),
		}
	}
	return c.Send(ctx, messages...)
}

// Send stores messages exactly as they are, in order, and waits for the acknowledgements. It is for
// payloads that were made and signed elsewhere. Their header says which span ctx follows. Errors are *PublishError or ctx's.
func (c *Client) Send(ctx context.Context, messages ...Message) error {
	batch := make([]stored, len(messages))
	follows := trace.From(ctx)
	for n, m := range messages {
		batch[n] = stored{
			stream: streamOf(m.Kind, c.participant), subject: Subject(m.Kind, c.participant), id: m.ID,
			payload: m.Payload, signature: m.Signature, key: m.Key, follows: follows,
		}
	}
	_, err := c.publisher.publish(ctx, batch)
	return err
}

// Incoming is a verified message from the switch. Either Payout or Status is set.
type Incoming struct {
	Payout   *PayoutMessage
	Status   *StatusMessage
	Sequence uint64        // in TO_<participant>: the parts of a mail have one, and the next message the next
	Follows  trace.Context // what its header says that it follows: not signed, and no evidence of anything
}

// Receive hands every message of the switch to handler, in order, one call at a time, until ctx ends. A
// message is acknowledged after handler returned nil; an error is logged, and the same message handed
// over again a little later, a mail from its first part. After a crash the messages that were not
// acknowledged come again, so handler must know what it has seen.
//
// A message that the switch did not sign stops everything: the error is a *FaultError and nothing is
// acknowledged, because either the key here is wrong or the broker is not to be trusted.
// Other errors are ctx's, or say that the client is closed.
func (c *Client) Receive(ctx context.Context, handler func(context.Context, Incoming) error) error {
	return c.ReceiveBatch(ctx, 1, func(ctx context.Context, messages []Incoming) error {
		for _, m := range messages {
			if err := handler(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReceiveBatch is Receive with up to limit messages in one call: those that are there, without waiting
// for more. They are acknowledged together. A mail counts as one, and is handed over whole.
func (c *Client) ReceiveBatch(ctx context.Context, limit int, handler func(context.Context, []Incoming) error) error {
	if limit < 1 || limit > maxAckPending {
		return fmt.Errorf("messaging: receive %d messages at a time, want 1 to %d", limit, maxAckPending)
	}
	var pause backoff
	for {
		progress, err := c.receiveOn(ctx, limit, handler)
		var fault *FaultError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &fault):
			return err
		case c.conn.IsClosed():
			return fmt.Errorf("messaging: receive at %s: %w", c.participant, err)
		}
		c.log.Warn("receiving interrupted", "participant", c.participant, "error", err)
		if progress {
			pause = backoff{}
		}
		if !pause.wait(ctx) {
			return ctx.Err()
		}
	}
}

// receiveOn receives until something goes wrong, and tells whether it got anything done.
func (c *Client) receiveOn(ctx context.Context, limit int, handler func(context.Context, []Incoming) error) (progress bool, err error) {
	next, err := c.rewind(ctx)
	if err != nil {
		return false, err
	}
	source, err := newPull(c.conn, StreamTo(c.participant), consumer, max(limit, receiveBatch))
	if err != nil {
		return false, err
	}
	defer source.close()
	defer context.AfterFunc(ctx, source.close)()

	for {
		messages, incoming, err := c.collect(source, next, limit)
		if err != nil {
			return progress, err
		}
		if len(incoming) > 0 {
			if err := c.handle(ctx, incoming, handler); err != nil {
				return progress, err
			}
			next = incoming[len(incoming)-1].Sequence + 1
			progress = true
		}
		for _, m := range messages {
			if err := m.Respond(nil); err != nil { // an empty answer acknowledges
				return progress, err
			}
		}
	}
}

// collect waits for a message and takes up to limit that are there, from sequence next on. messages
// holds what is to be acknowledged: those of incoming, and any that was handled before.
func (c *Client) collect(source *pull, next uint64, limit int) (messages []*nats.Msg, incoming []Incoming, err error) {
	m, err := source.next()
	for ; err == nil && m != nil; m, err = source.more() {
		meta, err := m.Metadata()
		if err != nil {
			return nil, nil, err
		}
		messages = append(messages, m)
		if meta.Sequence.Stream < next {
			continue
		}
		if meta.Sequence.Stream > next {
			return nil, nil, fmt.Errorf("message %d came instead of %d", meta.Sequence.Stream, next)
		}
		parts, err := c.open(m)
		if err != nil {
			return nil, nil, fmt.Errorf("messaging: message %d of stream %s: %w", next, StreamTo(c.participant), err)
		}
		follows := followed(m.Header)
		for _, in := range parts {
			in.Sequence, in.Follows = next, follows
			incoming = append(incoming, in)
		}
		next++
		if limit--; limit == 0 {
			break
		}
	}
	return messages, incoming, err
}

// open checks the switch's signature and reads a message. Errors are *FaultError.
func (c *Client) open(m *nats.Msg) ([]Incoming, error) {
	kind := kindOf(m.Subject)
	if err := c.switchKey.Verify(kind, m.Data, m.Header.Get(HeaderSignature)); err != nil {
		return nil, err
	}
	var in Incoming
	var err error
	switch {
	case kind == PayloadStatus && isMail(c.participant, m.Data):
		return DecodeMail(c.participant, m.Data)
	case kind == PayloadStatus:
		in.Status, err = DecodeStatus(c.participant, m.Data)
	case kind == PayloadPayout:
		in.Payout, err = DecodePayout(c.participant, m.Data)
	default:
		err = &FaultError{Fault: FaultSchema, Detail: "a message of kind " + string(kind)}
	}
	return []Incoming{in}, err
}

// handle calls handler until it succeeds: later messages must not overtake these.
func (c *Client) handle(ctx context.Context, incoming []Incoming, handler func(context.Context, []Incoming) error) error {
	var pause backoff
	for {
		err := handler(ctx, incoming)
		if err == nil {
			return nil
		}
		c.log.Error("message not handled, once more", "participant", c.participant,
			"sequence", incoming[0].Sequence, "error", err)
		if !pause.wait(ctx) {
			return ctx.Err()
		}
	}
}

// rewind makes the broker deliver again, at once and in order, what was delivered and not acknowledged,
// instead of later and behind newer messages. It returns the sequence that comes next.
func (c *Client) rewind(ctx context.Context) (next uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := c.conn.RequestWithContext(ctx, "$JS.API.CONSUMER.RESET."+StreamTo(c.participant)+"."+consumer, nil)
	if err != nil {
		return 0, fmt.Errorf("rewind: %w", err)
	}
	var reset struct {
		Sequence uint64 `json:"reset_seq"`
		Error    *struct {
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &reset); err != nil {
		return 0, fmt.Errorf("rewind: %w", err)
	}
	if reset.Error != nil || reset.Sequence == 0 {
		return 0, fmt.Errorf("rewind: the broker answered %.200q", answer.Data)
	}
	return reset.Sequence, nil
}
