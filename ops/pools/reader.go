package pools

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// maxOfAKind bounds how many things of a kind a card keeps: the first, so that a card does not change by being full.
const maxOfAKind = 1_000

// reader reads the lines of a log that everybody may see. Later lines about the same thing stand for earlier ones.
type reader struct {
	pool     string
	funds    map[Fund]fx.Money // by name and unit
	members  map[string]memberLine
	postings order[postingLine]
	pledges  order[pledgeLine]
	declared order[declarationLine]
	kept     order[keptLine]
}

// order keeps things by id, in the order in which each was first said.
type order[T any] struct {
	ids []string
	all map[string]T
}

func (o *order[T]) put(id string, t T) {
	if o.all == nil {
		o.all = map[string]T{}
	}
	if _, known := o.all[id]; !known {
		if id == "" || len(id) > maxName || len(o.ids) >= maxOfAKind {
			return
		}
		o.ids = append(o.ids, id)
	}
	o.all[id] = t
}

// The lines that a card is made of, as adapters/pool/decide writes them; what else they say is left alone.
type (
	balanceLine struct {
		Account     string `json:"account"`
		Unit        string `json:"unit"`
		AmountMinor int64  `json:"amount_minor"`
	}
	memberLine struct {
		Member   string `json:"member"`
		Standing string `json:"standing"`
		Pool     string `json:"pool"`
	}
	postingLine struct {
		Posting  string      `json:"posting"`
		Side     board.Kind  `json:"side"`
		Category string      `json:"category"`
		Urgency  int         `json:"urgency"`
		Place    board.Place `json:"place"`
		Quantity int64       `json:"quantity"`
		Unit     string      `json:"unit"`
		Until    time.Time   `json:"until"`
		State    board.State `json:"state"`
	}
	pledgeLine struct {
		Pledge     string    `json:"pledge"`
		Pool       string    `json:"pool"`
		Kinds      []string  `json:"kinds"`
		Places     []string  `json:"places"`
		Fund       string    `json:"fund"`
		EachMinor  int64     `json:"each_minor"`
		TotalMinor int64     `json:"total_minor"`
		Until      time.Time `json:"until"`
		Revoked    bool      `json:"revoked"`
	}
	declarationLine struct {
		Declaration string    `json:"declaration"`
		Pool        string    `json:"pool"`
		Emergency   string    `json:"emergency"`
		Place       string    `json:"place"`
		Needed      string    `json:"needed"`
		Until       time.Time `json:"until"`
		At          time.Time `json:"at"`
		Votes       int       `json:"votes"`
	}
	keptLine struct {
		Pledge      string `json:"pledge"`
		Declaration string `json:"declaration"`
		Pool        string `json:"pool"`
		Payout      string `json:"payout"`
		State       string `json:"state"`
		AmountMinor int64  `json:"amount_minor"`
		Unit        string `json:"unit"`
	}
)

func newReader(pool string) *reader {
	return &reader{pool: pool, funds: map[Fund]fx.Money{}, members: map[string]memberLine{}}
}

// page reads an entry. A line that says what no such line says is passed over: it is the pool's, and holds nobody else up.
func (r *reader) page(p diary.Page) {
	for _, at := range p.Lines {
		if at.Shown {
			r.line(at.Line)
		}
	}
}

func (r *reader) line(l diary.Line) {
	switch l.Section + " " + l.Kind {
	case string(charter.SectionBalance) + " balance":
		if line, ok := body[balanceLine](l); ok {
			r.balance(line)
		}
	case string(charter.SectionMembers) + " member":
		if line, ok := body[memberLine](l); ok && len(line.Member) <= maxName && len(r.members) < 100*maxOfAKind {
			r.members[line.Member] = line
		}
	case string(charter.SectionNeeds) + " posted":
		if line, ok := body[postingLine](l); ok {
			r.postings.put(line.Posting, line)
		}
	case string(charter.SectionPledges) + " pledge":
		if line, ok := body[pledgeLine](l); ok && messaging.ValidParticipant(line.Pool) && line.EachMinor > 0 && line.TotalMinor > 0 {
			r.pledges.put(line.Pledge, line)
		}
	case string(charter.SectionPledges) + " " + decide.LineDeclaration:
		if line, ok := body[declarationLine](l); ok && line.Pool == r.pool { // nobody declares for another
			r.declared.put(line.Declaration, line)
		}
	case string(charter.SectionPledges) + " kept":
		if line, ok := body[keptLine](l); ok && messaging.ValidParticipant(line.Pool) {
			r.kept.put(line.Payout, line)
		}
	}
}

func body[T any](l diary.Line) (line T, ok bool) {
	return line, json.Unmarshal(l.Body, &line, json.StringifyNumbers(true)) == nil
}

const fundPath = "fund/"

func (r *reader) balance(line balanceLine) {
	name, isFund := strings.CutPrefix(line.Account, fundPath)
	unit, err := fx.ParseCurrency(line.Unit)
	key := Fund{Name: clip(name, maxName), Amount: fx.Money{Currency: unit}}
	if _, known := r.funds[key]; isFund && err == nil && (known || len(r.funds) < maxOfAKind) {
		r.funds[key] = fx.Money{Minor: line.AmountMinor, Currency: unit}
	}
}

// card is what was read.
func (r *reader) card() *Card {
	c := &Card{}
	for key, amount := range r.funds {
		c.Funds = append(c.Funds, Fund{Name: key.Name, Amount: amount})
	}
	slices.SortFunc(c.Funds, func(a, b Fund) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Amount.Currency.String(), b.Amount.Currency.String()))
	})
	r.people(c)
	r.board(c)
	r.aid(c)
	return c
}

// belongs is the standing of whoever belongs to a pool.
const belongs = "active"

func (r *reader) people(c *Card) {
	for _, m := range r.members {
		if m.Standing != belongs {
			continue
		}
		c.Members++
		if messaging.ValidParticipant(m.Pool) {
			c.Guests = append(c.Guests, m.Pool)
		}
	}
	slices.Sort(c.Guests)
	c.Guests = slices.Compact(c.Guests)
}

func (r *reader) board(c *Card) {
	for _, id := range r.postings.ids {
		l := r.postings.all[id]
		if l.State != board.Open && l.State != board.Matched || l.Side != board.Need && l.Side != board.Offer {
			continue
		}
		c.Postings = append(c.Postings, Posting{
			ID: id, Side: string(l.Side), Category: clip(l.Category, maxName), Place: clip(l.Place.Area, maxName), Urgency: l.Urgency,
			Quantity: l.Quantity, Unit: clip(l.Unit, maxName), Until: l.Until,
		})
	}
	slices.SortStableFunc(c.Postings, func(a, b Posting) int {
		return cmp.Or(cmp.Compare(a.Side, b.Side), cmp.Compare(b.Urgency, a.Urgency), a.Until.Compare(b.Until))
	})
}

// aid reads pledges, emergencies and what was paid.
func (r *reader) aid(c *Card) {
	for _, id := range r.declared.ids {
		l := r.declared.all[id]
		c.Declared = append(c.Declared, Declaration{
			ID: id, Kind: clip(l.Emergency, maxName), Place: clip(l.Place, maxName), Needed: clip(l.Needed, maxText),
			At: l.At, Until: l.Until, Votes: l.Votes,
		})
	}
	units := map[string]fx.Currency{} // by pledge, and by fund
	for key := range r.funds {
		units[fundPath+key.Name] = key.Amount.Currency
	}
	for _, id := range r.kept.ids {
		l := r.kept.all[id]
		unit, err := fx.ParseCurrency(l.Unit)
		if err != nil || l.AmountMinor <= 0 {
			continue
		}
		units[l.Pledge] = unit
		c.Kept = append(c.Kept, Keeping{
			Pledge: l.Pledge, Payout: id, To: l.Pool, Declaration: l.Declaration, State: clip(l.State, maxName),
			Amount: fx.Money{Minor: l.AmountMinor, Currency: unit},
		})
	}
	for _, id := range r.pledges.ids {
		l := r.pledges.all[id]
		unit := cmp.Or(units[id], units[fundPath+l.Fund])
		c.Pledges = append(c.Pledges, Pledge{
			ID: id, To: l.Pool, Kinds: words(l.Kinds), Places: words(l.Places), Fund: clip(l.Fund, maxName),
			Each: fx.Money{Minor: l.EachMinor, Currency: unit}, Total: fx.Money{Minor: l.TotalMinor, Currency: unit},
			Until: l.Until, Revoked: l.Revoked,
		})
	}
}

// words are a condition's, as many as there may be.
func words(all []string) (some []string) {
	const most = 16
	for _, word := range all[:min(len(all), most)] {
		some = append(some, clip(word, maxName))
	}
	return some
}
