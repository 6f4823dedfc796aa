package decide

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// A rotating group may have seats of other pools. The pool that keeps the group is its host; pools tell each other by
// receipts of lines of their logs, so that none has to be believed:
//
//	host   Call    ─▶ a pool's part of a round is due
//	pool   Ready   ─▶ it is set aside in the pool's own book
//	host   Settle  ─▶ every part is there: all legs, with the names that their intents have
//	pool   Moved   ─▶ its leg was paid, or came back; the switch clears all legs in one batch or none
//
// The lines are told to the pools that they name, and shown otherwise as the charter says.

// The kinds of lines that other pools are told.
const (
	LineCall   = "call"
	LineReady  = "ready"
	LineSettle = "settle"
	LineMoved  = "moved"
)

// Ally is another pool in a group, or the host itself: where a pot for it goes.
type Ally struct {
	Key      string          `json:"key,omitzero"` // of its log; "" for the host
	Account  messaging.Party `json:"account"`      // the pool's own, at its own participant
	Currency fx.Currency     `json:"currency"`
}

// Call asks another pool for its part of a round.
type Call struct {
	To    string      `json:"to"` // pool
	Host  string      `json:"host"`
	Group string      `json:"group"`
	Round int         `json:"round"`
	Seat  int         `json:"seat"`
	Unit  fx.Currency `json:"unit"`
	Minor int64       `json:"minor"`
	Until time.Time   `json:"until"`
}

// Ready says that a part is set aside.
type Ready struct {
	To    string      `json:"to"` // host
	Pool  string      `json:"pool"`
	Group string      `json:"group"`
	Round int         `json:"round"`
	Seat  int         `json:"seat"`
	Unit  fx.Currency `json:"unit"`
	Minor int64       `json:"minor"`
}

// Settle says how a complete round moves.
type Settle struct {
	To       []string    `json:"to"`
	Host     string      `json:"host"`
	Group    string      `json:"group"`
	Round    int         `json:"round"`
	Attempt  int         `json:"attempt"`
	Receiver string      `json:"receiver"` // pool that gets the pot
	Ally     Ally        `json:"ally"`     // its account
	Legs     []SettleLeg `json:"legs"`     // by pool and unit
}

// SettleLeg is what one pool sends.
type SettleLeg struct {
	Pool  string      `json:"pool"`
	Ref   string      `json:"ref"` // of its order, and so of its intent
	Unit  fx.Currency `json:"unit"`
	Minor int64       `json:"minor"`
}

// Moved says what became of a pool's leg.
type Moved struct {
	To      string `json:"to"` // host
	Pool    string `json:"pool"`
	Group   string `json:"group"`
	Round   int    `json:"round"`
	Attempt int    `json:"attempt"`
	Moved   bool   `json:"moved"` // false where it came back
}

// Addressees are the pools that a line of these kinds is for.
func Addressees(body []byte) []string {
	var one struct {
		To string `json:"to"`
	}
	var many struct {
		To []string `json:"to"`
	}
	if json.Unmarshal(body, &one) == nil {
		return []string{one.To}
	}
	if json.Unmarshal(body, &many) != nil {
		return []string{}
	}
	return many.To
}

// WordHeard is the word that another pool told something: Heard.
const WordHeard = "heard"

var togetherWords = map[string]word{WordHeard: {section: charter.SectionRotation, do: (*turn).hearAlly}}

// Heard is what proves it.
type Heard struct {
	Receipt diary.Receipt `json:"receipt"`
}

// hearAlly takes what another pool's log proves that it said.
func (t *turn) hearAlly(body []byte) *Refusal {
	var w Heard
	if refused := decode(body, &w); refused != nil {
		return refused
	}
	line, key := t.told(&w.Receipt)
	if key == "" {
		return refuse(FaultSignature, "it is proven under no key of a pool that this one saves with")
	}
	var refused *Refusal
	switch line.Kind {
	case LineCall:
		refused = heardAs(line, func(c Call) *Refusal { return t.called(key, c) })
	case LineReady:
		refused = heardAs(line, func(r Ready) *Refusal { return t.ready(key, r) })
	case LineSettle:
		refused = heardAs(line, func(s Settle) *Refusal { return t.settles(key, s) })
	case LineMoved:
		refused = heardAs(line, func(m Moved) *Refusal { return t.moved(key, m) })
	default:
		refused = refuse(FaultKind, "%s", clip(line.Kind))
	}
	return refused
}

func heardAs[T any](line diary.Line, do func(T) *Refusal) *Refusal {
	var body T
	if err := line.Read(&body); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	return do(body)
}

// told is the line that a receipt proves under a key that the pool knows, and that key; "" where under none.
func (s *State) told(r *diary.Receipt) (diary.Line, string) {
	var tried []string
	for _, key := range s.allied() {
		if slices.Contains(tried, key) {
			continue
		}
		tried = append(tried, key)
		log, err := audit.ParseKey(key)
		if err != nil {
			continue
		}
		if line, _, err := r.Check(log); err == nil {
			return line, key
		}
	}
	return diary.Line{}, ""
}

// Knows tells whether a receipt is proven under the key of a pool that this one has to do with: nothing else is worth
// an entry of the log.
func (s *State) Knows(r *diary.Receipt) bool {
	if _, key := s.told(r); key != "" {
		return true
	}
	return slices.ContainsFunc(s.promises, func(p *Promise) bool {
		log, err := audit.ParseKey(p.Key)
		if err != nil {
			return false
		}
		_, _, err = r.Check(log)
		return err == nil
	})
}

// allied are the keys of pools that this one saves with, as host and as guest.
func (s *State) allied() (keys []string) {
	for _, g := range s.groups {
		for _, pool := range sortedKeys(g.allies) {
			if key := g.allies[pool].Key; key != "" {
				keys = append(keys, key)
			}
		}
	}
	for _, v := range s.ventures {
		keys = append(keys, v.Key)
	}
	return keys
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// checkAllies tells whether the pools of a group's seats are known: their keys, and where their pots go.
func (b *Beginning) checkAllies(s *State) *Refusal {
	for _, seat := range b.Seats {
		if seat.Pool == "" {
			continue
		}
		ally, ok := b.Allies[seat.Pool]
		key, err := audit.ParseKey(ally.Key)
		switch {
		case !ok || err != nil || key.Name() != string(diary.Origin(seat.Pool)):
			return refuse(FaultForm, "the key of the log of %s is missing", seat.Pool)
		case s.Member(seat.Member).Pool != seat.Pool:
			return refuse(FaultRules, "%s is not %s", seat.Member, seat.Pool)
		}
	}
	for pool, ally := range b.Allies {
		if ally.Account.Name == "" || ally.Account.Account == "" || ally.Currency.IsZero() {
			return refuse(FaultForm, "%s has no account", clip(pool))
		}
	}
	if _, own := b.Allies[s.pool]; len(b.Allies) > 0 && !own {
		return refuse(FaultForm, "the pool's own account is missing")
	}
	return nil
}

// call asks other pools for what their seats owe.
func (t *turn) call(g *group, n rotation.Notice) {
	if n.About != rotation.Collect || n.Seat == 0 || g.Seats[n.Seat-1].Pool == "" {
		return
	}
	t.say(charter.SectionRotation, []string{n.Member}, LineCall, Call{
		To: g.Seats[n.Seat-1].Pool, Host: t.pool, Group: g.id, Round: n.Round, Seat: n.Seat, Unit: n.Unit, Minor: n.Minor, Until: n.Until,
	})
}

// ready counts another pool's part as there.
func (t *turn) ready(key string, r Ready) *Refusal {
	g := t.group(r.Group)
	switch {
	case r.To != t.pool || g == nil || g.allies[r.Pool].Key != key:
		return refuse(FaultOtherPool, "it is not for a group that %s saves in", clip(r.Pool))
	case r.Seat < 1 || r.Seat > len(g.Seats) || g.Seats[r.Seat-1].Pool != r.Pool || g.Seats[r.Seat-1].Unit != r.Unit:
		return refuse(FaultRole, "seat %d is not of %s", r.Seat, r.Pool)
	}
	said := fmt.Sprintf("%d/%d", r.Round, r.Seat)
	if g.readied[said] {
		return refuse(FaultAlready, "round %d of seat %d", r.Round, r.Seat)
	}
	refused := t.change(g, "", func(group *rotation.Group) (rotation.Outcome, error) { return group.Pay(r.Seat, r.Minor, t.now) })
	if refused == nil {
		g.readied[said] = true
	}
	return refused
}

// settle tells everybody how a complete round moves, and pays the host's own leg.
func (t *turn) settleRound(g *group, b *rotation.Bundle) *Refusal {
	receiver := g.Seats[b.Legs[0].To-1]
	to := receiver.Pool
	if to == "" {
		to = t.pool
	}
	s := Settle{Host: t.pool, Group: g.id, Round: b.Round, Attempt: b.Attempt, Receiver: to, Ally: g.allies[to]}
	g.own = nil
	for _, leg := range b.Legs {
		pool := ""
		if leg.From > 0 {
			pool = g.Seats[leg.From-1].Pool
		}
		if pool == "" {
			pool = t.pool
		}
		if pool == to {
			if pool == t.pool {
				g.own = append(g.own, Amount{Minor: leg.Minor, Unit: leg.Unit})
			}
			continue // it is there
		}
		s.add(pool, leg.Unit, leg.Minor)
	}
	for _, pool := range sortedKeys(g.allies) {
		if pool != t.pool {
			s.To = append(s.To, pool)
		}
	}
	t.say(charter.SectionRotation, nil, LineSettle, s)
	if len(s.Legs) == 0 {
		return t.roundMoved(g, b.Round, b.Attempt, true)
	}
	return t.payLegs(s, potAccount(g.id))
}

// add puts an amount to a pool's leg.
func (s *Settle) add(pool string, unit fx.Currency, minor int64) {
	for i := range s.Legs {
		if s.Legs[i].Pool == pool && s.Legs[i].Unit == unit {
			s.Legs[i].Minor += minor // within what a group's contributions come to
			return
		}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d/%d/%s/%s", s.Host, s.Group, s.Round, s.Attempt, pool, unit))
	s.Legs = append(s.Legs, SettleLeg{Pool: pool, Ref: "g" + hex.EncodeToString(sum[:])[:19], Unit: unit, Minor: minor})
}

// moved hears what became of a leg. The switch clears all or none, so one leg says it of all.
func (t *turn) moved(key string, m Moved) *Refusal {
	g := t.group(m.Group)
	if m.To != t.pool || g == nil || g.allies[m.Pool].Key != key {
		return refuse(FaultOtherPool, "it is not for a group that %s saves in", clip(m.Pool))
	}
	return t.roundMoved(g, m.Round, m.Attempt, m.Moved)
}

// roundMoved ends a round whose legs have moved, or have it tried again.
func (t *turn) roundMoved(g *group, round, attempt int, moved bool) *Refusal {
	last := len(g.Rounds) - 1
	if last < 0 || last+1 != round || g.Rounds[last].State != rotation.Settling || g.Rounds[last].Attempt != attempt {
		return refuse(FaultAlready, "round %d, attempt %d is not on its way", round, attempt)
	}
	receiver := g.Seats[g.Rounds[last].Receiver-1]
	refused := t.change(g, "", func(r *rotation.Group) (rotation.Outcome, error) {
		if moved {
			return r.Settled(round, attempt, t.now)
		}
		return r.Failed(round, attempt, t.now)
	})
	if refused != nil || !moved || receiver.Pool != "" {
		return refused
	}
	for _, amount := range g.own {
		if refused := t.post(charter.SectionRotation, []string{receiver.Member}, book.Posting{
			From: potAccount(g.id), To: purseAccount(receiver.Member), Unit: amount.Unit, AmountMinor: amount.Minor, Purpose: "pay_pot",
		}); refused != nil {
			return refused
		}
	}
	g.own = nil
	return nil
}

// Venture is a group at another pool that this one saves in, by its own decision.
type Venture struct {
	Saving

	ID    string // the proposal's
	Spent int64  // set aside so far, less nothing: TotalMinor bounds it
	Calls []Called
	Kept  []int // rounds in which this pool received, and has its own part back
}

// Saving is the part of charter.Rotating by which a pool saves in another pool's group.
type Saving struct {
	Host       string      `json:"host"`
	Key        string      `json:"key"` // of the host's log
	Group      string      `json:"group"`
	Fund       string      `json:"fund"` // pays the contributions, and gets the pot
	Unit       fx.Currency `json:"unit"`
	EachMinor  int64       `json:"each_minor"`  // for one seat in one round, at most
	TotalMinor int64       `json:"total_minor"` // for all of them, at most
}

// Called is a call that was heard.
type Called struct {
	Call

	Aside bool // set aside, and said so
	Over  bool // not needed any more: the pot of that round is this pool's own
}

const maxVentures = 20

func (j *Saving) check(s *State) *Refusal {
	key, err := audit.ParseKey(j.Key)
	fund, known := s.rules().Fund(j.Fund)
	switch {
	case !messaging.ValidParticipant(j.Host) || j.Host == s.pool || err != nil || key.Name() != string(diary.Origin(j.Host)):
		return refuse(FaultForm, "no host, or the key is not of its log")
	case !known || fund.Unit != j.Unit:
		return refuse(FaultRules, "no fund of %s is %q", j.Unit, clip(j.Fund))
	case j.EachMinor <= 0 || j.TotalMinor < j.EachMinor || !isWord(j.Group):
		return refuse(FaultForm, "no group, or it pays nothing")
	case s.venture(j.Host, j.Group) != nil:
		return refuse(FaultAlready, "the pool saves in %s of %s", j.Group, j.Host)
	case len(s.ventures) >= maxVentures:
		return refuse(FaultTooMany, "%d groups of others", len(s.ventures))
	}
	return nil
}

// Ventures lists the groups of other pools that this one saves in. They are not changed.
func (s *State) Ventures() []*Venture { return slices.Clone(s.ventures) }

func (s *State) venture(host, group string) *Venture {
	if i := slices.IndexFunc(s.ventures, func(v *Venture) bool { return v.Host == host && v.Group == group }); i >= 0 {
		return s.ventures[i]
	}
	return nil
}

// called takes a host's call, and sets the part aside as soon as the fund has it.
func (t *turn) called(key string, c Call) *Refusal {
	v := t.venture(c.Host, c.Group)
	switch {
	case c.To != t.pool || v == nil || v.Key != key:
		return refuse(FaultOtherPool, "this pool does not save in %s of %s", clip(c.Group), clip(c.Host))
	case slices.ContainsFunc(v.Calls, func(known Called) bool { return known.Round == c.Round && known.Seat == c.Seat }):
		return refuse(FaultAlready, "round %d of seat %d", c.Round, c.Seat)
	case c.Unit != v.Unit || c.Minor <= 0 || c.Minor > v.EachMinor:
		return refuse(FaultLimit, "it asks for %d %s, and %d %s were decided", c.Minor, c.Unit, v.EachMinor, v.Unit)
	case v.Spent > v.TotalMinor-c.Minor:
		return refuse(FaultLimit, "%d of %d are spent", v.Spent, v.TotalMinor)
	}
	v.Spent += c.Minor
	v.Calls = append(v.Calls, Called{Call: c})
	return nil // setAside follows
}

// setAside takes out of funds what hosts have called for, as far as it is there.
func (t *turn) setAside() {
	for _, v := range t.ventures {
		for i := range v.Calls {
			c := &v.Calls[i]
			if c.Aside || c.Over || t.full() || t.book.Balance(fundAccount(v.Fund), v.Unit) < c.Minor {
				continue
			}
			if t.post(charter.SectionRotation, nil, book.Posting{
				From: fundAccount(v.Fund), To: ventureAccount(v.Host, v.Group), Unit: v.Unit, AmountMinor: c.Minor, Purpose: "set_aside",
			}) != nil {
				continue
			}
			c.Aside = true
			t.say(charter.SectionRotation, nil, LineReady, Ready{
				To: v.Host, Pool: t.pool, Group: v.Group, Round: c.Round, Seat: c.Seat, Unit: c.Unit, Minor: c.Minor,
			})
		}
	}
}

func ventureAccount(host, group string) string { return "rotation/" + host + "." + group }

// settles hears how a round of a host's group moves, and pays this pool's legs.
func (t *turn) settles(key string, s Settle) *Refusal {
	v := t.venture(s.Host, s.Group)
	switch {
	case v == nil || v.Key != key || !slices.Contains(s.To, t.pool):
		return refuse(FaultOtherPool, "this pool does not save in %s of %s", clip(s.Group), clip(s.Host))
	case !s.isSound():
		return refuse(FaultForm, "a round without a receiver or an attempt, or legs that are none")
	}
	var aside, asked int64
	for _, c := range v.Calls {
		if c.Round == s.Round && c.Aside {
			aside += c.Minor // each within EachMinor, all within TotalMinor
		}
	}
	for _, leg := range s.Legs {
		if leg.Pool == t.pool {
			if leg.Unit != v.Unit || leg.Minor > aside-asked {
				asked = -1 // more than there is, or of what was never asked for
				break
			}
			asked += leg.Minor
		}
	}
	if asked != aside && s.Receiver != t.pool {
		return refuse(FaultChanged, "it asks for something else than the %d %s that are set aside", aside, v.Unit)
	}
	if refused := t.supersede(s); refused != nil {
		return refused
	}
	if s.Receiver == t.pool {
		return t.keepOwn(v, s, aside)
	}
	return t.payLegs(s, ventureAccount(s.Host, s.Group))
}

// isSound tells whether what another pool says of a round can be booked and ordered.
func (s *Settle) isSound() bool {
	return s.Attempt > 0 && messaging.ValidParticipant(s.Receiver) && !s.Ally.Currency.IsZero() &&
		len(s.Legs) > 0 && len(s.Legs) <= messaging.MaxBundleLegs &&
		!slices.ContainsFunc(s.Legs, func(leg SettleLeg) bool {
			return !messaging.ValidParticipant(leg.Pool) || leg.Unit.IsZero() || leg.Minor <= 0 || !isWord(leg.Ref)
		})
}

// supersede makes way for a newer attempt at a round: legs of earlier ones that no fund has paid are over.
func (t *turn) supersede(s Settle) *Refusal {
	var unpaid []*Proposal
	for _, p := range t.proposals {
		l, ok := p.Subject.(*Leg)
		if !ok || l.Settle.Host != s.Host || l.Settle.Group != s.Group || l.Settle.Round != s.Round {
			continue
		}
		switch {
		case l.Settle.Attempt >= s.Attempt:
			return refuse(FaultAlready, "attempt %d was heard", l.Settle.Attempt)
		case p.Payout == PayoutFunded || p.Payout == PayoutPaid:
			return later(FaultNotNow, "attempt %d is on its way", l.Settle.Attempt)
		case p.Payout == PayoutDue:
			unpaid = append(unpaid, p)
		default:
		}
	}
	for _, p := range unpaid {
		p.Payout, p.Why = PayoutLapsed, "another attempt"
		t.tellPayout(p, 0, p.Why)
	}
	return nil
}

// keepOwn puts a receiver's own part back where the pot comes to.
func (t *turn) keepOwn(v *Venture, s Settle, aside int64) *Refusal {
	if aside > 0 && !v.kept(s.Round) {
		if refused := t.post(charter.SectionRotation, nil, book.Posting{
			From: ventureAccount(s.Host, s.Group), To: fundAccount(v.Fund), Unit: v.Unit, AmountMinor: aside, Purpose: "own_part",
		}); refused != nil {
			return refused
		}
		v.Kept = append(v.Kept, s.Round)
	}
	for i := range v.Calls {
		v.Calls[i].Over = v.Calls[i].Over || v.Calls[i].Round == s.Round
	}
	return nil
}

func (v *Venture) kept(round int) bool { return slices.Contains(v.Kept, round) }

// Leg is a payout of one pool's part of a round: it moves with all others or not at all.
type Leg struct {
	Payout

	Account string `json:"account"` // that it is taken from
	Settle  Settle `json:"settle"`
	Ref     string `json:"ref"`
}

func (l *Leg) check(*State, *Proposal) *Refusal    { return nil }
func (l *Leg) section() charter.Section            { return charter.SectionRotation }
func (l *Leg) source(*State) (string, fx.Currency) { return l.Account, l.Amount.Unit }
func (l *Leg) weighs(*State) fx.Money              { return fx.Money{} }
func (l *Leg) receivedAccount() string             { return "received/" + l.To }

// followed tells the host, or is the host.
func (l *Leg) followed(t *turn, p *Proposal) {
	if p.Payout != PayoutPaid && p.Payout != PayoutReturned && p.Payout != PayoutLapsed {
		return
	}
	s, moved := l.Settle, p.Payout == PayoutPaid
	if s.Host != t.pool {
		t.say(charter.SectionRotation, nil, LineMoved, Moved{
			To: s.Host, Pool: t.pool, Group: s.Group, Round: s.Round, Attempt: s.Attempt, Moved: moved,
		})
		return
	}
	if g := t.group(s.Group); g != nil {
		_ = t.roundMoved(g, s.Round, s.Attempt, moved) // refused where another leg has said it
	}
}

// payLegs pays this pool's legs of a round out of an account, once.
func (t *turn) payLegs(s Settle, account string) *Refusal {
	for _, leg := range s.Legs {
		if leg.Pool != t.pool {
			continue
		}
		l := &Leg{
			Payout: Payout{
				To: s.Receiver, Amount: Amount{Minor: leg.Minor, Unit: leg.Unit}, Fixed: fx.FixedSource, MaxCost: Amount{Minor: leg.Minor, Unit: leg.Unit},
				Reference: turnReference(s.Host, s.Group, s.Round),
			},
			Account: account, Settle: s, Ref: leg.Ref,
		}
		text, err := audit.Canonical(l)
		if err != nil {
			return refuse(FaultForm, "%v", err)
		}
		p := &Proposal{
			ID: fmt.Sprintf("p%d", len(t.proposals)+1), Kind: charter.Payout, Version: t.rules().Version, Opened: t.now,
			Entry: t.entry.Index, Begins: t.now, Ends: t.now, Due: t.now, Expires: t.now.Add(rotation.RetryPause), State: Passed, Subject: l,
		}
		if refused := t.put(p, text); refused != nil {
			return refused
		}
		t.settle(p)
	}
	return nil
}

// turnWord begins the reference of a pot's part.
const turnWord = "turn"

func turnReference(host, group string, round int) string {
	return fmt.Sprintf("%s %s %s %d", turnWord, host, group, round)
}

// takePot books a part of a pot that came from another pool; false where the reference names none.
func (t *turn) takePot(c Coming) (bool, *Refusal) {
	words := strings.Fields(c.Reference)
	if len(words) != 4 || words[0] != turnWord {
		return false, nil
	}
	from, to := contributedAccount(words[1]), ""
	if v := t.venture(words[1], words[2]); v != nil && v.Unit == c.Amount.Unit {
		to = fundAccount(v.Fund)
	}
	if g := t.group(words[2]); g != nil && words[1] == t.pool {
		for n, r := range g.Rounds {
			if words[3] == fmt.Sprint(n+1) && r.Receiver > 0 && g.Seats[r.Receiver-1].Pool == "" {
				to = purseAccount(g.Seats[r.Receiver-1].Member)
			}
		}
	}
	if to == "" {
		return false, nil
	}
	return true, t.post(charter.SectionRotation, nil, book.Posting{
		From: from, To: to, Unit: c.Amount.Unit, AmountMinor: c.Amount.Minor, Purpose: "pot",
	})
}
