package view

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
)

// funds are what the pool has, where balances may be seen.
func (g *glance) funds() (all []web.Balance) {
	if !g.sees(charter.SectionBalance) {
		return nil
	}
	for _, f := range g.Charter().Funds {
		all = append(all, web.Balance{
			Name: f.Name, Purpose: f.Purpose, Reserve: f.Reserve,
			Amount: fx.Money{Minor: g.Balance("fund/"+f.Name, f.Unit), Currency: f.Unit},
		})
	}
	return all
}

// dues are what the member who looks has to pay, the earliest first.
func (g *glance) dues() (all []web.Due) {
	for _, d := range g.Debts(g.me) {
		all = append(all, web.Due{Name: d.What, Amount: d.Amount, By: d.By, Late: g.Now().After(d.By)})
	}
	for _, id := range g.Groups() {
		group := g.Group(id)
		for _, n := range group.SeatsOf(g.me.ID) {
			debt, by := group.Owes(n), dueOf(group)
			if minor := debt.AwaitedMinor + debt.ReserveMinor; minor > 0 && group.Seats[n-1].Pool == "" {
				all = append(all, web.Due{
					Name: id, Amount: fx.Money{Minor: minor, Currency: group.Seats[n-1].Unit}, By: by,
					Late: debt.LateMinor+debt.ReserveMinor > 0,
				})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b web.Due) int { return a.By.Compare(b.By) })
	return all
}

// credits are the accounts in mutual units, and in vouchers, of the member who looks.
func (g *glance) credits() (all []web.Credit) {
	if !g.belongs() {
		return nil
	}
	for _, u := range g.Charter().Units {
		switch u.Issue {
		case charter.Mutually:
			limits, _ := g.CreditLimits(g.me, u.Unit)
			c := web.Credit{
				Amount: fx.Money{Minor: g.Balance("credit/"+g.me.ID, u.Unit), Currency: u.Unit},
				MayOwe: fx.Money{Minor: limits.OweMinor, Currency: u.Unit},
			}
			if rule, _ := g.Charter().CreditRule(u.Unit); rule.MaxHoldMinor > 0 {
				c.MayHold = &fx.Money{Minor: limits.HoldMinor, Currency: u.Unit}
			}
			all = append(all, c)
		case charter.Decided:
			all = append(all, web.Credit{
				Amount: fx.Money{Minor: g.Balance("held/"+g.me.ID, u.Unit), Currency: u.Unit}, MayOwe: fx.Money{Currency: u.Unit},
			})
		case charter.Outside:
		}
	}
	return all
}

// owed is what members owe each other in all, by unit.
func (g *glance) owed() (all []web.Balance) {
	for _, u := range g.Charter().Units {
		sum := int64(0)
		for account, minor := range g.Balances() {
			if strings.HasPrefix(account.Path, "credit/") && account.Unit == u.Unit && minor > 0 {
				sum += minor // each unit's sum is in 64 bits: the book keeps it there
			}
		}
		if u.Issue == charter.Mutually {
			all = append(all, web.Balance{Name: u.Unit.String(), Amount: fx.Money{Minor: sum, Currency: u.Unit}})
		}
	}
	return all
}

// Contributions implements web.Reader.
func (v *View) Contributions(ctx context.Context, member string) (view web.Contributions, err error) {
	var units []fx.Currency
	_, err = v.look(member, func(g *glance) {
		view.Due = g.dues()
		for _, u := range g.Charter().Units {
			units = append(units, u.Unit)
			if minor := -g.Balance("contributed/"+member, u.Unit); minor > 0 {
				view.Totals = append(view.Totals, fx.Money{Minor: minor, Currency: u.Unit})
			}
		}
	})
	if err != nil {
		return web.Contributions{}, err
	}
	for _, way := range v.payIn {
		way.Reference = member
		view.PayIn = append(view.PayIn, way)
	}
	view.Paid, err = v.paid(ctx, member)
	return view, err
}

// paid is what a member has paid in, as lines about it say; the newest first.
func (v *View) paid(ctx context.Context, member string) (all []web.Contribution, err error) {
	about := func(kind string) ([]store.Line, error) {
		lines, _, err := v.store.Lines(ctx, store.LineQuery{About: member, Kind: kind})
		return lines, err
	}
	said, err := about("said")
	if err != nil {
		return nil, err
	}
	postings, err := about("posting")
	if err != nil {
		return nil, err
	}
	came := map[int64]decide.Coming{} // by entry
	for _, line := range said {
		var word struct {
			Word string        `json:"word"`
			Body decide.Coming `json:"body"`
		}
		if read(line.Body, &word) == nil && word.Word == decide.WordCame {
			came[line.Index] = word.Body
		}
	}
	for _, line := range postings {
		var p book.Posting
		if read(line.Body, &p) != nil || p.From != "contributed/"+member {
			continue
		}
		c := web.Contribution{
			At: line.At, Name: p.Purpose, Amount: fx.Money{Minor: p.AmountMinor, Currency: p.Unit},
			Rail: decide.ByHand, Reference: came[line.Index].Reference, State: "paid",
		}
		if c.Name == "" {
			c.Name = p.To
		}
		if came[line.Index].ID != "" {
			c.Rail = "switch"
		}
		all = append(all, c)
	}
	return all, nil
}

// dueOf is when parts of a group's newest round are due, and of one that has not begun, its start.
func dueOf(group *rotation.Group) time.Time {
	if len(group.Rounds) == 0 {
		return group.Terms.Start
	}
	return group.Rounds[len(group.Rounds)-1].Due
}
