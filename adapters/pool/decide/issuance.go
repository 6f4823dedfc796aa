package decide

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// Issuance is the subject of charter.Issuance: units of the community that come to be by decision, in a fund or in a
// member's hands.
type Issuance struct {
	Amount Amount `json:"amount"`
	Fund   string `json:"fund,omitzero"`
	Member string `json:"member,omitzero"` // where there is no fund
}

func (i *Issuance) weighs(*State) fx.Money {
	return fx.Money{Minor: i.Amount.Minor, Currency: i.Amount.Unit}
}

// concerns is whoever gets them.
func (i *Issuance) concerns(*State) []string {
	if i.Member == "" {
		return nil
	}
	return []string{i.Member}
}

func (i *Issuance) section() charter.Section { return charter.SectionDecisions }

func (i *Issuance) check(s *State, _ *Proposal) *Refusal {
	unit, known := s.rules().Unit(i.Amount.Unit)
	fund, isFund := s.rules().Fund(i.Fund)
	m := s.Member(i.Member)
	switch {
	case i.Amount.Minor <= 0:
		return refuse(FaultForm, "it issues nothing")
	case !known || unit.Issue != charter.Decided:
		return refuse(FaultRules, "no decision issues %s", i.Amount.Unit)
	case (i.Fund == "") == (i.Member == ""):
		return refuse(FaultForm, "either a fund gets it or a member")
	case i.Fund != "" && (!isFund || fund.Unit != i.Amount.Unit):
		return refuse(FaultRules, "no fund of %s is %q", i.Amount.Unit, clip(i.Fund))
	case i.Member != "" && (m == nil || m.Standing != active):
		return refuse(FaultUnknown, "%q is no member in good standing", clip(i.Member))
	}
	return nil
}

func issuedAccount(unit fx.Currency) string { return "issued/" + unit.String() }

func (i *Issuance) carry(t *turn, p *Proposal) *Refusal {
	to := heldAccount(i.Member)
	if i.Fund != "" {
		to = fundAccount(i.Fund)
	}
	return t.post(charter.SectionBalance, i.concerns(t.State), book.Posting{
		From: issuedAccount(i.Amount.Unit), To: to, Unit: i.Amount.Unit, AmountMinor: i.Amount.Minor, Purpose: p.ID,
	})
}

// lot is units that expire together, wherever they have gone since they were issued.
type lot struct {
	minor   int64
	expires time.Time
}

// moveLots lets lots go where their units go, the oldest first. What a promise holds is nobody's to expire.
func (t *turn) moveLots(postings []book.Posting) {
	for _, p := range postings {
		from, to := book.Account{Path: p.From, Unit: p.Unit}, book.Account{Path: p.To, Unit: p.Unit}
		moved := t.takeLots(from, p.AmountMinor)
		if unit, _ := t.rules().Unit(p.Unit); p.From == issuedAccount(p.Unit) && unit.ExpiryDays > 0 {
			moved = []lot{{minor: p.AmountMinor, expires: t.now.AddDate(0, 0, unit.ExpiryDays)}}
		}
		if len(moved) > 0 && !book.MayOwe(p.To) {
			t.lots[to] = joined(append(t.lots[to], moved...))
		}
	}
}

// joined is lots in the order of their end, one for each moment.
func joined(lots []lot) (all []lot) {
	slices.SortStableFunc(lots, func(a, b lot) int { return a.expires.Compare(b.expires) })
	for _, l := range lots {
		if n := len(all); n > 0 && all[n-1].expires.Equal(l.expires) {
			all[n-1].minor += l.minor
		} else {
			all = append(all, l)
		}
	}
	return all
}

// takeLots takes the oldest lots of an account, up to an amount.
func (t *turn) takeLots(from book.Account, minor int64) (taken []lot) {
	lots := t.lots[from]
	for len(lots) > 0 && minor > 0 {
		part := min(lots[0].minor, minor)
		taken = append(taken, lot{minor: part, expires: lots[0].expires})
		minor -= part
		if lots[0].minor -= part; lots[0].minor == 0 {
			lots = lots[1:]
		}
	}
	if t.lots[from] = lots; len(lots) == 0 {
		delete(t.lots, from)
	}
	return taken
}

// expires tells whether units expire in an account: those on their way or handed out on paper do not.
func expires(path string) bool { return isFund(path) || strings.HasPrefix(path, "held/") }

// expireLots takes units back that nobody used in time.
func (t *turn) expireLots() {
	var over []book.Account
	for account, lots := range t.lots {
		if expires(account.Path) && !t.now.Before(lots[0].expires) {
			over = append(over, account)
		}
	}
	slices.SortFunc(over, func(a, b book.Account) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Unit.String(), b.Unit.String()))
	})
	for _, account := range over {
		if t.full() {
			return
		}
		minor := int64(0)
		for _, l := range t.lots[account] {
			if !t.now.Before(l.expires) {
				minor += l.minor
			}
		}
		var about []string
		if m := t.Member(strings.TrimPrefix(account.Path, "held/")); m != nil {
			about = []string{m.ID}
		}
		// It cannot fail: an account holds its lots at least.
		_ = t.post(charter.SectionBalance, about, book.Posting{
			From: account.Path, To: issuedAccount(account.Unit), Unit: account.Unit, AmountMinor: minor, Purpose: "expired",
		})
	}
}

func (s *State) lotEnds() (ends []time.Time) {
	for account, lots := range s.lots {
		if expires(account.Path) {
			ends = append(ends, lots[0].expires)
		}
	}
	return ends
}
