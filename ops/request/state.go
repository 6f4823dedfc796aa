package request

import "github.com/ayni-switch/ayni/settlement/ledger"

// State is where a request is in its life.
type State string

// The states.
const (
	Waiting  State = "waiting"   // for a second person
	Expired  State = "expired"   // nobody decided on it in time
	Refused  State = "refused"   // by the second person
	UnderWay State = "under_way" // approved, and being done
	NotDone  State = "not_done"  // approved, and refused by whoever was to do it: Fault says why
	Done     State = "done"
)

// StateOf tells where a request is.
func StateOf(r ledger.Request) State {
	switch {
	case r.Done && r.Fault == "":
		return Done
	case r.Done:
		return NotDone
	case r.Approved:
		return UnderWay
	case r.Checker != "":
		return Refused
	case r.Expired:
		return Expired
	default:
		return Waiting
	}
}
