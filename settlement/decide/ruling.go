package decide

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// rule carries out a command that holds until another of its kind and subject comes.
func rule[T any](d *decision, c settlement.Command, set func(T) (subject, fault string)) (string, error) {
	return read(c, func(body T) (string, error) {
		subject, fault := set(body)
		if fault == "" {
			d.batch.Rules = append(d.batch.Rules, ledger.Rule{Kind: c.Kind, Subject: subject, Command: c.ID, Body: c.Body})
		}
		return fault, nil
	})
}

// restoreRules takes up the rules in force, in the order in which they were ruled.
func (s *State) restoreRules(rules []ledger.Rule) error {
	for _, r := range rules {
		var err error
		switch r.Kind {
		case settlement.CommandPatience:
			err = restoreRule(r, s.setPatience)
		case settlement.CommandScreen:
			err = restoreRule(r, s.setScreen)
		case settlement.CommandGross:
			err = restoreRule(r, s.setGross)
		case settlement.CommandHours:
			err = restoreRule(r, s.setHours)
		case settlement.CommandLimits:
			err = restoreRule(r, s.setLimits)
		case settlement.CommandTravelRule:
			err = restoreRule(r, s.setTravelRule)
		case settlement.CommandWitnesses:
			err = restoreRule(r, s.restoreWitnesses)
		default:
			err = errors.New("no such rule")
		}
		if err != nil {
			return fmt.Errorf("engine: rule %s of command %d no longer reads: %w", r.Kind, r.Command, err)
		}
	}
	return nil
}

func restoreRule[T any](r ledger.Rule, set func(T)) error {
	var body T
	if err := json.Unmarshal(r.Body, &body, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	set(body)
	return nil
}
