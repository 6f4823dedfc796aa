package console

import (
	"context"
	"slices"
	"strings"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/request"
)

// prospect is what a plan will do, as it stands now: what people read before they ask, and before they decide.
type prospect struct {
	Consequence string
	Changes     []prospectChange
	Warnings    []string
	Affects     []string // none where it is everybody
	Undo        string
	Moved       bool // something stands otherwise than when it was asked for
}

// prospectChange is a change, and how it looked when it was asked for.
type prospectChange struct {
	request.Change
	Asked *request.Change // nil where it looks the same, or nobody knows
}

// foresee tells what a plan will do now.
func (s *Site) foresee(ctx context.Context, plan request.Plan) (*prospect, error) {
	now, err := request.Preview(ctx, s.Books, plan)
	if err != nil {
		return nil, err
	}
	p := &prospect{Consequence: plan.Consequence(), Warnings: now.Warnings, Affects: now.Affects, Undo: plan.Undo()}
	for _, c := range now.Changes {
		change := prospectChange{Change: c}
		if asked := askedThen(plan.Outlook, c.What); plan.Outlook != nil && (asked == nil || *asked != c) {
			change.Asked, p.Moved = asked, true
		}
		p.Changes = append(p.Changes, change)
	}
	if then := plan.Outlook; then != nil && (len(then.Changes) != len(now.Changes) || !slices.Equal(then.Warnings, now.Warnings)) {
		p.Moved = true
	}
	return p, nil
}

func askedThen(then *request.Outlook, what string) *request.Change {
	if then == nil {
		return nil
	}
	if at := slices.IndexFunc(then.Changes, func(c request.Change) bool { return c.What == what }); at >= 0 {
		return &then.Changes[at]
	}
	return nil
}

// told writes money in a sentence as its reader does, and leaves what is none.
func (s style) told(text string) string {
	amount, code, two := strings.Cut(text, " ")
	currency, err := fx.ParseCurrency(code)
	if !two || err != nil {
		return text
	}
	m, err := fx.ParseMoney(amount, currency)
	if err != nil {
		return text
	}
	return s.money(m)
}
