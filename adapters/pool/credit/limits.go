package credit

import (
	"math"
	"math/bits"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Rule bounds what members may owe and hold in a unit that they issue mutually, and what holding costs.
// Amounts are minor units of Unit.
type Rule struct {
	Unit              fx.Currency
	BaseMinor         int64 // what anybody may owe
	PerVouchMinor     int64 // more for each member who vouches
	PerYearMinor      int64 // more for each full year of membership
	TurnoverPermille  int   // of turnover is more to owe
	MaxOweMinor       int64 // however much the rest makes
	MaxHoldMinor      int64 // what anybody may hold; 0 for any
	DemurragePermille int   // of what is held, each DemurrageDays; 0 for none
	DemurrageDays     int
}

const permille = 1000

// Check tells whether a rule makes sense. Errors are *RefusalError.
func (r Rule) Check() error {
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"unit", !r.Unit.IsZero()},
		{"base", r.BaseMinor >= 0},
		{"per_vouch", r.PerVouchMinor >= 0},
		{"per_year", r.PerYearMinor >= 0},
		{"turnover", r.TurnoverPermille >= 0 && r.TurnoverPermille <= permille},
		{"max_owe", r.MaxOweMinor >= 0},
		{"max_hold", r.MaxHoldMinor >= 0},
		{"demurrage", r.DemurragePermille >= 0 && r.DemurragePermille <= permille},
		{"demurrage_days", r.DemurrageDays >= 0 && (r.DemurrageDays > 0 || r.DemurragePermille == 0)},
	} {
		if !f.ok {
			return refuse(FaultRule, f.name)
		}
	}
	return nil
}

// Standing is what a rule looks at of a member.
type Standing struct {
	Vouches       int   // members in good standing who vouch
	Years         int   // full years of membership: FullYears
	TurnoverMinor int64 // paid and received in the days that turnover counts
	Reduced       int   // permille of the limit to owe that a sanction takes away
}

// Limits are how far a balance may go by its member's own acts.
type Limits struct {
	OweMinor  int64 // below zero
	HoldMinor int64 // above zero; math.MaxInt64 for any
}

// Limits works out a member's limits. What a sanction takes away is rounded up; nothing overflows.
func (r Rule) Limits(s Standing) Limits {
	owe := sum{}
	owe.add(r.BaseMinor, 1)
	owe.add(r.PerVouchMinor, int64(s.Vouches))
	owe.add(r.PerYearMinor, int64(s.Years))
	owe.add(share(s.TurnoverMinor, r.TurnoverPermille), 1)
	left := permille - min(max(s.Reduced, 0), permille)
	limits := Limits{OweMinor: share(min(owe.minor(), r.MaxOweMinor), left), HoldMinor: r.MaxHoldMinor}
	if limits.HoldMinor == 0 {
		limits.HoldMinor = math.MaxInt64
	}
	return limits
}

// share is so many permille of an amount that is not negative, rounded down.
func share(minor int64, of int) int64 {
	if minor <= 0 || of <= 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(minor), uint64(min(of, permille)))
	quotient, _ := bits.Div64(high, low, permille)
	return int64(quotient) //nolint:gosec // no more than minor
}

// sum adds what is not negative, and stops at math.MaxInt64.
type sum struct{ total uint64 }

func (s *sum) add(minor, times int64) {
	if minor <= 0 || times <= 0 {
		return
	}
	high, low := bits.Mul64(uint64(minor), uint64(times))
	if high != 0 || low > math.MaxInt64 {
		low = math.MaxInt64
	}
	s.total = min(s.total+low, math.MaxInt64)
}

func (s *sum) minor() int64 { return int64(s.total) } //nolint:gosec // add keeps it so

// Check tells whether a member may change its balance by an amount: negative to pay, positive to be paid.
// Who is past a limit already may only come back. Errors are *RefusalError.
func Check(balanceMinor, amountMinor int64, l Limits) error {
	if fault := l.fault(balanceMinor, amountMinor); fault != "" {
		return refuse(fault, "balance")
	}
	return nil
}

func (l Limits) fault(balanceMinor, amountMinor int64) Fault {
	after, ok := fx.AddMinor(balanceMinor, amountMinor)
	switch {
	case !ok:
		return FaultOverflow
	case amountMinor < 0 && after < -l.OweMinor:
		return FaultOwe
	case amountMinor > 0 && after > l.HoldMinor:
		return FaultHold
	}
	return ""
}

// Account is a member's balance in a unit, and how far it may go.
type Account struct {
	Member       string
	BalanceMinor int64
	Limits       Limits
}

// Pay tells whether one member may pay another so much. Errors are *RefusalError.
func Pay(payer, payee Account, minor int64) error {
	switch {
	case minor <= 0:
		return refuse(FaultAmount, payer.Member)
	case payer.Member == payee.Member:
		return refuse(FaultSelf, payer.Member)
	}
	if fault := payer.Limits.fault(payer.BalanceMinor, -minor); fault != "" {
		return refuse(fault, payer.Member)
	}
	if fault := payee.Limits.fault(payee.BalanceMinor, minor); fault != "" {
		return refuse(fault, payee.Member)
	}
	return nil
}

// FullYears counts the years of membership that are complete; who joined on a leap day has its day on 1 March.
func FullYears(since, now time.Time) int {
	since, now = since.UTC(), now.UTC()
	years := now.Year() - since.Year()
	if since.AddDate(years, 0, 0).After(now) {
		years--
	}
	return max(years, 0)
}
