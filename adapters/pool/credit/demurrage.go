package credit

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Holding is what demurrage looks at of a member.
type Holding struct {
	Member       string
	BalanceMinor int64
	Residue      int64 // thousandths of a minor unit that Charge.Residue left behind, -500 to 500
}

// Charge is what holding cost a member once. The fund gets what the member gives.
type Charge struct {
	Member  string
	Minor   int64 // no more than the member holds; may be zero
	Residue int64 // for the member's next Holding: what is to be charged yet, or was too much where negative
}

// DemurrageDue is when demurrage is next due after the last time, and whether it is by now. Who has not looked
// for long asks again with each moment as the last.
func (r Rule) DemurrageDue(last, now time.Time) (due time.Time, is bool) {
	due = last.UTC().AddDate(0, 0, r.DemurrageDays)
	return due, r.DemurragePermille > 0 && r.DemurrageDays > 0 && !due.After(now)
}

// Demurrage works out what one due moment costs those who hold something, in their order: rounded half-even, and
// what rounding leaves is carried to the member's next, so that many small charges come to what one would.
// Errors are *RefusalError.
func (r Rule) Demurrage(holdings []Holding) (charges []Charge, totalMinor int64, err error) {
	for _, h := range holdings {
		if h.BalanceMinor <= 0 {
			continue
		}
		c := h.charge(int64(r.DemurragePermille))
		total, ok := fx.AddMinor(totalMinor, c.Minor)
		if !ok {
			return nil, 0, refuse(FaultOverflow, h.Member)
		}
		charges, totalMinor = append(charges, c), total
	}
	return charges, totalMinor, nil
}

func (h Holding) charge(rate int64) Charge {
	whole, rest := h.BalanceMinor/permille*rate, h.BalanceMinor%permille*rate+h.Residue
	more, residue := rest/permille, rest%permille
	if residue < 0 {
		more, residue = more-1, residue+permille
	}
	minor := whole + more
	if up := residue > permille/2 || residue == permille/2 && minor%2 != 0; up && minor < h.BalanceMinor {
		minor, residue = minor+1, residue-permille
	}
	return Charge{Member: h.Member, Minor: minor, Residue: residue}
}
