package messaging

import (
	"bytes"
	"crypto/sha256"
	"fmt"
)

// What a participant signs can be published: a payload's first line, the open line, holds no personal data. In the
// place of what is personal it has commitments, each the SHA-256 of a closed line. The closed lines, JSON objects with a
// salt, come behind it in the same payload; who must not see them, or may not any more, still verifies the rest.

// Closed is what an open line says of a closed one, and the closed line itself.
type Closed struct {
	Commitment [sha256.Size]byte // SHA-256 of the line; zero where none is named
	Line       []byte            // its exact bytes, a part of the payload; nil where it is missing, is not sound or was not looked for
}

// Named tells whether an open line names c.
func (c *Closed) Named() bool { return c.Commitment != [sha256.Size]byte{} }

// Open cuts a payload of a participant behind its open line: what is signed, without the line feed, and the
// closed lines, nil where there are none.
func Open(payload []byte) (open, closed []byte) {
	open, closed, _ = bytes.Cut(payload, []byte{'\n'})
	return open, closed
}

// commitment reads the text of a commitment.
func (r *rules) commitment(where, text string, into *[sha256.Size]byte) {
	var decoded [sha256.Size]byte
	if len(text) == commitmentLength {
		if n, err := strictBase64.Decode(decoded[:], []byte(text)); err == nil && n == len(decoded) {
			*into = decoded
			return
		}
	}
	r.fail(where, "no SHA-256 in %d characters of base64url", commitmentLength)
}

// checkOpenIntent checks what an open line says of an intent, but for the commitments.
func checkOpenIntent(i *Intent) *FaultError {
	var r rules
	r.form("id", i.ID, idForm)
	r.form("creditor_participant", i.CreditorParticipant, participantName)
	r.order(i)
	return r.fault
}

// checkOpenOutcome checks what an open line says of an outcome, but for the commitment.
func checkOpenOutcome(o *Outcome) *FaultError {
	var r rules
	r.result(o)
	r.amount("amount", o.Amount)
	r.optional("rail_ref", o.RailRef, railRefForm)
	r.optional("reason", o.Reason, reasonForm)
	r.optional("rail_code", o.RailCode, railCodeForm)
	r.resolved(o)
	return r.fault
}

// checkSize tells a payload that is over the limit for its closed lines: who has the open line alone cannot know.
func checkSize(payload []byte) error {
	if len(payload) > MaxEnvelopeBytes {
		return &FaultError{Fault: FaultOversized, Detail: fmt.Sprintf("%d bytes, at most %d", len(payload), MaxEnvelopeBytes), Closed: true}
	}
	return nil
}
