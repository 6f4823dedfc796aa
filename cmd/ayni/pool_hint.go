package main

import (
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/pool"
)

// hints say what to do about a refusal, by fault or by problem.
var hints = map[string]string{
	string(decide.FaultVersion):    "the rules changed: read \"ayni pool charter show\" and say it again",
	string(decide.FaultNotFounded): "every founder says \"ayni pool agree\" first",
	string(decide.FaultStranger):   "ask a member for an invitation, then \"ayni pool join CODE\"",
	string(decide.FaultSignature):  "--device names your newest key",
	string(decide.FaultRole):       "\"ayni pool charter show\" says who may, \"ayni pool members\" who they are",
	string(decide.FaultNotEnough):  "\"ayni pool book\" shows what is there",
	string(decide.FaultLimit):      "\"ayni pool charter show\" says the limits",
	string(decide.FaultChanged):    "read it again, and sign what it says now",
	string(decide.FaultConflict):   "somebody else has to",
	string(decide.FaultUnknown):    "look for the right name with \"ayni pool proposals\", \"members\" or \"board list\"",
	string(decide.FaultExpired):    "set the clock of this machine, or propose it anew",
	string(decide.FaultStanding):   "\"ayni pool members\" shows your standing, and \"ayni pool appeal\" is open to you",
	"stale":                        "set the clock of this machine",
	"not_shown":                    "\"ayni pool charter show\" says what is shown to whom",
	"too_fast":                     "wait a minute",
	"closed_value":                 "give what the act names with it",
}

// refusedAs is a refusal as an error, with what to do.
func refusedAs(answer decide.Answer) error {
	return exit.As(exit.Refused, hint(string(answer.Fault), fmt.Errorf("refused: %s: %s (entry %d of the log)", answer.Fault, answer.Detail, answer.Index)))
}

// hinted adds to a problem what to do.
func hinted(err error) error {
	if p, ok := errors.AsType[*pool.Problem](err); ok {
		return hint(p.Name(), err)
	}
	return err
}

func hint(about string, err error) error {
	if do, known := hints[about]; known {
		return fmt.Errorf("%w; %s", err, do)
	}
	return err
}
