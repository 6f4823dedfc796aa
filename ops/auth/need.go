package auth

import (
	"context"
	"errors"
	"sync/atomic"
)

// Need is who may use a route.
type Need struct {
	Public bool   // anybody, signed in or not
	Roles  []Role // one of these
	Own    bool   // it shows or changes things that have owners: the handler calls Own or Scope before it answers
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

// permit remembers whether a handler has said whose things it shows, and whether they were somebody else's.
type permit struct{ said, denied atomic.Bool }

func (p *permit) given() bool { return p.said.Load() && !p.denied.Load() }

type permitKey struct{}

// watched has Own noted in a context.
func watched(ctx context.Context) (context.Context, *permit) {
	p := &permit{}
	return context.WithValue(ctx, permitKey{}, p), p
}

// Own says whose the thing is that is about to be shown or changed, and fails with ErrNotYours if that is not for
// whoever asks. What fails once may only be answered with an error: to leave things out of a list, see Sees.
func Own(ctx context.Context, owners ...string) error {
	if !From(ctx).Sees(owners...) {
		return note(ctx, ErrNotYours)
	}
	return note(ctx, nil)
}

// Scope is for lists: the one participant whose things may be in it, "" for everybody's.
func Scope(ctx context.Context) (participant string, err error) {
	p := From(ctx)
	switch {
	case p.SeesAll():
		return "", note(ctx, nil)
	case p.Participant != "" && p.Is(Participant, Pool):
		return p.Participant, note(ctx, nil)
	default:
		return "", note(ctx, ErrForbidden)
	}
}

// note has the permit of a context remember an answer, and returns it.
func note(ctx context.Context, answer error) error {
	if p, ok := ctx.Value(permitKey{}).(*permit); ok {
		p.said.Store(true)
		if answer != nil {
			p.denied.Store(true)
		}
	}
	return answer
}
