package messaging

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/messaging/trace"
)

// Position is how far a stream has been read. The zero value is its beginning.
type Position struct {
	StreamCreated time.Time // UTC, whole microseconds: what PostgreSQL keeps
	Sequence      uint64    // of the last message read
	Hash          [32]byte  // of that message
}

// Received is a message as the stream holds it: nothing in it has been checked, the signature neither.
type Received struct {
	Participant   string // whose stream it was on
	Kind          PayloadKind
	Sequence      uint64
	StreamCreated time.Time // as in Position
	Time          time.Time // when the stream stored it, by the broker's clock
	Payload       []byte
	Signature     string // HeaderSignature, "" where it is missing or cannot be one
	Key           string // HeaderKey: what the sender claims, no evidence
	Hash          [32]byte
	Follows       trace.Context // what its header says that it follows: not signed, not kept, and nothing is decided by it
}

// Position returns the position after r.
func (r Received) Position() Position {
	return Position{StreamCreated: r.StreamCreated, Sequence: r.Sequence, Hash: r.Hash}
}

// MessageHash is SHA-256 of a participant's open line and signature: the Hash of Received and Position. It holds when
// closed lines are erased.
func MessageHash(payload []byte, signature string) [32]byte {
	open, _ := Open(payload)
	return hashOf(open, signature)
}

func hashOf(payload []byte, signature string) (hash [32]byte) {
	var text [128]byte // more than a signature takes: without it, it would be copied to the heap
	h := sha256.New()
	h.Write(payload)
	h.Write(append(text[:0], signature...))
	h.Sum(hash[:0])
	return hash
}

// Outgoing is one message from the switch.
type Outgoing struct {
	Participant string // to whom; "" for the log
	Kind        PayloadKind
	ID          string // names the message for ever: published again it is stored once
	Payload     []byte
}

// BackwardsError says that a stream does not hold what was read from it before: it was lost, made
// anew or changed. Retrying cannot help; reading on would skip or repeat.
type BackwardsError struct {
	Stream   string
	Position Position // what was read before
	Found    string   // what the stream says now
}

func (e *BackwardsError) Error() string {
	return fmt.Sprintf("messaging: stream %s went backwards: read up to %d of the stream created %s, found %s",
		e.Stream, e.Position.Sequence, e.Position.StreamCreated.Format(time.RFC3339Nano), e.Found)
}

// DuplicateError says that a stream already holds another payload under the same id.
// Retrying is refused again.
type DuplicateError struct {
	Stream   string
	ID       string
	Sequence uint64 // where the other payload is
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("messaging: stream %s holds another payload under id %q at %d", e.Stream, e.ID, e.Sequence)
}

// PublishError says that a message may not be stored. Publishing the same again is safe: what was
// stored already is stored once.
type PublishError struct {
	Stream string
	ID     string
	Err    error
}

func (e *PublishError) Error() string {
	return fmt.Sprintf("messaging: publish %q to stream %s (safe to repeat): %v", e.ID, e.Stream, e.Err)
}

func (e *PublishError) Unwrap() error { return e.Err }
