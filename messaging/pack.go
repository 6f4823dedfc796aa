package messaging

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// EncodeIntents packs intents, in order, into payloads for intent.<participant> within the limits.
// The same intents and Salter make the same bytes. Errors are *FaultError where an intent is malformed.
func EncodeIntents(participant string, intents []Intent, s *Salter) ([][]byte, error) {
	for n := range intents {
		fault := checkIntent(&intents[n])
		if year := intents[n].Deadline.UTC().Year(); fault == nil && (year < 0 || year > 9999) {
			fault = &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf("deadline: RFC 3339 has no year %d", year)}
		}
		if fault != nil {
			return nil, fmt.Errorf("messaging: intent %d of %d from %s: %w", n+1, len(intents), participant, fault)
		}
	}
	return packClosing(s, func(c *closing) ([][]byte, error) {
		return pack(openingOpen, participant, `,"intents":[`, intents, MaxIntents, c.intent, &c.lines)
	})
}

// EncodeOutcomes packs outcomes, in order, into payloads for outcome.<participant> within the limits.
// Texts of the rail are made to fit. Errors are *FaultError where an outcome is malformed.
func EncodeOutcomes(participant string, outcomes []Outcome, s *Salter) ([][]byte, error) {
	outcomes = slices.Clone(outcomes)
	for n := range outcomes {
		o := &outcomes[n]
		o.RailRef = railRefForm.fit(o.RailRef)
		o.RailCode = railCodeForm.fit(o.RailCode)
		o.RailText = printable(o.RailText, MaxRailTextLength)
		if fault := checkOpenOutcome(o); fault != nil {
			return nil, fmt.Errorf("messaging: outcome of transfer %.40q from %s: %w", o.Transfer, participant, fault)
		}
	}
	return packClosing(s, func(c *closing) ([][]byte, error) {
		return pack(openingOpen, participant, `,"outcomes":[`, outcomes, MaxOutcomes, c.outcome, &c.lines)
	})
}

// EncodePayouts writes m for payout.<participant>, its instructions over as many payloads as the
// limits ask for. Errors are *FaultError where an instruction is malformed.
func EncodePayouts(m PayoutMessage) ([][]byte, error) {
	for n := range m.Instructions {
		i := &m.Instructions[n]
		if fault := checkInstruction(i); fault != nil {
			return nil, fmt.Errorf("messaging: %s instruction of transfer %.40q to %s: %w", i.Kind, i.Transfer, m.Participant, fault)
		}
	}
	before := decision(m.Batch, m.LogIndex) + `,"instructions":[`
	return pack(opening, m.Participant, before, m.Instructions, MaxInstructions, appendInstruction, new([]byte))
}

// EncodeStatuses writes m for status.<participant>: quotes, peers, windows, fees and recalls first, then the changes
// over as many payloads as the limits ask for. Errors are *FaultError where something is malformed.
func EncodeStatuses(m StatusMessage) ([][]byte, error) {
	changes := slices.Clone(m.Changes)
	for n := range changes {
		changes[n].Detail = printable(changes[n].Detail, MaxDetailLength)
	}
	m.Version, m.Changes = Version, nil
	var r rules
	r.status(&m)
	for n := range changes {
		r.item(checkChange(&changes[n]))
	}
	if r.fault != nil {
		return nil, fmt.Errorf("messaging: status to %s: %w", m.Participant, r.fault)
	}
	var payloads [][]byte
	if len(m.Quotes)+len(m.Peers)+len(m.Windows)+len(m.Fees)+len(m.Recalls)+len(m.Liquidity)+len(m.Settlements) > 0 {
		lists, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("messaging: status to %s: %w", m.Participant, err)
		}
		if len(lists) > MaxEnvelopeBytes {
			return nil, &FaultError{Fault: FaultOversized, Detail: "quotes, peers, windows, fees and recalls for " + m.Participant}
		}
		payloads = append(payloads, lists)
	}
	before := decision(m.Batch, m.LogIndex) + `,"changes":[`
	packed, err := pack(opening, m.Participant, before, changes, MaxChanges, appendChange, new([]byte))
	return append(payloads, packed...), err
}

// decision writes where in the log a message of the switch stands.
func decision(batch, logIndex int64) string {
	return fmt.Sprintf(`,"batch":%d,"log_index":%d`, batch, logIndex)
}

// packClosing lends what closes items.
func packClosing(s *Salter, with func(*closing) ([][]byte, error)) (payloads [][]byte, err error) {
	withScratch(func(lines []byte) []byte {
		c := closing{salts: s.salts(), lines: lines}
		payloads, err = with(&c)
		return c.lines
	})
	return payloads, err
}

// pack writes items, in order, into payloads of at most most items and MaxEnvelopeBytes, each of them
// with the participant and what comes before its items. Each takes as many as fit. appendItem adds its closed lines to
// lines.
func pack[T any](
	opening, participant, before string, items []T, most int, appendItem func([]byte, *T) []byte, lines *[]byte,
) (payloads [][]byte, err error) {
	if len(items) == 0 {
		return nil, nil
	}
	head, err := jsontext.AppendQuote([]byte(opening), participant) // a name that nobody has checked
	if err != nil {
		return nil, fmt.Errorf("messaging: participant %.40q: %w", participant, err)
	}
	head = append(head, before...)
	withScratch(func(b []byte) []byte {
		for len(items) > 0 {
			b, *lines = append(b[:0], head...), (*lines)[:0]
			n, end, closed := 0, 0, 0
			for ; n < min(most, len(items)); n++ {
				if n > 0 {
					b = append(b, ',')
				}
				if b = appendItem(b, &items[n]); len(b)+len("]}")+len(*lines) > MaxEnvelopeBytes {
					break
				}
				end, closed = len(b), len(*lines)
			}
			if n == 0 {
				payloads, err = nil, &FaultError{Fault: FaultOversized, Detail: fmt.Sprintf("one item of %d bytes", len(b)+len("]}")+len(*lines))}
				return b
			}
			payloads, items = append(payloads, slices.Concat(b[:end], []byte("]}"), (*lines)[:closed])), items[n:]
		}
		return b
	})
	return payloads, err
}
