package decide

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ayni-switch/ayni/adapters/pool/book"
)

// Fault is the typed reason why something is refused.
type Fault string

// The faults. Those of one capability stand beside it.
const (
	FaultForm        Fault = "malformed"
	FaultSignature   Fault = "bad_signature"
	FaultStranger    Fault = "not_a_member"
	FaultOtherPool   Fault = "another_pools"
	FaultExpired     Fault = "expired"
	FaultTooLong     Fault = "expires_too_late"
	FaultVersion     Fault = "other_version"     // signed under rules that are not in force
	FaultOtherBytes  Fault = "same_id_otherwise" // an id that belongs to another act
	FaultKind        Fault = "unknown_kind"
	FaultNotFounded  Fault = "not_founded"
	FaultStanding    Fault = "not_in_good_standing"
	FaultRole        Fault = "not_the_role"
	FaultUnknown     Fault = "unknown"
	FaultNotNow      Fault = "not_now"
	FaultAlready     Fault = "already"
	FaultConflict    Fault = "conflict_of_interest"
	FaultRules       Fault = "against_the_rules"
	FaultLimit       Fault = "over_a_limit"
	FaultNotEnough   Fault = "not_enough"
	FaultRate        Fault = "rate_beyond_bound"
	FaultChanged     Fault = "not_what_was_signed"
	FaultTooMany     Fault = "too_many"
	FaultCommitments Fault = "no_commitment"
)

// Refusal says why an input was refused. Retry tells whether the same may succeed later.
type Refusal struct { //nolint:errname // an answer before it is an error
	Fault  Fault
	Detail string
	Retry  bool
}

func (r *Refusal) Error() string { return fmt.Sprintf("pool: %s: %s", r.Fault, r.Detail) }

func refuse(fault Fault, format string, args ...any) *Refusal {
	return &Refusal{Fault: fault, Detail: shorten(fmt.Sprintf(format, args...), maxDetail)}
}

// maxDetail is how many bytes a refusal has for people: what is refused may stand in it, whatever it is.
const maxDetail = 800

// shorten cuts a text to what a line may carry of it.
func shorten(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// later is refuse of what may succeed later.
func later(fault Fault, format string, args ...any) *Refusal {
	refused := refuse(fault, format, args...)
	refused.Retry = true
	return refused
}

// unbooked is why postings cannot be booked.
func unbooked(err error) *Refusal {
	if wrong, ok := errors.AsType[*book.Error](err); ok && wrong.Fault == book.NotEnough {
		return later(FaultNotEnough, "%s holds less than %d %s", wrong.Posting.From, wrong.Posting.AmountMinor, wrong.Posting.Unit)
	}
	return refuse(FaultLimit, "%v", err)
}

// InputError says that an input cannot be decided, so that the log does not have it. It is the node's own mistake,
// or a stranger's who says too much.
type InputError struct{ Detail string }

func (e *InputError) Error() string { return "pool: input: " + e.Detail }
