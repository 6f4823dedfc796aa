package messaging

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"github.com/go-json-experiment/json"
)

// readIntents reads a payload of intents, or its open line alone, where closed lines come in the order in which they are
// named.
func readIntents(participant string, payload []byte, closed bool) ([]DecodedIntent, bool) {
	r, ok := openParticipants(participant, payload)
	if !ok {
		return nil, false
	}
	return readItems(r, `,"intents":[`, 3, MaxIntents, func(d *DecodedIntent) bool {
		from := r.at
		ok := r.openIntent(d)
		d.Raw = r.payload[from:r.at:r.at]
		if !ok || !closed {
			return ok && r.placeOpen(d) && checkOpenIntent(&d.Intent) == nil
		}
		return r.closedParty(&d.Debtor) && r.closedParty(&d.Creditor) && r.closedNote(&d.Note) && r.placeAll(d) &&
			checkOpenIntent(&d.Intent) == nil && checkClosed(&d.Intent)
	})
}

func readOutcomes(participant string, payload []byte, closed bool) ([]DecodedOutcome, bool) {
	r, ok := openParticipants(participant, payload)
	if !ok {
		return nil, false
	}
	return readItems(r, `,"outcomes":[`, 2, MaxOutcomes, func(d *DecodedOutcome) bool {
		return r.openOutcome(d) && (closed && r.closedText(&d.Text) || !closed && r.none()) &&
			r.place(&d.Transfer, (*string)(&d.Kind), (*string)(&d.State), &d.Amount.Amount, &d.Amount.Currency,
				&d.RailRef, &d.Reason, &d.RailCode, &d.ResolvedBy, &d.RailText) &&
			checkOpenOutcome(&d.Outcome) == nil && checkText(d)
	})
}

// openParticipants reads what a payload of a participant begins with.
func openParticipants(participant string, payload []byte) (*reader, bool) {
	open, closed := Open(payload)
	r := newReader(open)
	r.closed = closed
	return r, len(open) <= MaxOpenBytes && len(payload) <= MaxEnvelopeBytes && r.addressed(openingOpen+`"`, participant)
}

func (r *reader) openIntent(d *DecodedIntent) bool {
	return r.text(`{"id":"`) &&
		r.text(`,"creditor_participant":"`) &&
		r.commitment(`,"debtor":"`, &d.Debtor) &&
		r.commitment(`,"creditor":"`, &d.Creditor) &&
		r.amount(`,"source":`) &&
		r.amount(`,"destination":`) &&
		r.optional(`,"quote":"`) &&
		r.optional(`,"fixed":"`) &&
		r.optional(`,"priority":"`) &&
		r.bundle(&d.Intent) &&
		r.instant(`,"deadline":"`, &d.Intent.Deadline) &&
		r.optionalCommitment(`,"note":"`, &d.Note) &&
		r.skip(`}`)
}

// bundle reads what an intent says of its bundle, where it is a leg of one: few are.
func (r *reader) bundle(i *Intent) bool {
	const before = `,"bundle":`
	if !bytes.HasPrefix(r.payload[r.at:], []byte(before)) {
		return true
	}
	r.at += len(before)
	length := bytes.IndexByte(r.payload[r.at:], '}') + 1
	text := r.payload[r.at : r.at+length]
	i.Bundle = new(Bundle)
	if json.Unmarshal(text, i.Bundle) != nil || !bytes.Equal(appendBundle(nil, i.Bundle), text) {
		return false
	}
	r.at += len(text)
	return true
}

func (r *reader) placeOpen(d *DecodedIntent) bool {
	i := &d.Intent
	return r.place(&i.ID, &i.CreditorParticipant, &i.Source.Amount, &i.Source.Currency,
		&i.Destination.Amount, &i.Destination.Currency, &i.Quote, (*string)(&i.Fixed), (*string)(&i.Priority))
}

func (r *reader) placeAll(d *DecodedIntent) bool {
	i := &d.Intent
	return r.place(&i.ID, &i.CreditorParticipant, &i.Source.Amount, &i.Source.Currency,
		&i.Destination.Amount, &i.Destination.Currency, &i.Quote, (*string)(&i.Fixed), (*string)(&i.Priority),
		&i.Debtor.Name, &i.Debtor.Account, &i.Debtor.Address, &i.Debtor.Country, &i.Debtor.Town,
		&i.Creditor.Name, &i.Creditor.Account, &i.Creditor.Address, &i.Creditor.Country, &i.Creditor.Town,
		&i.Purpose, &i.Reference)
}

func (r *reader) openOutcome(d *DecodedOutcome) bool {
	return r.text(`{"transfer":"`) &&
		r.text(`,"kind":"`) &&
		r.text(`,"state":"`) &&
		r.amount(`,"amount":`) &&
		r.optional(`,"rail_ref":"`) &&
		r.optional(`,"reason":"`) &&
		r.optional(`,"rail_code":"`) &&
		r.optionalCommitment(`,"rail_text":"`, &d.Text) &&
		r.optional(`,"resolved_by":"`) &&
		r.skip(`}`)
}

// commitment reads a commitment, which is not among the strings.
func (r *reader) commitment(before string, c *Closed) bool {
	if !r.skip(before) || len(r.payload)-r.at < commitmentLength {
		return false
	}
	// The decoder reads over line ends, and then has fewer bytes.
	n, err := strictBase64.Decode(c.Commitment[:], r.payload[r.at:r.at+commitmentLength])
	r.at += commitmentLength
	return err == nil && n == len(c.Commitment) && c.Named() && r.skip(`"`)
}

func (r *reader) optionalCommitment(before string, c *Closed) bool {
	return !bytes.HasPrefix(r.payload[r.at:], []byte(before)) || r.commitment(before, c)
}

// closedParty reads a party from its closed line, as closedNote and closedText do what theirs hold.
func (r *reader) closedParty(c *Closed) bool {
	return r.line(c, func() bool {
		return r.text(`{"name":"`) && r.text(`,"account":"`) && r.optional(`,"address":"`) &&
			r.optional(`,"country":"`) && r.optional(`,"town":"`)
	})
}

func (r *reader) closedNote(c *Closed) bool {
	if !c.Named() {
		r.none() // no purpose
		return r.none()
	}
	return r.line(c, func() bool {
		if r.skip(`{"purpose":"`) {
			return r.value() && r.optional(`,"reference":"`)
		}
		return r.none() && r.text(`{"reference":"`)
	})
}

func (r *reader) closedText(c *Closed) bool {
	if !c.Named() {
		return r.none()
	}
	return r.line(c, func() bool { return r.text(`{"rail_text":"`) })
}

// line takes the next closed line, if it is the one that is named, and has its members before the salt read.
func (r *reader) line(c *Closed, members func() bool) bool {
	line, rest := Open(r.closed)
	if len(line) > MaxClosedLineBytes || sha256.Sum256(line) != c.Commitment {
		return false
	}
	payload, at := r.payload, r.at
	r.payload, r.at = line, 0
	ok := members() && r.skip(`,"salt":"`) && len(line)-r.at == saltLength+len(`"}`) &&
		validSalt(string(line[r.at:r.at+saltLength])) && string(line[r.at+saltLength:]) == `"}`
	r.payload, r.at, r.closed = payload, at, rest
	c.Line = slices.Clip(line)
	return ok
}

// checkText tells whether the text that came closed is sound, where one is named.
func checkText(d *DecodedOutcome) bool {
	var r rules
	r.text("rail_text", d.RailText, MaxRailTextLength)
	return r.fault == nil && (d.RailText != "" || d.Text.Line == nil)
}

// checkClosed tells whether what came closed is sound.
func checkClosed(i *Intent) bool {
	r := rules{closed: true}
	r.party("debtor", &i.Debtor)
	r.party("creditor", &i.Creditor)
	r.text("purpose", i.Purpose, MaxPurposeLength)
	r.text("reference", i.Reference, MaxReferenceLength)
	return r.fault == nil
}
