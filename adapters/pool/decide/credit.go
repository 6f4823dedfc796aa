package decide

import (
	"errors"
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

// turnover is what somebody paid or got in mutual credit.
type turnover struct {
	at     time.Time
	member string
	unit   fx.Currency
	minor  int64
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
