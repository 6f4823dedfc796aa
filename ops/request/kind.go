package request

// Kind names what is asked for.
type Kind string

// The kinds about participants.
const (
	Add     Kind = "add"
	Suspend Kind = "suspend" // a rail is suspended as its participant
	Resume  Kind = "resume"
	Rotate  Kind = "rotate" // another signing key, other credentials, or both
	Revoke  Kind = "revoke" // suspended, without credentials, and with a signing key that nobody has
	Limits  Kind = "limits"
)

// ResolveDifference says how a difference that reconciliation found was resolved.
const ResolveDifference Kind = "resolve_difference"

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Add, Suspend, Resume, Rotate, Revoke, Limits, ResolveDifference} }

// kindNames are Kinds as the ledger names them.
func kindNames() []string {
	names := make([]string, len(Kinds()))
	for i, k := range Kinds() {
		names[i] = string(k)
	}
	return names
}

// about tells whether a kind is about one participant.
func (k Kind) about() (participant, known bool) {
	switch k {
	case Add, Suspend, Resume, Rotate, Revoke, Limits, ResolveDifference:
		return true, true
	default:
		return false, false
	}
}
