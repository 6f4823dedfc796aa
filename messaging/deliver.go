package messaging

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ayni-switch/ayni/messaging/trace"
)

// Delivery is one message of the switch to one participant.
type Delivery struct {
	Participant string
	Kind        PayloadKind // payout or status
	Number      int64       // of the message among all that the switch ever sends; rises
	Payload     []byte
}

const (
	// numbered begins the id of a message that ends with the delivery of that number.
	numbered = "outbox-"
	// deliverAttempts is how often somebody else's message may come in between.
	deliverAttempts = 8
	// mostForeign is how many messages without a number are looked past for the last that has one.
	mostForeign = 10_000
)

// tail is where a participant's stream ends.
type tail struct {
	sequence uint64 // of its last message; 0 of an empty stream
	number   int64  // of the last delivery on it
}

// tails are the tails that are known, by participant.
type tails struct {
	sync.Mutex
	known map[string]tail
}

// Deliver packs and signs messages and stores them, in order of their numbers per participant, and waits for every
// acknowledgement. Each stream's own last message says how far it is, and each message is stored only behind the one
// that was known to be the last: so each delivery is stored once, whoever sends it again, after however long.
// Errors are *FaultError (too large), *PublishError, ctx's, or say that a stream could not be asked where it ends;
// after all but the first delivering again is safe.
func (h *Hub) Deliver(ctx context.Context, deliveries []Delivery) error {
	h.tails.Lock()
	defer h.tails.Unlock()
	var participants []string
	of := map[string][]Delivery{}
	for _, d := range deliveries {
		if d.Number <= 0 || d.Kind != PayloadPayout && d.Kind != PayloadStatus {
			return fmt.Errorf("messaging: a %s to %s has the number %d", d.Kind, d.Participant, d.Number)
		}
		if len(d.Payload) > MaxEnvelopeBytes {
			return &FaultError{Fault: FaultOversized, Detail: fmt.Sprintf("%s %d to %s", d.Kind, d.Number, d.Participant)}
		}
		if of[d.Participant] == nil {
			participants = append(participants, d.Participant)
		}
		of[d.Participant] = append(of[d.Participant], d)
	}
	var pause backoff
	for attempt := 1; ; attempt++ {
		batch, ends, err := h.mails(ctx, participants, of)
		if err != nil {
			return err
		}
		if _, err = h.publisher.publish(ctx, batch); err == nil {
			maps.Copy(h.tails.known, ends)
			return nil
		}
		for participant := range ends {
			delete(h.tails.known, participant)
		}
		var refused *jetstream.APIError
		if attempt == deliverAttempts || !errors.As(err, &refused) || refused.ErrorCode != jetstream.JSErrCodeStreamWrongLastSequence ||
			!pause.wait(ctx) {
			return err
		}
	}
}

// mails packs what streams do not hold yet, and says where they end with it.
func (h *Hub) mails(ctx context.Context, participants []string, of map[string][]Delivery) (batch []stored, ends map[string]tail, err error) {
	ends = make(map[string]tail, len(of))
	for _, participant := range participants {
		end, ok := h.tails.known[participant]
		if !ok {
			if end, _, err = h.tail(ctx, participant); err != nil {
				return nil, nil, err
			}
			h.tails.known[participant] = end
		}
		rest := slices.DeleteFunc(slices.Clone(of[participant]), func(d Delivery) bool { return d.Number <= end.number })
		if !slices.IsSortedFunc(rest, func(a, b Delivery) int { return cmp.Compare(a.Number, b.Number) }) {
			return nil, nil, fmt.Errorf("messaging: deliveries to %s are not in order", participant)
		}
		for len(rest) > 0 {
			n := fitting(participant, rest)
			m, err := h.mail(participant, rest[:n], end)
			if err != nil {
				return nil, nil, err
			}
			m.follows = trace.From(ctx)
			batch = append(batch, m)
			end = tail{sequence: end.sequence + 1, number: rest[n-1].Number}
			rest = rest[n:]
		}
		if end != h.tails.known[participant] {
			ends[participant] = end
		}
	}
	return batch, ends, nil
}

// fitting is how many deliveries fit into one message: at least one, which then goes by itself.
func fitting(participant string, deliveries []Delivery) int {
	room, n := mailRoom(participant), 0
	for ; n < min(len(deliveries), MaxParts); n++ {
		if room -= len(deliveries[n].Payload) + mailFrame; room < 0 {
			break
		}
	}
	return max(n, 1)
}

// mail is one message, to be stored behind a stream's end.
func (h *Hub) mail(participant string, parts []Delivery, behind tail) (stored, error) {
	kind, payload := parts[0].Kind, parts[0].Payload
	if len(parts) > 1 {
		kind, payload = PayloadStatus, encodeMail(participant, parts)
	}
	signature, err := h.signer.Sign(kind, payload)
	return stored{
		stream: StreamTo(participant), subject: Subject(kind, participant), payload: payload, signature: signature, key: h.signer.PublicKey(),
		id:     numbered + strconv.FormatInt(parts[len(parts)-1].Number, 10),
		behind: strconv.FormatUint(behind.sequence, 10),
	}, err
}

// LastDelivery reads from a participant's stream which delivery it ends with. found is false where there is none.
// Errors say that the broker or the stream is not there, or that the stream ends with what nobody can read.
func (h *Hub) LastDelivery(ctx context.Context, participant string) (last Delivery, found bool, err error) {
	end, m, err := h.tail(ctx, participant)
	if err != nil || end.number == 0 {
		return Delivery{}, false, err
	}
	last = Delivery{Participant: participant, Kind: kindOf(m.subject), Number: end.number, Payload: m.payload}
	if isMail(participant, m.payload) {
		if last.Kind, last.Payload, err = lastPart(participant, m.payload); err != nil {
			return Delivery{}, false, fmt.Errorf("messaging: the end of stream %s: %w", m.stream, err)
		}
	}
	return last, true, nil
}

// tail asks a participant's stream where it ends, and for the last numbered message.
func (h *Hub) tail(ctx context.Context, participant string) (end tail, m stored, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	stream := StreamTo(participant)
	m, sequence, err := h.get(ctx, stream, `{"last_by_subj":">"}`)
	for looked := 0; err == nil; looked++ {
		end.sequence = max(end.sequence, sequence)
		text, ok := strings.CutPrefix(m.id, numbered)
		if end.number, err = strconv.ParseInt(text, 10, 64); ok && err == nil {
			return end, m, nil
		}
		if looked == mostForeign {
			return tail{}, stored{}, fmt.Errorf("messaging: the end of stream %s: no numbered message among the last %d", stream, looked)
		}
		end.number = 0
		if sequence == 1 {
			return end, stored{}, nil
		}
		m, sequence, err = h.get(ctx, stream, fmt.Sprintf(`{"seq":%d}`, sequence-1))
	}
	if errors.Is(err, jetstream.ErrMsgNotFound) && end.sequence == 0 {
		return tail{}, stored{}, nil
	}
	return tail{}, stored{}, fmt.Errorf("messaging: where stream %s ends (safe to repeat): %w", stream, err)
}
