package rotation

import (
	"regexp"
	"slices"

	"github.com/ayni-switch/ayni/fx"
)

// token is the form of ids of groups, members and pools.
var token = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,47}$`)

// check tells whether terms and seats make a group. Errors are *Error: FaultTerms.
func (g *Group) check() error {
	for _, err := range []error{g.checkTerms(), g.checkMethod(), g.checkSeats(), g.checkUnits()} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *Group) checkTerms() error {
	t := g.Terms
	bad := func(format string, args ...any) error { return g.refuse(FaultTerms, format, args...) }
	switch {
	case !token.MatchString(t.ID):
		return bad("an id that is no token")
	case len(g.Seats) < MinSeats || len(g.Seats) > MaxSeats:
		return bad("%d seats; want %d to %d", len(g.Seats), MinSeats, MaxSeats)
	case t.Start.IsZero():
		return bad("no start")
	case t.RoundDays < 1 || t.RoundDays > MaxRoundDays:
		return bad("rounds of %d days; want 1 to %d", t.RoundDays, MaxRoundDays)
	case t.DueDays < 0 || t.DueDays > t.RoundDays:
		return bad("due after %d days; want 0 to %d, a round", t.DueDays, t.RoundDays)
	case t.GraceDays < 0 || t.GraceDays > MaxDays:
		return bad("%d days of grace; want 0 to %d", t.GraceDays, MaxDays)
	case t.RemindDays < 1 || t.RemindDays > MaxDays:
		return bad("%d days between reminders; want 1 to %d", t.RemindDays, MaxDays)
	case t.Reminders < 0 || t.Reminders > MaxReminders:
		return bad("%d reminders; want 0 to %d", t.Reminders, MaxReminders)
	case t.GiveBack != AtReplacement && t.GiveBack != AtEnd:
		return bad("give back %.32q", t.GiveBack)
	}
	return nil
}

func (g *Group) checkMethod() error {
	t := g.Terms
	bad := func(format string, args ...any) error { return g.refuse(FaultTerms, format, args...) }
	auction, sealed := t.Method == Auction, t.Method == Drawing || t.Method == Auction && t.Sealed
	switch {
	case t.Method != Fixed && t.Method != Need && t.Method != Drawing && !auction:
		return bad("method %.32q", t.Method)
	case t.Order != nil && t.Method != Fixed:
		return bad("an order that turns are not taken in")
	case t.Order != nil && !isPermutation(t.Order, len(g.Seats)):
		return bad("an order that does not name each seat once")
	case !within(t.CommitDays, auction || t.Method == Drawing) || !within(t.RevealDays, sealed):
		return bad("%d days to commit, %d to reveal; want 1 to %d where it is done, else none", t.CommitDays, t.RevealDays, MaxDays)
	case t.Sealed && !auction:
		return bad("sealed, without an auction")
	case auction && (t.Floor < 0 || t.Floor > t.Ceiling || t.Ceiling < 1 || t.Ceiling > 1000):
		return bad("bids of %d to %d permille", t.Floor, t.Ceiling)
	case !auction && (t.Floor != 0 || t.Ceiling != 0):
		return bad("bounds of bids, without an auction")
	case auction && t.Atomic:
		return bad("an auction over several pools")
	}
	return nil
}

// within tells whether a number of days is one where it is wanted, and none where not.
func within(n int, wanted bool) bool {
	if !wanted {
		return n == 0
	}
	return n >= 1 && n <= MaxDays
}

func isPermutation(order []int, n int) bool {
	seen := make([]bool, n)
	for _, seat := range order {
		if seat < 1 || seat > n || seen[seat-1] {
			return false
		}
		seen[seat-1] = true
	}
	return len(order) == n
}

func (g *Group) checkSeats() error {
	for i, s := range g.Seats {
		switch {
		case !token.MatchString(s.Member):
			return g.refuse(FaultTerms, "seat %d: a member that is no token", i+1)
		case s.Pool != "" && (!g.Terms.Atomic || !token.MatchString(s.Pool)):
			return g.refuse(FaultTerms, "seat %d: a pool that is no token, or in a group of one pool", i+1)
		case s.Unit.IsZero():
			return g.refuse(FaultTerms, "seat %d: no unit", i+1)
		case s.ContributionMinor < 1 || s.ContributionMinor > MaxContributionMinor:
			return g.refuse(FaultTerms, "seat %d: a contribution of %d; want 1 to %d", i+1, s.ContributionMinor, int64(MaxContributionMinor))
		}
	}
	return nil
}

// checkUnits holds contributions against each other: in one unit they are one amount. Who wants to pay twice as much
// takes two seats.
func (g *Group) checkUnits() error {
	type purse struct {
		pool string
		unit fx.Currency
	}
	var purses []purse
	amounts := Funds{}
	for i, s := range g.Seats {
		if amount, ok := amounts[s.Unit]; ok && amount != s.ContributionMinor {
			return g.refuse(FaultTerms, "seat %d: another contribution in the same unit", i+1)
		}
		amounts[s.Unit] = s.ContributionMinor
		for _, p := range []purse{{s.Pool, s.Unit}, {"", s.Unit}} { // the reserve is in this pool
			if !slices.Contains(purses, p) {
				purses = append(purses, p)
			}
		}
	}
	switch {
	case g.Terms.Method == Auction && len(amounts) > 1:
		return g.refuse(FaultTerms, "an auction in %d units", len(amounts))
	case g.Terms.Atomic && len(purses) > MaxBundle:
		return g.refuse(FaultTerms, "%d pools and units in a bundle; want %d at most", len(purses), MaxBundle)
	}
	return nil
}
