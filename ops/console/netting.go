package console

import (
	"cmp"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/console/draw"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// netting is what the open window nets in one currency.
type netting struct {
	Currency          fx.Currency
	Gross, Net, Saved fx.Money
	SavedBP           int64 // of gross
	owes              []debt
}

// debt is what one account owes: each obligation by itself, and after netting.
type debt struct {
	name       string
	gross, net int64
}

// shownDebts bounds how many accounts a picture names; the others are one.
const shownDebts = 7

func netOf(accounts []ledger.AccountPulse, currency fx.Currency) netting {
	n := netting{Currency: currency}
	var gross, net int64
	for _, a := range accounts {
		if a.Currency != currency || a.OutMinor <= 0 {
			continue
		}
		owed := debt{name: a.Owner, gross: a.OutMinor, net: max(0, a.OutMinor-a.InMinor)}
		if a.Owner == ledger.SchemeName {
			owed.name = "FX pool"
		}
		gross, net = gross+owed.gross, net+owed.net
		n.owes = append(n.owes, owed)
	}
	slices.SortStableFunc(n.owes, func(a, b debt) int { return cmp.Or(cmp.Compare(b.gross, a.gross), cmp.Compare(a.name, b.name)) })
	if len(n.owes) > shownDebts {
		others := debt{name: "others"}
		for _, o := range n.owes[shownDebts:] {
			others.gross, others.net = others.gross+o.gross, others.net+o.net
		}
		n.owes = append(n.owes[:shownDebts], others)
	}
	n.Gross, n.Net = fx.Money{Minor: gross, Currency: currency}, fx.Money{Minor: net, Currency: currency}
	n.Saved = fx.Money{Minor: gross - net, Currency: currency}
	if gross > 0 {
		n.SavedBP = int64(share(gross-net, gross))
	}
	return n
}

// sankey draws it: what each owes goes into netting; most of it is set off, and the rest is to be brought.
func (n netting) sankey(s style, id, class string, width, height int) string {
	money := func(minor int64) string { return s.amount(fx.Money{Minor: minor, Currency: n.Currency}) }
	picture := draw.Sankey{
		About: draw.About{
			ID: id, Title: "Gross to net in " + unit(n.Currency),
			Desc: s.money(n.Gross) + " owed gross; " + s.money(n.Saved) + " of it is set off by netting; " + s.money(n.Net) + " is to be brought.",
		},
		Class: class, Width: width, Height: height, Columns: []string{"Owed gross", "Netting", "After netting"},
		Nodes: []draw.Node{{Column: 1, Name: unit(n.Currency), Note: money(n.Gross.Minor), Tone: draw.Third}, {Column: 2, Name: "Set off", Note: money(n.Saved.Minor), Tone: draw.Faint}},
		Links: []draw.Link{{From: 0, To: 1, Value: n.Saved.Minor, Note: money(n.Saved.Minor)}},
	}
	for _, o := range n.owes {
		picture.Nodes = append(picture.Nodes, draw.Node{Column: 0, Name: o.name, Note: money(o.gross), Tone: draw.Main})
		picture.Links = append(picture.Links, draw.Link{From: len(picture.Nodes) - 1, To: 0, Value: o.gross, Note: money(o.gross)})
		if o.net > 0 {
			picture.Nodes = append(picture.Nodes, draw.Node{Column: 2, Name: o.name, Note: money(o.net), Tone: draw.Second})
			picture.Links = append(picture.Links, draw.Link{From: 0, To: len(picture.Nodes) - 1, Value: o.net, Note: money(o.net)})
		}
	}
	return picture.SVG()
}

// share is part of whole in hundredths of a percent, rounded down.
func share(part, whole int64) int { return draw.Share(part, whole, 10_000) }
