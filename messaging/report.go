package messaging

// DecodedOutcome is one outcome of an envelope. RailText is empty where its closed line is missing or not sound.
type DecodedOutcome struct {
	Outcome

	Text Closed // what the rail said
}

// DecodeReport reads the payload of outcome.<participant>: outcomes, and what the participant says of its rail, nil
// where it says nothing. Errors are *FaultError.
func DecodeReport(participant string, payload []byte) ([]DecodedOutcome, *RailHealth, error) {
	if outcomes, ok := readOutcomes(participant, payload, true); ok {
		return outcomes, nil, nil
	}
	return decodeReport(participant, payload)
}

func decodeReport(participant string, payload []byte) ([]DecodedOutcome, *RailHealth, error) {
	open, closed := Open(payload)
	outcomes, rail, err := decodeOpenReport(participant, open)
	if err == nil {
		err = checkSize(payload)
	}
	if err != nil {
		return nil, nil, err
	}
	lines := indexLines(closed)
	for n := range outcomes {
		lines.outcome(&outcomes[n])
	}
	return outcomes, rail, nil
}

// DecodeOutcomes is DecodeReport without the closed lines and the participant's word of its rail, which is checked and
// left out.
func DecodeOutcomes(participant string, payload []byte) ([]Outcome, error) {
	decoded, _, err := DecodeReport(participant, payload)
	if err != nil {
		return nil, err
	}
	outcomes := make([]Outcome, len(decoded))
	for n := range decoded {
		outcomes[n] = decoded[n].Outcome
	}
	return outcomes, nil
}

// DecodeOpenReport reads an open line of outcome.<participant> for who has no more of it: without the texts, with the faults
// of DecodeReport that are not Closed. What is behind an open line is not looked at.
func DecodeOpenReport(participant string, open []byte) ([]DecodedOutcome, *RailHealth, error) {
	open, _ = Open(open)
	if outcomes, ok := readOutcomes(participant, open, false); ok {
		return outcomes, nil, nil
	}
	return decodeOpenReport(participant, open)
}

func decodeOpenReport(participant string, open []byte) ([]DecodedOutcome, *RailHealth, error) {
	var envelope OutcomeEnvelope // where rail_text is a commitment
	if err := decodeVersion(VersionOpen, MaxOpenBytes, participant, open, &envelope, &envelope.Version, &envelope.Participant); err != nil {
		return nil, nil, err
	}
	var r rules
	r.report(envelope.Outcomes == nil, len(envelope.Outcomes), envelope.Rail)
	outcomes := make([]DecodedOutcome, len(envelope.Outcomes))
	for n := range envelope.Outcomes {
		o := &outcomes[n]
		o.Outcome = envelope.Outcomes[n]
		if r.item(checkOpenOutcome(&o.Outcome)); o.RailText != "" {
			r.commitment("rail_text", o.RailText, &o.Text.Commitment)
		}
		o.RailText = ""
	}
	if r.fault != nil {
		return nil, nil, r.fault
	}
	return outcomes, envelope.Rail, nil
}

// report checks how many outcomes there are, and what is said of the rail.
func (r *rules) report(missing bool, outcomes int, rail *RailHealth) {
	least := 1
	if rail != nil {
		r.health(rail)
		least = 0
	}
	if missing {
		r.fail("outcomes", "missing")
	}
	r.count("outcomes", outcomes, least, MaxOutcomes)
}
