package messaging

import (
	"bytes"
	"strconv"
	"time"
)

// reader reads what the encoders of this package write, to the byte, and nothing else. It has no say:
// of what it does not know it only says so, and the strict decoder decides. What it does read has the
// same value there, for it knows one way to write each value and holds it against the same rules.
//
// Almost every payload is of this kind. The strict decoder passes over each byte several times and makes
// each string by itself; this one takes a tenth of its time.
type reader struct {
	payload []byte
	at      int    // what is before has been read
	closed  []byte // closed lines that have not been read
	strings []byte // of the item that is being read, one after the other
	ends    []int  // where each ends
}

// open reads what a payload of the switch begins with.
func open(participant string, payload []byte) (*reader, bool) {
	r := newReader(payload)
	return r, len(payload) <= MaxEnvelopeBytes && r.addressed(opening+`"`, participant)
}

func newReader(payload []byte) *reader {
	return &reader{payload: payload, strings: make([]byte, 0, 1024), ends: make([]int, 0, 24)}
}

func (r *reader) addressed(opening, participant string) bool {
	return ValidParticipant(participant) && r.skip(opening) && r.skip(participant) && r.skip(`"`)
}

func readPayout(participant string, payload []byte) (*PayoutMessage, bool) {
	m := PayoutMessage{Version: Version, Participant: participant}
	r, ok := open(participant, payload)
	if !ok || !r.decision(&m.Batch, &m.LogIndex) {
		return nil, false
	}
	m.Instructions, ok = readItems(r, `,"instructions":[`, 4, MaxInstructions, r.instruction)
	return &m, ok
}

func readStatus(participant string, payload []byte) (*StatusMessage, bool) {
	m := StatusMessage{Version: Version, Participant: participant}
	r, ok := open(participant, payload)
	if !ok || !r.decision(&m.Batch, &m.LogIndex) {
		return nil, false
	}
	m.Changes, ok = readItems(r, `,"changes":[`, 1, MaxChanges, r.change)
	return &m, ok
}

// readItems reads the list that a payload ends with: one to most items. Each is written with so many
// objects, itself and its parties and amounts, which tells how many items there can be.
func readItems[T any](r *reader, before string, objects, most int, read func(*T) bool) ([]T, bool) {
	if !r.skip(before) {
		return nil, false
	}
	items := make([]T, min(most, bytes.Count(r.payload[r.at:], []byte("{"))/objects))
	for n := range items {
		if !read(&items[n]) {
			return nil, false
		}
		if !r.skip(",") {
			return items[:n+1], r.skip("]}") && r.at == len(r.payload)
		}
	}
	return nil, false
}

func (r *reader) instruction(i *Instruction) bool {
	return r.text(`{"transfer":"`) &&
		r.text(`,"kind":"`) &&
		r.text(`,"intent":"`) &&
		r.amount(`,"amount":`) &&
		r.party(`,"debtor":`) &&
		r.party(`,"creditor":`) &&
		r.text(`,"counterparty":"`) &&
		r.optional(`,"reference":"`) &&
		r.optional(`,"reason":"`) &&
		r.end(&i.Transfer, (*string)(&i.Kind), &i.Intent, &i.Amount.Amount, &i.Amount.Currency,
			&i.Debtor.Name, &i.Debtor.Account, &i.Debtor.Address, &i.Debtor.Country, &i.Debtor.Town,
			&i.Creditor.Name, &i.Creditor.Account, &i.Creditor.Address, &i.Creditor.Country, &i.Creditor.Town,
			&i.Counterparty, &i.Reference, &i.Reason) &&
		checkInstruction(i) == nil
}

func (r *reader) change(c *Change) bool {
	return r.text(`{"intent":"`) &&
		r.optional(`,"transfer":"`) &&
		r.text(`,"state":"`) &&
		r.optional(`,"fault":"`) &&
		r.optional(`,"reason":"`) &&
		r.optional(`,"detail":"`) &&
		r.end(&c.Intent, &c.Transfer, (*string)(&c.State), (*string)(&c.Fault), &c.Reason, &c.Detail) &&
		checkChange(c) == nil
}

func (r *reader) party(before string) bool {
	return r.skip(before) && r.text(`{"name":"`) && r.text(`,"account":"`) && r.optional(`,"address":"`) &&
		r.optional(`,"country":"`) && r.optional(`,"town":"`) && r.skip(`}`)
}

func (r *reader) amount(before string) bool {
	return r.skip(before) && r.text(`{"amount":"`) && r.text(`,"currency":"`) && r.skip(`}`)
}

func (r *reader) decision(batch, logIndex *int64) bool {
	return r.number(`,"batch":`, batch) && r.number(`,"log_index":`, logIndex)
}

// skip reads exactly this.
func (r *reader) skip(literal string) bool {
	end := r.at + len(literal)
	if end > len(r.payload) || string(r.payload[r.at:end]) != literal {
		return false
	}
	r.at = end
	return true
}

// text reads a string that comes after before, which ends with the opening quote.
func (r *reader) text(before string) bool { return r.skip(before) && r.value() }

// optional reads a string where there is one.
func (r *reader) optional(before string) bool {
	if r.skip(before) {
		return r.value()
	}
	return r.none()
}

// none is a string that is not there.
func (r *reader) none() bool {
	r.ends = append(r.ends, len(r.strings))
	return true
}

// value reads a string to its closing quote.
func (r *reader) value() bool {
	rest := r.payload[r.at:]
	length := bytes.IndexByte(rest, '"')
	if length < 0 {
		return false
	}
	if bytes.IndexByte(rest[:length], '\\') >= 0 {
		return r.escaped()
	}
	r.strings = append(r.strings, rest[:length]...)
	r.ends = append(r.ends, len(r.strings))
	r.at += length + len(`"`)
	return true
}

// escaped reads a string with the only escapes that a text needs which passes the rules.
func (r *reader) escaped() bool {
	for ; r.at < len(r.payload); r.at++ {
		switch r.payload[r.at] {
		case '"':
			r.ends = append(r.ends, len(r.strings))
			r.at++
			return true
		case '\\':
			if r.at++; r.at == len(r.payload) || r.payload[r.at] != '"' && r.payload[r.at] != '\\' {
				return false
			}
		}
		r.strings = append(r.strings, r.payload[r.at])
	}
	return false
}

// instant reads an RFC 3339 time in UTC.
func (r *reader) instant(before string, at *time.Time) bool {
	if !r.skip(before) {
		return false
	}
	const shortest, longest = len("2006-01-02T15:04:05Z"), len("2006-01-02T15:04:05.999999999Z")
	length := bytes.IndexByte(r.payload[r.at:min(len(r.payload), r.at+longest+1)], '"')
	if length < shortest {
		return false
	}
	text := r.payload[r.at : r.at+length]
	r.at += length + len(`"`)
	// Package time reads more than RFC 3339 has: hours of one digit and commas before the fraction.
	return text[len("2006-01-02T3")] != ':' && text[len("2006-01-02T15:04:05")] != ',' && text[length-1] == 'Z' &&
		at.UnmarshalText(text) == nil
}

// number reads an integer that is not negative.
func (r *reader) number(before string, n *int64) bool {
	if !r.skip(before) {
		return false
	}
	from := r.at
	for r.at < len(r.payload) && classOf[r.payload[r.at]] == digit {
		r.at++
	}
	digits := string(r.payload[from:r.at])
	if len(digits) > 1 && digits[0] == '0' {
		return false
	}
	var err error
	*n, err = strconv.ParseInt(digits, 10, 64)
	return err == nil
}

// end reads the end of an item and puts its strings where they belong.
func (r *reader) end(texts ...*string) bool { return r.skip(`}`) && r.place(texts...) }

// place puts the strings of an item where they belong, in the order in which they came.
// They share memory of their own: an item may be kept for days, and must keep neither the payload nor
// its neighbours.
func (r *reader) place(texts ...*string) bool {
	if len(r.ends) != len(texts) {
		return false
	}
	all, from := string(r.strings), 0
	for n, end := range r.ends {
		*texts[n], from = all[from:end], end
	}
	r.strings, r.ends = r.strings[:0], r.ends[:0]
	return true
}
