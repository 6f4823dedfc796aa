package auth

import (
	"context"
	"slices"
)

// Role is what somebody may do. Roles do not hold one another: who may do two things has both.
type Role string

// The roles.
const (
	Operator    Role = "operator"    // sees everything, asks for what two people have to want
	Approver    Role = "approver"    // sees everything, decides on what another asked for
	Auditor     Role = "auditor"     // sees everything, changes nothing
	Participant Role = "participant" // sees and does what is its own participant's
	Pool        Role = "pool"        // sees its own pool, which is a participant too
)

// Roles lists every role.
func Roles() []Role { return []Role{Operator, Approver, Auditor, Participant, Pool} }

// Principal is who asks. The zero Principal is nobody.
type Principal struct {
	Subject     string // who, for ever: "ISSUER SUBJECT" of a person, "client NAME" of a machine, however it proves itself
	Name        string // as people read it, at most MaxName bytes
	Roles       []Role
	Participant string // of Participant and Pool: whose things are its own; "" for the others
}

// MaxName bounds a principal's name, in bytes.
const MaxName = 100

// Is says whether somebody has one of some roles.
func (p Principal) Is(roles ...Role) bool {
	return slices.ContainsFunc(p.Roles, func(r Role) bool { return slices.Contains(roles, r) })
}

// SeesAll says whether everybody's things are shown to them.
func (p Principal) SeesAll() bool { return p.Is(Operator, Approver, Auditor) }

// Sees says whether a thing that belongs to some participants is shown to them.
func (p Principal) Sees(owners ...string) bool {
	return p.SeesAll() || p.Participant != "" && p.Is(Participant, Pool) && slices.Contains(owners, p.Participant)
}

type principalKey struct{}

// With puts a principal into a context.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From is the principal of a context, nobody where there is none.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}
