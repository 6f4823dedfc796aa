package decide

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/credit"
	"github.com/ayni-switch/ayni/fx"
)

// Paying is the body of kindPay: community units from one member to another, for what was done or given.
type Paying struct {
	To     string         `json:"to"`
	Amount Amount         `json:"amount"`
	Match  string         `json:"match,omitzero"` // of the board, that it is for
	Text   act.Commitment `json:"text,omitzero"`  // closed: what for
}

// Claiming is the body of kindClaim: what somebody owes the member who says so, until they agree that they do.
type Claiming struct {
	Debtor string         `json:"debtor"`
	Amount Amount         `json:"amount"`
	Text   act.Commitment `json:"text,omitzero"` // closed: what for
}

// OfClaim is the body of what is done about a claim.
type OfClaim struct {
	Claim string `json:"claim"`
	Yes   bool   `json:"yes,omitzero"` // acknowledge: that it is owed
}

const (
	kindPay         = "pay"
	kindClaim       = "claim"
	kindAcknowledge = "acknowledge"
	kindRelease     = "release"
	kindSetOff      = "set_off"
	lineClaim       = "claim"
)

var creditKinds = map[string]kind{
	kindPay:         {section: charter.SectionCredit, who: active, old: true, do: (*turn).payCredit},
	kindClaim:       {section: charter.SectionCredit, who: active, old: true, do: (*turn).claim},
	kindAcknowledge: {section: charter.SectionCredit, who: suspended, old: true, do: (*turn).acknowledge},
	kindRelease:     {section: charter.SectionCredit, who: suspended, old: true, do: (*turn).release},
	kindSetOff:      {section: charter.SectionCredit, who: active, old: true, do: (*turn).setOff},
}

// maxClaims bounds what is open; maxClaimsEach what is of one creditor.
const (
	maxClaims     = 2_000
	maxClaimsEach = 100
)

// claimState is where a claim is in its life.
type claimState string

const (
	claimed  claimState = "claimed" // by the creditor alone
	owed     claimState = "owed"    // and acknowledged
	denied   claimState = "denied"
	released claimState = "released" // by the creditor
	settled  claimState = "settled"  // set off, to nothing
)

// Claim is what one member owes another, as both say.
type Claim struct {
	ID               string // c1, c2, …
	Creditor, Debtor string
	Unit             fx.Currency
	LeftMinor        int64
	State            claimState
}

// turnover is what somebody paid or got in mutual credit.
type turnover struct {
	at     time.Time
	member string
	unit   fx.Currency
	minor  int64
}

// claimLine is a claim as it stands.
type claimLine struct {
	Claim    string      `json:"claim"`
	Creditor string      `json:"creditor"`
	Debtor   string      `json:"debtor"`
	Unit     fx.Currency `json:"unit"`
	Left     int64       `json:"left_minor"`
	State    claimState  `json:"state"`
}

func (t *turn) tellClaim(c *Claim) {
	t.say(charter.SectionCredit, []string{c.Creditor, c.Debtor}, lineClaim,
		claimLine{Claim: c.ID, Creditor: c.Creditor, Debtor: c.Debtor, Unit: c.Unit, Left: c.LeftMinor, State: c.State})
}

func creditAccount(member string) string { return "credit/" + member }
func heldAccount(member string) string   { return "held/" + member }

// CreditLimits is how far a member's balance in a mutual unit may go by its own acts.
func (s *State) CreditLimits(m *Member, unit fx.Currency) (credit.Limits, bool) {
	rule, ok := s.rules().CreditRule(unit)
	if !ok {
		return credit.Limits{}, false
	}
	var standing credit.Standing
	for _, id := range m.Vouches {
		if by := s.Member(id); by.Standing == active {
			standing.Vouches++
		}
	}
	standing.Years = credit.FullYears(m.Entered, s.now)
	standing.Reduced = 1000 - s.LimitPermille(m.ID)
	since := s.now.AddDate(0, 0, -rule.TurnoverDays)
	for _, x := range slices.Backward(s.turnovers) {
		if x.at.Before(since) {
			break
		}
		if x.member == m.ID && x.unit == unit {
			if sum, ok := fx.AddMinor(standing.TurnoverMinor, x.minor); ok {
				standing.TurnoverMinor = sum
			}
		}
	}
	return creditRule(rule).Limits(standing), true
}

// creditRule is the charter's rule as credit reckons with it.
func creditRule(r charter.CreditRule) credit.Rule {
	return credit.Rule{
		Unit: r.Unit, BaseMinor: r.BaseMinor, PerVouchMinor: r.PerVouchMinor, PerYearMinor: r.PerYearMinor,
		TurnoverPermille: r.TurnoverPermille, MaxOweMinor: r.MaxOweMinor, MaxHoldMinor: r.MaxHoldMinor,
		DemurragePermille: r.DemurragePermille, DemurrageDays: r.DemurrageDays,
	}
}

// ofCredit is credit's refusal.
func ofCredit(err error) *Refusal {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*credit.RefusalError](err); ok {
		switch refused.Fault {
		case credit.FaultOwe, credit.FaultHold:
			return later(FaultLimit, "%v", err)
		case credit.FaultMany:
			return refuse(FaultTooMany, "%v", err)
		default:
		}
	}
	return refuse(FaultForm, "%v", err)
}

// payCredit moves community units: mutual credit within both members' limits, vouchers that the payer holds.
func (t *turn) payCredit(by *Member, a act.Act) *Refusal {
	var w Paying
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	to := t.Member(w.To)
	unit, known := t.rules().Unit(w.Amount.Unit)
	switch {
	case to == nil || to.Standing != active:
		return refuse(FaultUnknown, "%q is no member in good standing", clip(w.To))
	case to == by:
		return refuse(FaultConflict, "nobody pays themselves")
	case !known || unit.Issue == charter.Outside:
		return refuse(FaultRules, "%s is no unit of the community", w.Amount.Unit)
	case !w.Amount.isSound():
		return refuse(FaultForm, "it moves nothing, or more than the pool books")
	}
	t.entry.Lines[0].About = []string{by.ID, to.ID}
	if unit.Issue == charter.Decided {
		return t.post(charter.SectionCredit, []string{by.ID, to.ID}, book.Posting{
			From: heldAccount(by.ID), To: heldAccount(to.ID), Unit: w.Amount.Unit, AmountMinor: w.Amount.Minor,
		})
	}
	payer, ruled := t.creditOf(by, w.Amount.Unit)
	payee, _ := t.creditOf(to, w.Amount.Unit)
	if !ruled {
		return refuse(FaultRules, "the charter sets no limits for %s", w.Amount.Unit)
	}
	if refused := ofCredit(credit.Pay(payer, payee, w.Amount.Minor)); refused != nil {
		return refused
	}
	return t.moveCredit(by.ID, to.ID, w.Amount)
}

func (s *State) creditOf(m *Member, unit fx.Currency) (credit.Account, bool) {
	limits, ok := s.CreditLimits(m, unit)
	return credit.Account{Member: m.ID, BalanceMinor: s.book.Balance(creditAccount(m.ID), unit), Limits: limits}, ok
}

func (t *turn) moveCredit(from, to string, amount Amount) *Refusal {
	refused := t.post(charter.SectionCredit, []string{from, to}, book.Posting{
		From: creditAccount(from), To: creditAccount(to), Unit: amount.Unit, AmountMinor: amount.Minor,
	})
	if refused == nil {
		for _, m := range []string{from, to} {
			t.turnovers = append(t.turnovers, turnover{at: t.now, member: m, unit: amount.Unit, minor: amount.Minor})
		}
	}
	return refused
}

func (t *turn) claim(by *Member, a act.Act) *Refusal {
	var w Claiming
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	debtor := t.Member(w.Debtor)
	_, known := t.rules().Unit(w.Amount.Unit)
	open, mine := 0, 0
	for _, c := range t.claims {
		if c.State == claimed || c.State == owed {
			open++
			if c.Creditor == by.ID {
				mine++
			}
		}
	}
	switch {
	case debtor == nil || debtor.Standing < suspended:
		return refuse(FaultUnknown, "no member is %q", clip(w.Debtor))
	case debtor == by:
		return refuse(FaultConflict, "nobody owes themselves")
	case !known || !w.Amount.isSound():
		return refuse(FaultForm, "no amount in a unit of the pool")
	case open >= maxClaims || mine >= maxClaimsEach:
		return later(FaultTooMany, "%d claims are open, %d of %s", open, mine, by.ID)
	}
	c := &Claim{
		ID: fmt.Sprintf("c%d", len(t.claims)+1), Creditor: by.ID, Debtor: debtor.ID, Unit: w.Amount.Unit,
		LeftMinor: w.Amount.Minor, State: claimed,
	}
	t.claims = append(t.claims, c)
	t.entry.Answer.Made = c.ID
	t.entry.Lines[0].About = []string{by.ID, debtor.ID}
	t.tellClaim(c)
	return nil
}

func (s *State) claimOf(id string) *Claim {
	if n := numberOf(id, "c"); n > 0 && n <= len(s.claims) && s.claims[n-1].ID == id {
		return s.claims[n-1]
	}
	return nil
}

// Claims lists what members say that they are owed. It is not changed.
func (s *State) Claims() []*Claim { return slices.Clone(s.claims) }

// acknowledge is the debtor's word that the claim is right, or not.
func (t *turn) acknowledge(by *Member, a act.Act) *Refusal {
	var w OfClaim
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	c := t.claimOf(w.Claim)
	switch {
	case c == nil || c.Debtor != by.ID:
		return refuse(FaultUnknown, "no claim on %s is %q", by.ID, clip(w.Claim))
	case c.State != claimed:
		return refuse(FaultNotNow, "%s is %s", c.ID, c.State)
	}
	if c.State = denied; w.Yes {
		c.State = owed
	}
	t.tellClaim(c)
	return nil
}

// release is the creditor's word that nothing is owed any more.
func (t *turn) release(by *Member, a act.Act) *Refusal {
	var w OfClaim
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	c := t.claimOf(w.Claim)
	switch {
	case c == nil || c.Creditor != by.ID:
		return refuse(FaultUnknown, "no claim of %s is %q", by.ID, clip(w.Claim))
	case c.State != claimed && c.State != owed:
		return refuse(FaultNotNow, "%s is %s", c.ID, c.State)
	}
	c.State = released
	t.tellClaim(c)
	return nil
}

// setOffLine is what a set-off came to in a unit, or a part of it: a line has place for so many.
type setOffLine struct {
	Unit  fx.Currency `json:"unit"`
	Gross int64       `json:"gross_minor"` // of all claims before
	Total int64       `json:"total_minor"` // discharged
	Parts []part      `json:"parts"`
}

type part struct {
	Claim string `json:"claim"`
	Minor int64  `json:"minor"` // discharged
	Left  int64  `json:"left_minor"`
}

// perLine is how many of many fit into one line.
const perLine = 100

// setOff discharges what goes round: claims that members acknowledged, along rings, without money. Anybody may ask for
// it: nobody's net position changes.
func (t *turn) setOff(_ *Member, a act.Act) *Refusal {
	if err := a.Decode(&struct{}{}); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	var open []credit.Claim
	for _, c := range t.claims {
		if c.State == owed {
			open = append(open, credit.Claim{ID: c.ID, Debtor: c.Debtor, Creditor: c.Creditor, Unit: c.Unit, Minor: c.LeftMinor})
		}
	}
	discharged, err := credit.SetOff(open, nil)
	if err != nil {
		return ofCredit(err)
	}
	moved := false
	for _, d := range discharged {
		if d.TotalMinor == 0 {
			continue
		}
		moved = true
		for some := range slices.Chunk(d.Parts, perLine) {
			line := setOffLine{Unit: d.Unit, Gross: d.GrossMinor, Total: d.TotalMinor}
			var about []string
			for _, p := range some {
				c := t.claimOf(p.Claim)
				if c.LeftMinor = p.LeftMinor; c.LeftMinor == 0 {
					c.State = settled
				}
				about = append(about, c.Creditor, c.Debtor)
				line.Parts = append(line.Parts, part{Claim: p.Claim, Minor: p.Minor, Left: p.LeftMinor})
			}
			t.say(charter.SectionCredit, about, "set_off", line)
		}
	}
	if !moved {
		return later(FaultNotEnough, "no claims go round")
	}
	return nil
}

// demurrage is how far a unit was charged.
type demurrage struct {
	last     time.Time
	next     int              // of the members, whom the charge that is under way looks at next
	residues map[string]int64 // by member
}

// chargeDemurrage takes what holding costs to the charter's fund, at each moment due: some members with each entry.
func (t *turn) chargeDemurrage() {
	for _, r := range t.rules().Credit {
		due, is := t.demurrageDue(r)
		if t.full() || !is {
			continue
		}
		at := t.charged[r.Unit]
		if at == nil {
			at = &demurrage{last: t.began, residues: map[string]int64{}}
			t.charged[r.Unit] = at
		}
		var holdings []credit.Holding
		for ; at.next < len(t.members) && len(holdings) < perLine; at.next++ {
			m := t.members[at.next]
			if minor := t.book.Balance(creditAccount(m.ID), r.Unit); minor > 0 {
				holdings = append(holdings, credit.Holding{Member: m.ID, BalanceMinor: minor, Residue: at.residues[m.ID]})
			}
		}
		if at.next == len(t.members) {
			at.last, at.next = due, 0
		}
		if charges, _, err := creditRule(r).Demurrage(holdings); err == nil {
			t.demur(r, at, charges)
		}
	}
}

// demur books charges, in one line.
func (t *turn) demur(r charter.CreditRule, at *demurrage, charges []credit.Charge) {
	var postings []book.Posting
	var about []string
	for _, c := range charges {
		at.residues[c.Member] = c.Residue
		if c.Minor > 0 {
			postings = append(postings, book.Posting{
				From: creditAccount(c.Member), To: fundAccount(r.DemurrageFund), Unit: r.Unit, AmountMinor: c.Minor, Purpose: "demurrage",
			})
			about = append(about, c.Member)
		}
	}
	if len(postings) == 0 || t.book.Book(postings...) != nil {
		return // nobody holds enough, or a sum past what 64 bits hold: nobody has that much
	}
	t.entry.Postings = append(t.entry.Postings, postings...)
	t.say(charter.SectionCredit, about, "demurrage", demurred{Unit: r.Unit, Postings: postings})
	t.balances(postings[:1])
}

// demurred is what holding a unit cost.
type demurred struct {
	Unit     fx.Currency    `json:"unit"`
	Postings []book.Posting `json:"postings"`
}

func (s *State) demurrageDue(r charter.CreditRule) (time.Time, bool) {
	last := s.began
	if at := s.charged[r.Unit]; at != nil {
		last = at.last
	}
	if r.DemurrageDays <= 0 || r.DemurragePermille <= 0 || r.DemurrageFund == "" {
		return time.Time{}, false
	}
	return creditRule(r).DemurrageDue(last, s.now)
}

func (s *State) demurrageEnds() (ends []time.Time) {
	if len(s.charters) == 0 {
		return nil
	}
	for _, r := range s.rules().Credit {
		if due, _ := s.demurrageDue(r); !due.IsZero() {
			ends = append(ends, due)
		}
	}
	return ends
}
