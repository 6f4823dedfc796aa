package request

import (
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// maxSigned bounds a name in the body of a command, in bytes: what the engine takes of all that have one. The command
// itself names both people in full.
const maxSigned = 100

// signed is the body of a command as the engine is given it: with the names of the two people where it has them.
func (c Command) signed(r ledger.Request) (jsontext.Value, error) {
	maker, checker := ending(r.Maker), ending(r.Checker)
	switch c.Kind {
	case settlement.CommandHold:
		return altered(c.Body, func(h *settlement.Hold) { h.By = maker })
	case settlement.CommandRelease, settlement.CommandRefuse:
		return altered(c.Body, func(v *settlement.Verdict) { v.AskedBy, v.ApprovedBy = maker, checker })
	case settlement.CommandReplayLetter:
		return altered(c.Body, func(l *settlement.ReplayLetter) { l.Asker = maker })
	default:
		return c.Body, nil
	}
}

// because fills the reason in where a command has one and it is missing.
func because(of settlement.CommandKind, body jsontext.Value, reason string) (jsontext.Value, error) {
	orReason := func(why *string) {
		if *why == "" {
			*why = reason
		}
	}
	switch of {
	case settlement.CommandHold:
		return altered(body, func(h *settlement.Hold) { orReason(&h.Reason) })
	case settlement.CommandRelease, settlement.CommandRefuse:
		return altered(body, func(v *settlement.Verdict) { orReason(&v.Reason) })
	case settlement.CommandReplayLetter:
		return altered(body, func(l *settlement.ReplayLetter) { orReason(&l.Reason) })
	case settlement.CommandCloseWindow:
		return altered(body, func(w *settlement.CloseWindow) { orReason(&w.Reason) })
	default:
		return body, nil
	}
}

// altered is a body with something filled in.
func altered[T any](body jsontext.Value, fill func(*T)) (jsontext.Value, error) {
	var of T
	if err := json.Unmarshal(body, &of, json.RejectUnknownMembers(true)); err != nil {
		return nil, err
	}
	fill(&of)
	return json.Marshal(of, json.Deterministic(true))
}

// ending is the end of a name, where names of one issuer differ.
func ending(name string) string {
	for len(name) > maxSigned {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:]
	}
	return name
}
