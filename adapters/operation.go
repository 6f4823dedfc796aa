package adapters

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// Instructed is the state of an operation about which the rail has said nothing yet: it is durable
// and will be submitted, or submitted again under the same id.
const Instructed State = "instructed"

// final tells whether the money's way is known for good.
func (s State) final() bool { return s == Settled || s == Failed }

// byOperator is the origin of evidence that a person gave.
const byOperator Origin = "operator"

// localRefund is the kind under which Stats count refunds that the runner owes by itself.
const localRefund = "local_refund"

// operation is what the store keeps of one instruction, or of one refund of the runner's own.
type operation struct {
	Operation
	Transfer   string `json:",omitempty"` // the switch's id; "" for local refunds
	Intent     string
	State      State
	Claim      *claim             `json:",omitempty"` // a final state that waits for a query to confirm it
	Disputed   bool               `json:",omitempty"` // callbacks contradicted each other or the query
	SaidDone   bool               `json:",omitempty"` // somebody said once that it settled, right or wrong
	Repeats    string             `json:",omitempty"` // the operation that pays the same intent, whose end is this one's; "" for none
	Doubted    bool               `json:",omitempty"` // a callback said what ends nothing: another that says success waits for a query
	Missing    int                `json:",omitempty"` // queries that found nothing of what the rail had known; counted to missingAfter
	WasUnknown bool               `json:",omitempty"`
	ResolvedBy string             `json:",omitempty"` // what ended an Unknown, as Stats.UnknownResolved counts it
	Outcome    *messaging.Outcome `json:",omitempty"` // fixed for ever once set
	Told       bool               `json:",omitempty"` // the broker holds Outcome
	// When the rail was called, in milliseconds since 1970: with the last submission, and, on rails that bound queries, for
	// status, the latest last.
	SentMS  int64             `json:",omitempty"`
	AskedMS [mostBudget]int64 `json:",omitzero"`
}

// claim is a final state that somebody claims and nobody has confirmed.
type claim struct {
	State   State
	Origin  Origin
	RailRef string `json:",omitempty"`
	Code    string `json:",omitempty"`
	Text    string `json:",omitempty"`
	Reason  string `json:",omitempty"`
}

func newClaim(e Evidence) *claim {
	return &claim{State: e.State, Origin: e.Origin, RailRef: e.RailRef, Code: e.Code, Text: e.Text, Reason: e.Reason}
}

func (c *claim) evidence() Evidence {
	return Evidence{State: c.State, Origin: c.Origin, RailRef: c.RailRef, Code: c.Code, Text: c.Text, Reason: c.Reason}
}

func (o *operation) local() bool { return o.Transfer == "" }

// kind is the operation's kind as Stats count it.
func (o *operation) kind() string {
	if o.local() {
		return localRefund
	}
	return string(o.Kind)
}

// closed tells whether nothing is left to do about the operation.
func (o *operation) closed() bool { return o.State.final() && (o.local() || o.Told) }

// OperationID names the operation of a transfer: the transfer's id and a letter for the kind. An id
// that a rail would not take is replaced by its hash, the same one every time.
func OperationID(transfer string, kind messaging.Kind) string {
	letter := "P"
	switch kind {
	case messaging.KindRefund:
		letter = "R"
	case messaging.KindReserve:
		letter = "V"
	case messaging.KindRelease:
		letter = "X"
	default:
	}
	if len(transfer) > 34 || !alphanumeric(transfer) {
		transfer = shortHash(transfer)
	}
	return transfer + letter
}

// localRefundID names the refund of one payment for an order.
func localRefundID(participant, intent, railRef string) string {
	return shortHash(participant+"\n"+intent+"\n"+railRef) + "L"
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

func alphanumeric(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

// step says what the runner does after it weighed evidence.
type step int

const (
	stepNone     step = iota // final, or nothing new
	stepQueryNow             // a claim waits for confirmation
	stepQuery                // ask again at the usual pace
	stepSubmit               // nothing reached the rail: submit again, the same id, at the usual pace
)

// weigh judges one piece of evidence and changes o accordingly. doubt says that an earlier Submit may
// have reached the rail, so that a refusal of this one proves nothing. confirmFrom is
// Capabilities.ConfirmAboveMinor. exception is "" where there is nothing for a person to see.
//
// The rules: silence is never a no; what a callback says about failure waits for a query; what it says
// about success waits for one from confirmFrom, after an Unknown, without an amount, or where the rail's
// id of the conversation is not known (matched is false); what the rail took, or what somebody called
// settled, is not submitted again; the first final state stays.
func (o *operation) weigh(e Evidence, matched, doubt bool, confirmFrom int64) (next step, exception ExceptionKind) {
	if o.State.final() {
		if e.State.final() && e.State != o.State {
			return stepNone, ExceptionContradiction
		}
		return stepNone, ""
	}
	if e.Origin != FromCallback && o.RailID == "" && !e.RetrySafe {
		o.RailID = e.RailID // a rail that names it has it, also where it does not know what becomes of it
	}
	switch e.State {
	case Settled:
		o.SaidDone = true
		if (e.Amount != nil && *e.Amount != o.Amount) || (e.Account != "" && e.Account != o.Beneficiary.Account) {
			// Money moved, but not this money: only a person can say what that was.
			if e.Origin != FromCallback {
				o.becomeUnknown()
				return stepQuery, ExceptionMismatch
			}
			return stepQueryNow, ExceptionMismatch
		}
		mustConfirm := !matched || e.Amount == nil || o.Amount.Minor >= confirmFrom ||
			o.State == Unknown || o.WasUnknown || o.Doubted || o.Claim != nil
		if e.Origin == FromCallback && mustConfirm {
			return stepQueryNow, o.note(e)
		}
		return stepNone, o.finish(e)
	case Failed:
		if e.Origin == FromCallback || (e.Origin == FromResponse && (doubt || o.SaidDone)) {
			return stepQueryNow, o.note(e)
		}
		return stepNone, o.finish(e)
	case Accepted:
		if e.Origin == FromResponse {
			o.State = Accepted
			if e.RailID != "" {
				o.RailID = e.RailID
			}
		}
		return stepQuery, ""
	default:
		return o.weighUnknown(e)
	}
}

func (o *operation) weighUnknown(e Evidence) (step, ExceptionKind) {
	switch {
	case e.Origin == FromCallback:
		o.Doubted = true
		return stepQueryNow, ""
	case !e.RetrySafe:
		if e.Origin == FromResponse || o.State == Instructed {
			o.becomeUnknown()
		}
		return stepQuery, ""
	case o.mayBeDone():
		// A rail whose queries lag or that forgets says the same as one that never had it. Submitted again
		// or called failed, the money could move twice.
		if o.State == Instructed {
			o.becomeUnknown()
		}
		return stepQuery, o.missed(e)
	case e.Origin == FromQuery && o.Claim != nil && o.Claim.State == Failed && o.Claim.Origin == FromResponse:
		// The rail refused it, has nothing under this id, and nobody ever said otherwise.
		return stepNone, o.finish(o.Claim.evidence())
	default:
		o.State = Instructed
		return stepSubmit, ""
	}
}

// mayBeDone tells whether there is a sign that the rail has the operation: then it is not submitted again.
func (o *operation) mayBeDone() bool {
	return o.State == Accepted || o.RailID != "" || o.SaidDone || o.Repeats != ""
}

// missed counts queries that know nothing of an operation that may be done, up to the one that makes an
// exception.
func (o *operation) missed(e Evidence) ExceptionKind {
	if e.Origin != FromQuery || o.Missing == missingAfter {
		return ""
	}
	if o.Missing++; o.Missing < missingAfter {
		return ""
	}
	return ExceptionMissing
}

func (o *operation) becomeUnknown() { o.State, o.WasUnknown = Unknown, true }

// note keeps a claim until a query confirms or denies it. The latest replaces another; that one of them
// said settled stays in SaidDone.
func (o *operation) note(e Evidence) ExceptionKind {
	if o.Claim != nil && o.Claim.State != e.State && o.Claim.Origin == FromCallback && e.Origin == FromCallback {
		o.Disputed = true
	}
	if o.Claim == nil || o.Claim.State != e.State {
		o.Claim = newClaim(e)
	}
	if o.Disputed {
		return ExceptionContradiction
	}
	return ""
}

// finish makes e the operation's end.
func (o *operation) finish(e Evidence) ExceptionKind {
	var exception ExceptionKind
	agreed := o.Claim != nil && o.Claim.State == e.State && o.Claim.Origin == FromCallback
	contrary := o.Claim != nil && o.Claim.State != e.State && o.Claim.Origin == FromCallback
	if contrary || (e.State == Failed && o.SaidDone) {
		o.Disputed, exception = true, ExceptionContradiction
	}
	o.State = e.State
	if o.WasUnknown {
		switch o.ResolvedBy = string(e.Origin); {
		case agreed:
			o.ResolvedBy = string(FromCallback)
		case e.Origin == FromResponse: // it was submitted again because a query had found nothing
			o.ResolvedBy = string(FromQuery)
		}
	}
	if e.RailRef == "" && agreed {
		e.RailRef = o.Claim.RailRef
	}
	o.Claim = nil
	if !o.local() {
		o.Outcome = o.outcome(e)
	} else if e.State == Failed && exception == "" {
		exception = ExceptionRefundFailed
	}
	return exception
}

// statusReason is the form of ExternalStatusReason1Code (ISO 20022 external code sets).
var statusReason = regexp.MustCompile(`^[A-Z0-9]{4}$`)

// outcome is what the switch is told about the evidence.
func (o *operation) outcome(e Evidence) *messaging.Outcome {
	out := &messaging.Outcome{
		Transfer: o.Transfer, Kind: o.Kind, Amount: messaging.NewAmount(o.Amount),
		RailRef:    clip(e.RailRef, messaging.MaxReferenceLength),
		RailCode:   clip(e.Code, messaging.MaxRailCodeLength),
		RailText:   clip(e.Text, messaging.MaxRailTextLength),
		ResolvedBy: string(e.Origin),
	}
	switch e.State {
	case Settled:
		out.State = settledState(o.Kind)
	case Failed:
		out.State, out.Reason = messaging.OutcomeFailed, e.Reason
		if !statusReason.MatchString(out.Reason) { // the rail's raw code and text say more
			out.Reason = "NARR"
		}
	default:
		out.State, out.ResolvedBy = messaging.OutcomeUnknown, ""
	}
	return out
}

// settledState is how the switch calls what has settled.
func settledState(kind messaging.Kind) messaging.OutcomeState {
	switch kind {
	case messaging.KindReserve:
		return messaging.OutcomeReserved
	case messaging.KindRelease:
		return messaging.OutcomeReleased
	default:
		return messaging.OutcomePaid
	}
}

// clip makes text from a rail valid UTF-8 of at most limit characters.
func clip(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	count := 0
	for i := range s {
		if count == limit {
			return s[:i]
		}
		count++
	}
	return s
}

// refusedHere tells why an instruction cannot be carried out by this rail at all: it was never submitted.
func refusedHere(op Operation, caps Capabilities, by Rail) (reason, text string, refused bool) {
	_, reserves := by.(Reserver)
	switch {
	case op.Amount.Currency != caps.Currency:
		return "AM03", "this rail pays " + caps.Currency.String(), true
	case op.Kind == messaging.KindReserve && !reserves:
		return "AG03", "this rail does not reserve", true
	case op.Kind != messaging.KindPayout && op.Kind != messaging.KindReserve:
		return "", "", false
	case op.Amount.Minor < caps.PayoutMinMinor:
		return "AM01", "below the rail's smallest payout", true
	case caps.PayoutMaxMinor > 0 && op.Amount.Minor > caps.PayoutMaxMinor:
		return "AM02", "above the rail's largest payout", true
	case caps.PayoutIncrementMinor > 1 && op.Amount.Minor%caps.PayoutIncrementMinor != 0:
		return "AM12", "not a multiple of the rail's payout step", true
	}
	return "", "", false
}

// backoff is the n-th wait: base doubled n times, at most limit.
func backoff(base, limit time.Duration, n int) time.Duration {
	d := base
	for range n {
		if d >= limit/2 {
			return max(base, limit)
		}
		d *= 2
	}
	return d
}
