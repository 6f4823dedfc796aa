package credit

import (
	"maps"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Issue says how units come to be.
type Issue string

// How units come to be. Only what is decided makes vouchers.
const (
	Outside  Issue = "outside"
	Decided  Issue = "decided"
	Mutually Issue = "mutually"
)

// MaxExpiryDays bounds how long a voucher holds, and so how many lots a purse has.
const MaxExpiryDays = 3660

// Issuer is the rule by which a unit is issued.
type Issuer struct {
	Issue      Issue
	ExpiryDays int   // 0 for never
	MaxMinor   int64 // of what is held by all together; 0 for any
}

// Lot is vouchers that expire together.
type Lot struct {
	Expires time.Time `json:"expires,omitzero"` // from then on they are void; zero for never
	Minor   int64     `json:"minor"`
}

func (l Lot) void(at time.Time) bool { return !l.Expires.IsZero() && !at.Before(l.Expires) }

// soonest compares lots by when they expire; those that never do come last.
func soonest(a, b Lot) int {
	switch {
	case a.Expires.IsZero() && b.Expires.IsZero():
		return 0
	case a.Expires.IsZero():
		return 1
	case b.Expires.IsZero():
		return -1
	}
	return a.Expires.Compare(b.Expires)
}

// Purse is a member's vouchers of a unit, the first to expire first, one lot for each moment.
type Purse []Lot

// with is the purse with another lot in it.
func (p Purse) with(l Lot) Purse {
	at, found := slices.BinarySearchFunc(p, l, soonest)
	if !found {
		return slices.Insert(slices.Clone(p), at, l)
	}
	p = slices.Clone(p)
	p[at].Minor += l.Minor
	return p
}

// Good is what of a purse can be spent.
func (p Purse) Good(at time.Time) int64 {
	total := int64(0)
	for _, l := range p {
		if !l.void(at) {
			total += l.Minor
		}
	}
	return total
}

// take splits a purse: lots that make up an amount, the first to expire first, and what stays.
func (p Purse) take(minor int64, at time.Time) (taken, left Purse, ok bool) {
	for _, l := range p {
		part := Lot{Expires: l.Expires}
		if !l.void(at) {
			part.Minor = min(l.Minor, minor)
		}
		minor -= part.Minor
		if part.Minor > 0 {
			taken = append(taken, part)
		}
		if l.Minor -= part.Minor; l.Minor > 0 {
			left = append(left, l)
		}
	}
	return taken, left, minor == 0
}

// Vouchers are all purses of a unit. What was issued is held, redeemed or expired. Use NewVouchers.
// Methods change it or return a *RefusalError, never both.
type Vouchers struct {
	Purses        map[string]Purse `json:"purses"` // by holder: a member or a fund
	IssuedMinor   int64            `json:"issued_minor"`
	RedeemedMinor int64            `json:"redeemed_minor"` // given back to who issued
	ExpiredMinor  int64            `json:"expired_minor"`
}

// NewVouchers is none yet.
func NewVouchers() *Vouchers { return &Vouchers{Purses: map[string]Purse{}} }

// Clone is a copy that shares nothing that changes.
func (v *Vouchers) Clone() *Vouchers {
	c := *v
	c.Purses = maps.Clone(v.Purses) // a purse is replaced, never changed
	return &c
}

// HeldMinor is what all holders have, with what is void and not yet swept up.
func (v *Vouchers) HeldMinor() int64 { return v.IssuedMinor - v.RedeemedMinor - v.ExpiredMinor }

// Issue makes vouchers for a holder. They are good for ExpiryDays and the rest of that day, UTC.
func (v *Vouchers) Issue(by Issuer, to string, minor int64, at time.Time) (Lot, error) {
	issued, ok := fx.AddMinor(v.IssuedMinor, minor)
	switch {
	case by.Issue != Decided || by.ExpiryDays < 0 || by.ExpiryDays > MaxExpiryDays:
		return Lot{}, refuse(FaultIssue, to)
	case minor <= 0:
		return Lot{}, refuse(FaultAmount, to)
	case !ok:
		return Lot{}, refuse(FaultOverflow, to)
	case by.MaxMinor > 0 && v.HeldMinor() > by.MaxMinor-minor:
		return Lot{}, refuse(FaultTotal, to)
	}
	lot := Lot{Minor: minor}
	if by.ExpiryDays > 0 {
		lot.Expires = at.UTC().Truncate(24*time.Hour).AddDate(0, 0, by.ExpiryDays+1)
	}
	v.IssuedMinor = issued
	v.put(to, v.Purses[to].with(lot))
	return lot, nil
}

// put keeps a purse; an empty one is no purse.
func (v *Vouchers) put(holder string, p Purse) {
	if len(p) == 0 {
		delete(v.Purses, holder)
		return
	}
	v.Purses[holder] = p
}

// Move hands vouchers on, the first to expire first; they expire when they would have.
func (v *Vouchers) Move(from, to string, minor int64, at time.Time) ([]Lot, error) {
	if from == to {
		return nil, refuse(FaultSelf, from)
	}
	lots, err := v.spend(from, minor, at)
	for _, l := range lots {
		v.put(to, v.Purses[to].with(l))
	}
	return lots, err
}

// Redeem gives vouchers back to who issued them, the first to expire first.
func (v *Vouchers) Redeem(from string, minor int64, at time.Time) ([]Lot, error) {
	lots, err := v.spend(from, minor, at)
	if err == nil {
		v.RedeemedMinor += minor
	}
	return lots, err
}

func (v *Vouchers) spend(from string, minor int64, at time.Time) ([]Lot, error) {
	if minor <= 0 {
		return nil, refuse(FaultAmount, from)
	}
	taken, left, ok := v.Purses[from].take(minor, at)
	if !ok {
		return nil, refuse(FaultShort, from)
	}
	v.put(from, left)
	return taken, nil
}

// Void is vouchers that a holder lost because they expired.
type Void struct {
	Holder string
	Minor  int64
}

// Expire sweeps up what is void, and tells from whom, by holder.
func (v *Vouchers) Expire(at time.Time) []Void {
	var all []Void
	for _, holder := range slices.Sorted(maps.Keys(v.Purses)) {
		void, left := int64(0), Purse(nil)
		for _, l := range v.Purses[holder] {
			if l.void(at) {
				void += l.Minor
			} else {
				left = append(left, l)
			}
		}
		if void > 0 {
			all = append(all, Void{Holder: holder, Minor: void})
			v.ExpiredMinor += void
			v.put(holder, left)
		}
	}
	return all
}
