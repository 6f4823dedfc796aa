package credit

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// note is one voucher of one minor unit, for the model: it is somewhere until it is redeemed or has expired.
type note struct {
	holder  string
	expires time.Time
}

// notes counts what a holder has, by when it expires.
func notes(all []note, holder string) map[time.Time]int64 {
	count := map[time.Time]int64{}
	for _, n := range all {
		if n.holder == holder {
			count[n.expires]++
		}
	}
	return count
}

// Vouchers do what single notes of one unit do: none is lost and none is doubled, each keeps its expiry, and the first to
// expire goes first. What is refused changes nothing.
func TestVouchersAreNotes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, now := NewVouchers(), noon
		var all []note
		issued, redeemed, expired := int64(0), int64(0), int64(0)
		holder := rapid.SampledFrom([]string{"amina", "baraka", "chipo"})
		for range rapid.IntRange(1, 60).Draw(t, "acts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
			before, err := v.Clone(), error(nil)
			from, minor := holder.Draw(t, "from"), rapid.Int64Range(-1, 12).Draw(t, "minor")
			switch rapid.IntRange(0, 5).Draw(t, "act") {
			case 0, 1:
				var lot Lot
				by := Issuer{Issue: Decided, ExpiryDays: rapid.IntRange(0, 3).Draw(t, "days"), MaxMinor: 40}
				if lot, err = v.Issue(by, from, minor, now); err == nil {
					require.Equal(t, minor, lot.Minor)
					issued += minor
					for range minor {
						all = append(all, note{from, lot.Expires})
					}
				}
			case 2, 3:
				to := holder.Draw(t, "to")
				var lots []Lot
				if lots, err = v.Move(from, to, minor, now); err == nil {
					all = take(t, all, from, to, lots, minor, now)
				}
			case 4:
				var lots []Lot
				if lots, err = v.Redeem(from, minor, now); err == nil {
					all = take(t, all, from, "", lots, minor, now)
					redeemed += minor
				}
			case 5:
				for _, void := range v.Expire(now) {
					expired += void.Minor
				}
				all = slices.DeleteFunc(all, func(n note) bool { return !n.expires.IsZero() && !now.Before(n.expires) })
			}
			if err != nil {
				require.ErrorAs(t, err, new(*RefusalError))
				require.Equal(t, before, v)
			}
			require.Equal(t, []int64{issued, redeemed, expired}, []int64{v.IssuedMinor, v.RedeemedMinor, v.ExpiredMinor})
			held := int64(0)
			for _, name := range []string{"amina", "baraka", "chipo"} {
				purse, count := v.Purses[name], map[time.Time]int64{}
				require.True(t, slices.IsSortedFunc(purse, soonest))
				for _, l := range purse {
					require.Positive(t, l.Minor)
					require.NotContains(t, count, l.Expires)
					count[l.Expires] = l.Minor
					held += l.Minor
				}
				require.Equal(t, notes(all, name), count)
			}
			require.Equal(t, v.HeldMinor(), held)
		}
	})
}

// take moves notes as lots say, and checks that they are good and that none that expires sooner was left.
func take(t *rapid.T, all []note, from, to string, lots []Lot, minor int64, now time.Time) []note {
	total := int64(0)
	for _, l := range lots {
		require.False(t, l.void(now))
		total += l.Minor
		for range l.Minor {
			at := slices.Index(all, note{from, l.Expires})
			require.GreaterOrEqual(t, at, 0)
			all[at].holder = to
		}
	}
	require.Equal(t, minor, total)
	for _, n := range all {
		if left := (Lot{Expires: n.expires}); n.holder == from && from != to && !left.void(now) {
			require.GreaterOrEqual(t, soonest(left, lots[len(lots)-1]), 0)
		}
	}
	return slices.DeleteFunc(all, func(n note) bool { return n.holder == "" })
}

func TestVouchersHoldForTheirDaysAndTheRestOfTheLast(t *testing.T) {
	v, by := NewVouchers(), Issuer{Issue: Decided, ExpiryDays: 2}
	lot, err := v.Issue(by, "amina", 10, noon)
	require.NoError(t, err)
	midnight := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, Lot{midnight, 10}, lot)
	_, err = v.Issue(by, "amina", 5, noon.Add(11*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, Purse{{midnight, 15}}, v.Purses["amina"])
	_, err = v.Issue(Issuer{Issue: Decided}, "amina", 1, noon)
	require.NoError(t, err)
	assert.EqualValues(t, 16, v.Purses["amina"].Good(midnight.Add(-1)))
	assert.EqualValues(t, 1, v.Purses["amina"].Good(midnight))
	_, err = v.Move("amina", "baraka", 2, midnight)
	requireRefusal(t, RefusalError{FaultShort, "amina"}, err)
	assert.Equal(t, []Void{{"amina", 15}}, v.Expire(midnight))
	assert.Empty(t, v.Expire(midnight))
	assert.EqualValues(t, 1, v.HeldMinor())
}

// What has expired makes room for more.
func TestIssuingIsLimitedByWhatIsHeld(t *testing.T) {
	v, by := NewVouchers(), Issuer{Issue: Decided, ExpiryDays: 1, MaxMinor: 10}
	_, err := v.Issue(by, "amina", 10, noon)
	require.NoError(t, err)
	later := noon.AddDate(0, 0, 2)
	_, err = v.Issue(by, "amina", 1, later)
	requireRefusal(t, RefusalError{FaultTotal, "amina"}, err)
	v.Expire(later)
	_, err = v.Issue(by, "amina", 10, later)
	require.NoError(t, err)
}

func TestACopyStaysAsItIs(t *testing.T) {
	v, by := NewVouchers(), Issuer{Issue: Decided, ExpiryDays: 1}
	_, err := v.Issue(by, "amina", 10, noon)
	require.NoError(t, err)
	_, err = v.Issue(by, "baraka", 10, noon)
	require.NoError(t, err)
	c, lot := v.Clone(), v.Purses["amina"][0]
	_, err = v.Issue(by, "amina", 5, noon)
	require.NoError(t, err)
	_, err = v.Move("baraka", "amina", 5, noon)
	require.NoError(t, err)
	assert.Equal(t, map[string]Purse{"amina": {lot}, "baraka": {lot}}, c.Purses)
	assert.EqualValues(t, 20, c.IssuedMinor)
}

func TestVouchersThatAreRefused(t *testing.T) {
	decided := Issuer{Issue: Decided, MaxMinor: 100}
	for name, c := range map[string]struct {
		want Fault
		act  func(*Vouchers) error
	}{
		"money is not issued":         {FaultIssue, func(v *Vouchers) error { _, err := v.Issue(Issuer{Issue: Outside}, "amina", 1, noon); return err }},
		"mutual credit is not issued": {FaultIssue, func(v *Vouchers) error { _, err := v.Issue(Issuer{Issue: Mutually}, "amina", 1, noon); return err }},
		"not for ever and a day": {FaultIssue, func(v *Vouchers) error {
			_, err := v.Issue(Issuer{Decided, MaxExpiryDays + 1, 0}, "amina", 1, noon)
			return err
		}},
		"nothing":  {FaultAmount, func(v *Vouchers) error { _, err := v.Issue(decided, "amina", 0, noon); return err }},
		"too much": {FaultTotal, func(v *Vouchers) error { _, err := v.Issue(decided, "amina", 51, noon); return err }},
		"far too much": {FaultOverflow, func(v *Vouchers) error {
			_, err := v.Issue(Issuer{Issue: Decided}, "amina", math.MaxInt64, noon)
			return err
		}},
		"to oneself":        {FaultSelf, func(v *Vouchers) error { _, err := v.Move("amina", "amina", 1, noon); return err }},
		"more than one has": {FaultShort, func(v *Vouchers) error { _, err := v.Move("amina", "baraka", 51, noon); return err }},
		"a negative amount": {FaultAmount, func(v *Vouchers) error { _, err := v.Redeem("amina", -1, noon); return err }},
		"of nobody":         {FaultShort, func(v *Vouchers) error { _, err := v.Redeem("baraka", 1, noon); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			v := NewVouchers()
			_, err := v.Issue(decided, "amina", 50, noon)
			require.NoError(t, err)
			before, refusal := v.Clone(), new(RefusalError)
			require.ErrorAs(t, c.act(v), &refusal)
			assert.Equal(t, c.want, refusal.Fault)
			assert.Equal(t, before, v)
		})
	}
}
