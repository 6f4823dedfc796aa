package view

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
)

// Board implements web.Reader. What could be matched is reckoned on a copy, without the node's lock.
func (v *View) Board(_ context.Context, member string) (view web.Board, err error) {
	var copied *board.Board
	var rules board.Rules
	var now time.Time
	cards := map[string]web.Posting{}
	_, err = v.look(member, func(g *glance) {
		copied, now = g.State.Board().Clone(), g.Now()
		rules.FairnessPermille = g.Charter().Matching.FairnessPermille
		for _, l := range g.postings() {
			cards[l.ID] = g.posting(l)
			if l.State == board.Open || l.State == board.Matched {
				view.Postings = append(view.Postings, cards[l.ID])
			}
		}
		view.Matches = g.matches(cards)
	})
	if err != nil {
		return web.Board{}, err
	}
	for _, category := range board.Categories() {
		view.Categories = append(view.Categories, string(category))
	}
	suggested, err := copied.Suggest(rules, now)
	if err != nil {
		return web.Board{}, err
	}
	for _, pair := range suggested.Pairs {
		if copied.Postings[pair.Need].Member == member || copied.Postings[pair.Offer].Member == member {
			view.Matches = append(view.Matches, suggestion(pair, cards))
		}
	}
	return view, nil
}

// postings are those that may be seen, the newest first.
func (g *glance) postings() (all []board.Listing) {
	for _, l := range g.State.Board().Postings {
		if g.sees(charter.SectionNeeds, l.Member) || g.seesAct(l) {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b board.Listing) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	return all
}

// seesAct tells whether the act that posted something is shown, which says who and where.
func (g *glance) seesAct(l board.Listing) bool {
	if l.Place.Shown == board.Nobody {
		return g.sees(decide.SectionPrivate, l.Member)
	}
	return g.sees(decide.SectionWithin, l.Member)
}

func (g *glance) posting(l board.Listing) web.Posting {
	seen := l.Posting
	if !g.seesAct(l) {
		seen = l.Seen(board.Public)
	}
	view := web.Posting{
		ID: l.ID, Kind: string(l.Kind), Category: string(l.Category), Quantity: quantity(l.Quantity, l.Unit), Place: cmp.Or(seen.Place.Area, seen.Place.Cell),
		Urgency: l.Urgency, Until: l.Until, Mine: g.isMe(l.Member), State: string(l.State),
	}
	if g.seesAct(l) {
		view.By = g.person(l.Member)
	}
	var text act.Commitment
	if (g.belongs() || g.isMe(l.Member)) && text.UnmarshalText([]byte(l.Text)) == nil {
		view.Text = g.text(text)
	}
	return view
}

// quantity writes how much: an amount where it is of a currency.
func quantity(n int64, unit board.Unit) string {
	if currency, err := fx.ParseCurrency(string(unit)); err == nil {
		return fx.Money{Minor: n, Currency: currency}.String()
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// matches are those that whoever looks has a part in and that are not over, by id. Who agreed on one knows the other.
func (g *glance) matches(cards map[string]web.Posting) (all []web.Match) {
	b := g.State.Board()
	for id, m := range b.Matches {
		need, offer := b.Postings[m.Need], b.Postings[m.Offer]
		if !g.isMe(need.Member) && !g.isMe(offer.Member) || m.State == board.Declined || m.State == board.Done || m.State == board.Failed {
			continue
		}
		view := web.Match{ID: id, Need: cards[m.Need], Offer: cards[m.Offer], State: string(m.State)}
		switch {
		case m.State != board.Proposed:
			view.Need.By, view.Offer.By = g.person(need.Member), g.person(offer.Member)
		case g.isMe(m.By):
			view.Choices = []string{"decline"}
		default:
			view.Choices = []string{"accept", "decline"}
		}
		all = append(all, view)
	}
	slices.SortFunc(all, func(a, b web.Match) int { return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID)) })
	return all
}

// suggestion is a pair that nobody has proposed yet: its id names both.
func suggestion(pair board.Suggestion, cards map[string]web.Posting) web.Match {
	view := web.Match{
		ID: pair.Need + pairMark + pair.Offer, Need: cards[pair.Need], Offer: cards[pair.Offer], State: "open", Choices: []string{"accept"},
	}
	for _, term := range pair.Terms {
		view.Why = append(view.Why, web.Fact{Name: string(term.Name), Value: strconv.FormatInt(term.Weight, 10)})
	}
	return view
}

// pairMark stands between the two postings of a suggestion.
const pairMark = "-"
