package decide

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/fx"
)

// maxGroups bounds how many rotating groups a pool has that have not ended.
const maxGroups = 100

// group is one rotating group of the pool.
type group struct {
	*rotation.Group

	id      string // g1, g2, …
	ended   bool
	allies  map[string]Ally // by pool; none where all seats are of this one
	readied map[string]bool // by round and seat: parts of other pools that are there
	own     []Amount        // of the bundle on its way: what this pool's seats put in for one of them
}

// Rotation is the subject of charter.Rotating: what a pool decides about its rotating groups. One of its parts is given.
type Rotation struct {
	Begin    *Beginning   `json:"begin,omitempty"`
	Choose   *SeatOf      `json:"choose,omitempty"`   // need: who gets this round
	Forgive  *SeatOf      `json:"forgive,omitempty"`  // what a seat owes
	PayShort string       `json:"pay_short,omitzero"` // the group whose pot is paid with what is there
	Replace  *Replacement `json:"replace,omitempty"`
	Join     *Saving      `json:"join,omitempty"` // a group at another pool
}

// Beginning is a new group.
type Beginning struct {
	Terms rotation.Terms  `json:"terms"` // without ID
	Seats []rotation.Seat `json:"seats"` // member, unit and contribution of each

	Allies map[string]Ally `json:"allies,omitempty"` // by pool, this one too, where seats are of several
}

// SeatOf names a seat of a group.
type SeatOf struct {
	Group string `json:"group"`
	Seat  int    `json:"seat"`
}

// Replacement is a member who takes over a seat that was left, and pays what was put in.
type Replacement struct {
	SeatOf

	Member string `json:"member"`
}

func (r *Rotation) weighs(*State) fx.Money   { return fx.Money{} }
func (r *Rotation) section() charter.Section { return charter.SectionRotation }

// concerns is who would be chosen or forgiven. Those who begin a group decide for themselves.
func (r *Rotation) concerns(s *State) []string {
	for _, of := range []*SeatOf{r.Choose, r.Forgive} {
		if of == nil {
			continue
		}
		if g := s.group(of.Group); g != nil && of.Seat >= 1 && of.Seat <= len(g.Seats) {
			return []string{g.Seats[of.Seat-1].Member}
		}
	}
	return nil
}

func (r *Rotation) check(s *State, p *Proposal) *Refusal {
	given := 0
	for _, is := range []bool{r.Begin != nil, r.Choose != nil, r.Forgive != nil, r.PayShort != "", r.Replace != nil, r.Join != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return refuse(FaultForm, "it asks for %d things", given)
	}
	switch {
	case r.Begin != nil:
		return r.Begin.check(s)
	case r.Join != nil:
		return r.Join.check(s)
	}
	_, _, refused := r.try(s, p)
	return refused
}

func (b *Beginning) check(s *State) *Refusal {
	open := 0
	for _, g := range s.groups {
		if !g.ended {
			open++
		}
	}
	if open >= maxGroups {
		return later(FaultTooMany, "%d groups", open)
	}
	for _, seat := range b.Seats {
		if m := s.Member(seat.Member); m == nil || m.Standing != active {
			return refuse(FaultUnknown, "%q is no member in good standing", clip(seat.Member))
		}
	}
	if refused := b.checkAllies(s); refused != nil {
		return refused
	}
	_, _, refused := b.found(s)
	return refused
}

// found makes the group as of now.
func (b *Beginning) found(s *State) (*group, rotation.Outcome, *Refusal) {
	g := &group{id: fmt.Sprintf("g%d", len(s.groups)+1), allies: b.Allies, readied: map[string]bool{}}
	terms := b.Terms
	terms.ID = s.pool + "-" + g.id
	made, out, err := rotation.New(terms, b.Seats, s.now)
	if err != nil {
		return nil, rotation.Outcome{}, refuse(FaultRules, "%v", err)
	}
	g.Group = made
	return g, out, nil
}

func (r *Rotation) carry(t *turn, p *Proposal) *Refusal {
	if r.Begin != nil {
		g, out, refused := r.Begin.found(t.State)
		if refused != nil {
			return refused
		}
		t.groups = append(t.groups, g)
		t.entry.Answer.Made = g.id
		return t.follow(g, g.Group, out, "")
	}
	if r.Join != nil {
		t.ventures = append(t.ventures, &Venture{Saving: *r.Join, ID: p.ID})
		return nil
	}
	g, change, refused := r.try(t.State, p)
	if refused != nil {
		return refused
	}
	from := ""
	if r.Replace != nil {
		t.electorate++ // whom a question concerns
		from = purseAccount(r.Replace.Member)
	}
	return t.change(g, from, change)
}

// change is one method of a group.
type change func(g *rotation.Group) (rotation.Outcome, error)

// try finds the group that a decision is about, and tells whether the group would take it.
func (r *Rotation) try(s *State, _ *Proposal) (g *group, do change, refused *Refusal) {
	var id string
	now := s.now
	switch {
	case r.Choose != nil:
		id, do = r.Choose.Group, func(g *rotation.Group) (rotation.Outcome, error) { return g.Choose(r.Choose.Seat, now) }
	case r.Forgive != nil:
		id, do = r.Forgive.Group, func(g *rotation.Group) (rotation.Outcome, error) { return g.Forgive(r.Forgive.Seat, now) }
	case r.PayShort != "":
		id, do = r.PayShort, func(g *rotation.Group) (rotation.Outcome, error) { return g.PayShort(now) }
	default:
		if m := s.Member(r.Replace.Member); m == nil || m.Standing != active {
			return nil, nil, refuse(FaultUnknown, "%q is no member in good standing", clip(r.Replace.Member))
		}
		id = r.Replace.Group
		do = func(g *rotation.Group) (rotation.Outcome, error) {
			return g.Replace(r.Replace.Seat, r.Replace.Member, "", g.BuyIn(r.Replace.Seat), now)
		}
	}
	if g = s.group(id); g == nil {
		return nil, nil, refuse(FaultUnknown, "no group is %q", clip(id))
	}
	if _, err := do(g.Clone()); err != nil {
		return nil, nil, refusedBy(err)
	}
	return g, do, nil
}

// refusedBy is a group's refusal.
func refusedBy(err error) *Refusal {
	refused := refuse(FaultRules, "%v", err)
	refused.Retry = isEarly(err)
	return refused
}

func (s *State) group(id string) *group {
	if i := slices.IndexFunc(s.groups, func(g *group) bool { return g.id == id }); i >= 0 {
		return s.groups[i]
	}
	return nil
}

// Group is a rotating group by its id, nil where none has it. It is not changed.
func (s *State) Group(id string) *rotation.Group {
	if g := s.group(id); g != nil {
		return g.Group
	}
	return nil
}

// Groups lists the ids of all rotating groups.
func (s *State) Groups() (ids []string) {
	for _, g := range s.groups {
		ids = append(ids, g.id)
	}
	return ids
}

// change changes a group and books what follows, or neither.
func (t *turn) change(g *group, from string, do change) *Refusal {
	next := g.Clone()
	out, err := do(next)
	if err != nil {
		return refusedBy(err)
	}
	return t.follow(g, next, out, from)
}

func potAccount(group string) string    { return "rotation/" + group }
func purseAccount(member string) string { return "purse/" + member }

// reserve is the fund that covers in a unit, "" where there is none.
func (s *State) reserve(unit fx.Currency) string {
	for _, f := range s.rules().Funds {
		if f.Reserve && f.Unit == unit && (s.rules().Lateness.Reserve == "" || s.rules().Lateness.Reserve == f.Name) {
			return fundAccount(f.Name)
		}
	}
	return ""
}

// reserves is what there is to cover with.
func (s *State) reserves() rotation.Funds {
	funds := rotation.Funds{}
	for _, f := range s.rules().Funds {
		if path := s.reserve(f.Unit); path != "" {
			funds[f.Unit] = s.book.Balance(path, f.Unit)
		}
	}
	return funds
}

// rotationLine is what a group tells.
type rotationLine struct {
	Group  string          `json:"group"`
	Notice rotation.Notice `json:"notice"`
}

// follow books what a group moved, and says what it tells; then the group is what it has become. What members pay comes
// out of the account from.
func (t *turn) follow(g *group, next *rotation.Group, out rotation.Outcome, from string) *Refusal {
	var postings []book.Posting
	for _, m := range out.Movements {
		elsewhere := next.Seats[m.Seat-1].Pool != "" && (m.From == rotation.Purse || m.To == rotation.Purse)
		if elsewhere || next.Terms.Atomic && m.Kind == rotation.PayPot {
			continue // it lies at another pool, or moves by legs
		}
		postings = append(postings, book.Posting{
			From: t.placed(g.id, m.From, m, from), To: t.placed(g.id, m.To, m, purseAccount(m.Member)),
			Unit: m.Unit, AmountMinor: m.Minor, Purpose: string(m.Kind),
		})
	}
	if len(postings) > 0 {
		if refused := t.post(charter.SectionRotation, concerned(out), postings...); refused != nil {
			return refused
		}
	}
	g.Group = next
	for _, n := range out.Notices {
		var about []string
		if n.Member != "" {
			about = []string{n.Member}
		}
		t.say(charter.SectionRotation, about, "rotation", rotationLine{Group: g.id, Notice: n})
		t.call(g, n)
		g.ended = g.ended || n.About == rotation.GroupEnded
	}
	if out.Settle != nil {
		return t.settleRound(g, out.Settle)
	}
	return nil
}

func (t *turn) placed(group string, at rotation.Place, m rotation.Movement, purse string) string {
	switch at {
	case rotation.Pot:
		return potAccount(group)
	case rotation.Reserve:
		return t.reserve(m.Unit)
	default:
		return purse
	}
}

// concerned are the members whose money moved.
func concerned(out rotation.Outcome) (members []string) {
	for _, m := range out.Movements {
		if m.Member != "" && !slices.Contains(members, m.Member) {
			members = append(members, m.Member)
		}
	}
	return members
}

// turnGroups moves the groups' clocks on.
func (t *turn) turnGroups() {
	for _, g := range t.groups {
		if next, ok := g.Next(); t.full() || !ok || next.After(t.now) {
			continue
		}
		// What a group does by the clock it can do: the reserve is what there is.
		_ = t.change(g, "", func(r *rotation.Group) (rotation.Outcome, error) { return r.Tick(t.now, t.reserves()) })
	}
}

func (s *State) groupEnds() (ends []time.Time) {
	for _, g := range s.groups {
		if next, ok := g.Next(); ok {
			ends = append(ends, next)
		}
	}
	return ends
}

// leaveGroups takes a member who goes out of its groups. What a bundle is on its way with, it leaves when that is back.
// All groups let the member go, or it stays in all.
func (t *turn) leaveGroups(m *Member, why rotation.Standing) *Refusal {
	type goodbye struct {
		g    *group
		next *rotation.Group
		out  rotation.Outcome
	}
	var all []goodbye
	for _, g := range t.groups {
		seats := g.SeatsOf(m.ID)
		if g.ended || len(seats) == 0 {
			continue
		}
		next, out := g.Clone(), rotation.Outcome{}
		for _, seat := range seats {
			if next.Seats[seat-1].Standing != rotation.Active {
				continue
			}
			more, err := next.Leave(seat, why, t.now)
			if err != nil {
				return refusedBy(err)
			}
			out = joined(out, more)
		}
		all = append(all, goodbye{g: g, next: next, out: out})
	}
	for _, one := range all {
		if refused := t.follow(one.g, one.next, one.out, ""); refused != nil {
			return refused // it cannot be: what a group gives back, it holds
		}
	}
	return nil
}

// joined is what two changes of a group came to.
func joined(a, b rotation.Outcome) rotation.Outcome {
	a.Movements, a.Notices = append(a.Movements, b.Movements...), append(a.Notices, b.Notices...)
	if b.Settle != nil {
		a.Settle = b.Settle
	}
	return a
}

// takeTurn takes a payment for a group: seat by seat as far as each takes it. What is more is the member's own.
func takeTurn(t *turn, from string, m *Member, what string, amount Amount) (bool, *Refusal) {
	g := t.group(what)
	if g == nil {
		return false, nil
	}
	next, left := g.Clone(), amount.Minor
	var all rotation.Outcome
	for _, seat := range next.SeatsOf(m.ID) {
		pays := min(left, next.Payable(seat))
		if next.Seats[seat-1].Unit != amount.Unit || next.Seats[seat-1].Pool != "" || pays <= 0 {
			continue
		}
		out, err := next.Pay(seat, pays, t.now)
		if err != nil {
			return true, refusedBy(err)
		}
		all = joined(all, out)
		left -= pays
	}
	if left == amount.Minor {
		return true, refuse(FaultUnknown, "%s owes nothing in %s", m.ID, g.id)
	}
	if refused := t.follow(g, next, all, from); refused != nil || left == 0 {
		return true, refused
	}
	return true, t.intoPurse(from, m, Amount{Minor: left, Unit: amount.Unit})
}

const (
	kindCommit     = "commit"
	kindReveal     = "reveal"
	kindBid        = "bid"
	kindAskSwap    = "ask_swap"
	kindAgreeSwap  = "agree_swap"
	kindLeaveGroup = "leave_group"
)

// Turning is the body of what a member says in a group: of its own seat, and what the kind needs beside it.
type Turning struct {
	Group      string `json:"group"`
	Seat       int    `json:"seat"`
	Commitment string `json:"commitment,omitzero"` // commit
	Secret     string `json:"secret,omitzero"`     // reveal
	BidMinor   int64  `json:"bid_minor,omitzero"`  // bid, and reveal of a sealed one
	With       int    `json:"with,omitzero"`       // ask_swap: the other seat; agree_swap: the seat that asked
}

var rotationKinds = map[string]kind{
	kindCommit: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.Commit(w.Seat, w.Commitment, now)
	}),
	kindReveal: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.Reveal(w.Seat, w.Secret, w.BidMinor, now)
	}),
	kindBid: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.Bid(w.Seat, w.BidMinor, now)
	}),
	kindAskSwap: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.AskSwap(w.Seat, w.With, now)
	}),
	kindAgreeSwap: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.AgreeSwap(w.Seat, w.With, now)
	}),
	kindLeaveGroup: turning(func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error) {
		return g.Leave(w.Seat, rotation.Left, now)
	}),
}

// turning is an act by which a member does something with its seat.
func turning(do func(g *rotation.Group, w Turning, now time.Time) (rotation.Outcome, error)) kind {
	return kind{section: charter.SectionRotation, who: suspended, old: true, do: func(t *turn, by *Member, a act.Act) *Refusal {
		var w Turning
		if err := a.Decode(&w); err != nil {
			return refuse(FaultForm, "%v", err)
		}
		g := t.group(w.Group)
		switch {
		case g == nil:
			return refuse(FaultUnknown, "no group is %q", clip(w.Group))
		case !slices.Contains(g.SeatsOf(by.ID), w.Seat):
			return refuse(FaultRole, "seat %d of %s is another's", w.Seat, g.id)
		}
		return t.change(g, "", func(r *rotation.Group) (rotation.Outcome, error) { return do(r, w, t.now) })
	}}
}

// isEarly tells whether what a group refused may be possible later.
func isEarly(err error) bool {
	refused, ok := errors.AsType[*rotation.Error](err)
	return ok && (refused.Fault == rotation.FaultEarly || refused.Fault == rotation.FaultState)
}
