package messaging

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
)

// EncodeIntents packs intents, in order, into payloads for intent.<participant> within the limits.
// The same intents make the same bytes. Errors are *FaultError where an intent is malformed.
func EncodeIntents(participant string, intents []Intent) ([][]byte, error) {
	for n, i := range intents {
		if fault := i.CheckStructure(); fault != nil {
			return nil, fmt.Errorf("messaging: intent %d of %d from %s: %w", n+1, len(intents), participant, fault)
		}
	}
	return pack(intents, MaxIntents, func(part []Intent) any {
		part = slices.Clone(part)
		for n := range part {
			part[n].Deadline = part[n].Deadline.UTC()
		}
		return IntentEnvelope{Version: Version, Participant: participant, Intents: part}
	})
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
		var r rules
		if r.outcome(*o); r.fault != nil {
			return nil, fmt.Errorf("messaging: outcome of transfer %.40q from %s: %w", o.Transfer, participant, r.fault)
		}
	}
	return pack(outcomes, MaxOutcomes, func(part []Outcome) any {
		return OutcomeEnvelope{Version: Version, Participant: participant, Outcomes: part}
	})
}

// EncodePayouts writes m for payout.<participant>, its instructions over as many payloads as the
// limits ask for. Errors are *FaultError where an instruction is malformed.
func EncodePayouts(m PayoutMessage) ([][]byte, error) {
	for _, i := range m.Instructions {
		var r rules
		if r.instruction(i); r.fault != nil {
			return nil, fmt.Errorf("messaging: %s instruction of transfer %.40q to %s: %w", i.Kind, i.Transfer, m.Participant, r.fault)
		}
	}
	m.Version = Version
	return pack(m.Instructions, MaxInstructions, func(part []Instruction) any {
		m.Instructions = part
		return m
	})
}

// EncodeStatuses writes m for status.<participant>: quotes, peers and windows first, then the changes
// over as many payloads as the limits ask for. Errors are *FaultError where something is malformed.
func EncodeStatuses(m StatusMessage) ([][]byte, error) {
	changes := slices.Clone(m.Changes)
	for n := range changes {
		changes[n].Detail = printable(changes[n].Detail, MaxDetailLength)
	}
	m.Version, m.Changes = Version, nil
	var r rules
	r.status(m)
	for _, c := range changes {
		r.change(c)
	}
	if r.fault != nil {
		return nil, fmt.Errorf("messaging: status to %s: %w", m.Participant, r.fault)
	}
	var payloads [][]byte
	if len(m.Quotes)+len(m.Peers)+len(m.Windows) > 0 {
		lists, err := encode(m)
		if err != nil {
			return nil, err
		}
		if len(lists) > MaxEnvelopeBytes {
			return nil, &FaultError{Fault: FaultOversized, Detail: "quotes, peers and windows for " + m.Participant}
		}
		payloads = append(payloads, lists)
	}
	packed, err := pack(changes, MaxChanges, func(part []Change) any {
		return StatusMessage{Version: Version, Participant: m.Participant, Batch: m.Batch, LogIndex: m.LogIndex, Changes: part}
	})
	return append(payloads, packed...), err
}

// pack writes items, in order, into messages of at most most items and MaxEnvelopeBytes.
func pack[T any](items []T, most int, message func([]T) any) ([][]byte, error) {
	var payloads [][]byte
	for len(items) > 0 {
		n := min(most, len(items))
		payload, err := encode(message(items[:n]))
		for err == nil && len(payload) > MaxEnvelopeBytes && n > 1 {
			n /= 2
			payload, err = encode(message(items[:n]))
		}
		if err != nil {
			return nil, err
		}
		if len(payload) > MaxEnvelopeBytes {
			return nil, &FaultError{Fault: FaultOversized, Detail: fmt.Sprintf("one item of %d bytes", len(payload))}
		}
		payloads, items = append(payloads, payload), items[n:]
	}
	return payloads, nil
}

func encode(message any) ([]byte, error) {
	payload, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("messaging: encode %T: %w", message, err)
	}
	return payload, nil
}
