package decide

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/credit"
	"github.com/ayni-switch/ayni/fx"
)

// isHolder tells whether an account is a fund or a member's hands, where vouchers expire. What goes elsewhere was given
// out on paper, and is as good as new when it comes back.
func isHolder(path string) bool { return isFund(path) || strings.HasPrefix(path, heldAccount("")) }

// vouchersAfter is what purses hold after postings, by unit; nothing has changed yet.
func (t *turn) vouchersAfter(postings []book.Posting) (map[fx.Currency]*credit.Vouchers, *Refusal) {
	moved := map[fx.Currency]*credit.Vouchers{}
	for _, p := range postings {
		unit, _ := t.rules().Unit(p.Unit)
		if unit.Issue != charter.Decided {
			continue
		}
		if moved[p.Unit] == nil {
			moved[p.Unit] = credit.NewVouchers()
			if all := t.vouchers[p.Unit]; all != nil {
				moved[p.Unit] = all.Clone()
			}
		}
		if err := moveVouchers(moved[p.Unit], unit, p, t.now); err != nil {
			return nil, later(FaultNotEnough, "%v", err)
		}
	}
	return moved, nil
}

func moveVouchers(all *credit.Vouchers, unit charter.Unit, p book.Posting, at time.Time) (err error) {
	switch from, to := isHolder(p.From), isHolder(p.To); {
	case from && to:
		_, err = all.Move(p.From, p.To, p.AmountMinor, at)
	case from:
		_, err = all.Redeem(p.From, p.AmountMinor, at)
	case to:
		_, err = all.Issue(credit.Issuer{Issue: credit.Decided, ExpiryDays: unit.ExpiryDays}, p.To, p.AmountMinor, at)
	}
	return err
}

// expired is what nobody used in time, or a part of it.
type expired struct {
	Unit     fx.Currency    `json:"unit"`
	Postings []book.Posting `json:"postings"`
}

// expireVouchers takes back what nobody used in time.
func (t *turn) expireVouchers() {
	for _, unit := range t.rules().Units {
		if end := t.voucherEnd(unit); end.IsZero() || t.now.Before(end) || t.full() {
			continue
		}
		for some := range slices.Chunk(t.vouchers[unit.Unit].Expire(t.now), perLine) {
			t.takeBack(unit.Unit, some)
		}
	}
}

// takeBack books what is void, in one line.
func (t *turn) takeBack(unit fx.Currency, void []credit.Void) {
	var postings []book.Posting
	var about []string
	for _, v := range void {
		postings = append(postings, book.Posting{
			From: v.Holder, To: issuedAccount(unit), Unit: unit, AmountMinor: v.Minor, Purpose: "expired",
		})
		if m := t.Member(strings.TrimPrefix(v.Holder, heldAccount(""))); m != nil {
			about = append(about, m.ID)
		}
	}
	if t.book.Book(postings...) != nil {
		return // it cannot be: an account holds what its purse does
	}
	t.entry.Postings = append(t.entry.Postings, postings...)
	t.say(charter.SectionCredit, about, "expired", expired{Unit: unit, Postings: postings})
	t.balances(postings)
}

// voucherEnd is when the next vouchers of a unit expire, zero for never.
func (s *State) voucherEnd(unit charter.Unit) (end time.Time) {
	all := s.vouchers[unit.Unit]
	if all == nil || unit.Issue != charter.Decided {
		return end
	}
	for purse := range maps.Values(all.Purses) {
		if first := purse[0].Expires; !first.IsZero() && (end.IsZero() || first.Before(end)) {
			end = first
		}
	}
	return end
}

func (s *State) voucherEnds() (ends []time.Time) {
	if len(s.charters) == 0 {
		return nil
	}
	for _, unit := range s.rules().Units {
		if end := s.voucherEnd(unit); !end.IsZero() {
			ends = append(ends, end)
		}
	}
	return ends
}
