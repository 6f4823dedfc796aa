package auth

import (
	"context"
	"errors"
)

// Need is who may use a route.
type Need struct {
	Public bool   // anybody, signed in or not
	Roles  []Role // one of these
	Own    bool   // it shows or changes things that have owners: the handler calls Own before it answers
}

// Errors of whoever asks. Asking again changes nothing.
var (
	ErrNobody    = errors.New("auth: sign in first")
	ErrForbidden = errors.New("auth: not yours to do")
	ErrNotYours  = errors.New("auth: no such thing") // as it is answered for what is not there: whether it is, is not told
)

// Admit says whether a principal may use a route: nil, ErrNobody or ErrForbidden.
func (n Need) Admit(p Principal) error {
	switch {
	case n.Public:
		return nil
	case p.Subject == "":
		return ErrNobody
	case !p.Is(n.Roles...):
		return ErrForbidden
	default:
		return nil
	}
}

// permit remembers whether a handler has said whose things it shows.
type permit struct{ owned bool }

type permitKey struct{}

// watched has Own noted in a context.
func watched(ctx context.Context) (context.Context, *permit) {
	p := &permit{}
	return context.WithValue(ctx, permitKey{}, p), p
}

// Own says whose the thing is that is about to be shown or changed, and fails with ErrNotYours if that is not for
// whoever asks.
func Own(ctx context.Context, owners ...string) error {
	noteOwned(ctx)
	if !From(ctx).Sees(owners...) {
		return ErrNotYours
	}
	return nil
}

// Scope is for lists: the one participant whose things may be in it, "" for everybody's.
func Scope(ctx context.Context) (participant string, err error) {
	noteOwned(ctx)
	p := From(ctx)
	switch {
	case p.SeesAll():
		return "", nil
	case p.Participant != "" && p.Is(Participant, Pool):
		return p.Participant, nil
	default:
		return "", ErrForbidden
	}
}

func noteOwned(ctx context.Context) {
	if p, ok := ctx.Value(permitKey{}).(*permit); ok {
		p.owned = true
	}
}
