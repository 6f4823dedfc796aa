package verify

import (
	"fmt"
	"sync"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// keyring holds the key that each participant signed with last. Messages are verified ahead of their turn with it,
// and again in their turn should the key have changed meanwhile.
type keyring struct {
	mu        sync.RWMutex
	verifiers map[string]*messaging.Verifier // by participant
}

func (k *keyring) of(participant string) *messaging.Verifier {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.verifiers[participant]
}

// learn takes over the keys that hold after a batch.
func (k *keyring) learn(p *settlement.Participant) error {
	if v := k.of(p.Name); v != nil && v.PublicKey() == p.SigningKey {
		return nil
	}
	verifier, err := messaging.NewVerifier(p.SigningKey)
	if err != nil {
		return fmt.Errorf("signing key of %s: %w", p.Name, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.verifiers == nil {
		k.verifiers = map[string]*messaging.Verifier{}
	}
	k.verifiers[p.Name] = verifier
	return nil
}

// Message is a message of the log, decoded under its sender's key.
type Message struct {
	audit.Message
	Decoded decide.Message
	with    *messaging.Verifier // nil where it was not decoded yet
}

// readMessages reads the inputs and verifies ahead what the keys of the moment allow.
func (b *batch) readMessages(log Log, keys *keyring) error {
	if b.head.Inputs == "" {
		return nil
	}
	text, err := b.blob(log, b.index, b.head.Inputs)
	if err != nil {
		return fmt.Errorf("inputs: %w", err)
	}
	messages, err := audit.ReadMessages(text)
	if err != nil {
		return err
	}
	b.messages = make([]Message, len(messages))
	for i, m := range messages {
		b.messages[i].Message = m
		if v := keys.of(m.Participant); v != nil {
			b.messages[i].decode(v)
		}
	}
	return nil
}

func (h *Message) decode(v *messaging.Verifier) {
	h.Decoded, h.with = decide.DecodeLogged(h.Message, v), v
}

// settle completes the inputs by what stands now: who sent what, and whether under the key that holds.
func (b *batch) settle(state *decide.State, keys *keyring, m *memory) error {
	if err := b.follow(state); err != nil {
		return err
	}
	b.inputs.Known, b.inputs.Finished, b.inputs.Letters, b.inputs.Evidence = m.known, m.finished, m.letters, m.evidence
	for i := range b.messages {
		h := &b.messages[i]
		p := state.Named(h.Participant)
		if h.with == nil || h.with.PublicKey() != p.SigningKey {
			if err := keys.learn(p); err != nil {
				return b.diverged(b.index, "a message of "+p.Name, "a sender with a key", err.Error())
			}
			h.decode(keys.of(p.Name))
		}
		if fault := h.Decoded.Unread(); h.Fault == "" && fault != nil {
			return &DivergedError{
				Index: b.index, Batch: b.head.Batch, What: fmt.Sprintf("message %d of %s", h.Sequence, h.Participant),
				Expected: "a message that reads, under the key of its sender", Found: fault.Error(),
			}
		}
		if state.Bind(&h.Decoded); h.IsLetter {
			key := ledger.LetterKey{Participant: p.ID, Sequence: h.Sequence, Place: h.Letter}
			if buried := m.letters[key].Hash; h.Decoded.Hash != buried {
				return b.diverged(b.index, "dead letter "+h.Participant, fmt.Sprintf("the message %x", buried), fmt.Sprintf("%x", h.Decoded.Hash))
			}
			b.inputs.TakenAgain[key] = h.Decoded
		} else {
			b.inputs.Messages = append(b.inputs.Messages, h.Decoded)
		}
	}
	state.Order(b.inputs.Messages)
	return nil
}

// follow wants messages to be the next ones of their senders' streams: none is left out, taken twice, or taken before its
// time.
func (b *batch) follow(state *decide.State) error {
	read := map[string]uint64{}
	for i := range b.messages {
		h := &b.messages[i]
		p := state.Named(h.Participant)
		if p == nil {
			return b.diverged(b.index, "a message", "a participant's", h.Participant+"'s")
		}
		if h.IsLetter {
			continue
		}
		last, ok := read[p.Name]
		if !ok {
			last = state.ReadTo(p.ID).Sequence
		}
		if h.Sequence != last+1 {
			return b.diverged(b.index, "a message of "+p.Name, fmt.Sprintf("message %d", last+1), fmt.Sprintf("message %d", h.Sequence))
		}
		read[p.Name] = h.Sequence
	}
	return nil
}

// memory is what a ledger would be asked for: every id, how transfers ended, dead letters, used evidence. The
// batches add to it.
type memory struct {
	known    map[ledger.IntentKey]ledger.KnownIntent
	finished map[settlement.TransferID]ledger.FinishedTransfer
	letters  map[ledger.LetterKey]ledger.Letter
	evidence map[ledger.EvidenceKey]ledger.Evidence
}

func newMemory() *memory {
	return &memory{
		known: map[ledger.IntentKey]ledger.KnownIntent{}, finished: map[settlement.TransferID]ledger.FinishedTransfer{},
		letters: map[ledger.LetterKey]ledger.Letter{}, evidence: map[ledger.EvidenceKey]ledger.Evidence{},
	}
}
