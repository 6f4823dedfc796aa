package messaging

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// EncodeIntents packs intents, in order, into payloads for intent.<participant> within the limits.
// The same intents make the same bytes. Errors are *FaultError where an intent is malformed.
func EncodeIntents(participant string, intents []Intent) ([][]byte, error) {
	for n := range intents {
		fault := checkIntent(&intents[n])
		if year := intents[n].Deadline.UTC().Year(); fault == nil && (year < 0 || year > 9999) {
			fault = &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf("deadline: RFC 3339 has no year %d", year)}
		}
		if fault != nil {
			return nil, fmt.Errorf("messaging: intent %d of %d from %s: %w", n+1, len(intents), participant, fault)
		}
	}
	return pack(participant, `,"intents":[`, intents, MaxIntents, appendIntent)
}

// EncodeOutcomes packs outcomes, in order, into payloads for outcome.<participant> within the limits.
// Texts of the rail are made to fit. Errors are *FaultError where an outcome is malformed.
func EncodeOutcomes(participant string, outcomes []Outcome) ([][]byte, error) {
	outcomes = slices.Clone(outcomes)
	for n := range outcomes {
		o := &outcomes[n]
		o.RailRef = printable(o.RailRef, MaxReferenceLength)
		o.RailCode = printable(o.RailCode, MaxRailCodeLength)
		o.RailText = printable(o.RailText, MaxRailTextLength)
		if fault := checkOutcome(o); fault != nil {
			return nil, fmt.Errorf("messaging: outcome of transfer %.40q from %s: %w", o.Transfer, participant, fault)
		}
	}
	return pack(participant, `,"outcomes":[`, outcomes, MaxOutcomes, appendOutcome)
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
	return pack(m.Participant, decision(m.Batch, m.LogIndex)+`,"instructions":[`, m.Instructions, MaxInstructions, appendInstruction)
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
	packed, err := pack(m.Participant, decision(m.Batch, m.LogIndex)+`,"changes":[`, changes, MaxChanges, appendChange)
	return append(payloads, packed...), err
}

// decision writes where in the log a message of the switch stands.
func decision(batch, logIndex int64) string {
	return fmt.Sprintf(`,"batch":%d,"log_index":%d`, batch, logIndex)
}

// pack writes items, in order, into payloads of at most most items and MaxEnvelopeBytes, each of them
// with the participant and what comes before its items. Each takes as many as fit.
func pack[T any](participant, before string, items []T, most int, appendItem func([]byte, *T) []byte) (payloads [][]byte, err error) {
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
			b = append(b[:0], head...)
			n, end := 0, 0
			for ; n < min(most, len(items)); n++ {
				if n > 0 {
					b = append(b, ',')
				}
				if b = appendItem(b, &items[n]); len(b)+len("]}") > MaxEnvelopeBytes {
					break
				}
				end = len(b)
			}
			if n == 0 {
				payloads, err = nil, &FaultError{Fault: FaultOversized, Detail: fmt.Sprintf("one item of %d bytes", len(b)+len("]}"))}
				return b
			}
			payloads, items = append(payloads, slices.Concat(b[:end], []byte("]}"))), items[n:]
		}
		return b
	})
	return payloads, err
}
