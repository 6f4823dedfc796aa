package decide

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// maxGrossRules bounds the pairs of currencies with a rule.
const maxGrossRules = 10_000

// isGross tells whether a transfer is settled by itself, by the rules in force. A return is not: what it sends
// back went out of a position or a prefunded account, and comes home through positions.
func (s *State) isGross(t *transfer) bool {
	return t.original == nil && s.grossFor(t.Source, t.Destination.Currency)
}

// grossFor tells whether so much into a currency is settled by itself.
func (s *State) grossFor(source fx.Money, to fx.Currency) bool {
	from, ok := s.grossFrom[pair{source.Currency, to}]
	return ok && source.Minor >= from
}

func (d *decision) publishGross(g settlement.Gross) (subject, fault string) {
	_, exists := d.grossFrom[pair{g.From, g.To}]
	switch {
	case g.From.IsZero() || g.To.IsZero():
		return "", "a rule needs two currencies, which may be the same"
	case g.ThresholdMinor < 0 || g.ThresholdMinor > maxTransferMinor:
		return "", fmt.Sprintf("threshold %d out of range", g.ThresholdMinor)
	case !exists && len(d.grossFrom) >= maxGrossRules:
		return "", fmt.Sprintf("%d rules; the limit is %d", len(d.grossFrom), maxGrossRules)
	}
	waiting := slices.Concat(d.queue, d.grossQueue)
	d.setGross(g)
	d.queue, d.grossQueue = nil, nil
	d.lineUp(waiting)
	d.breakGross()
	d.stirred = true
	return g.From.String() + "/" + g.To.String(), ""
}

func (s *State) setGross(g settlement.Gross) {
	if g.ThresholdMinor == 0 {
		delete(s.grossFrom, pair{g.From, g.To})
		return
	}
	s.grossFrom[pair{g.From, g.To}] = g.ThresholdMinor
}

// lineUp puts transfers that wait for liquidity where they belong by the rules in force, oldest first.
func (s *State) lineUp(waiting []*transfer) {
	for _, t := range waiting {
		queue := s.queueOf(t)
		*queue = append(*queue, t)
	}
	slices.SortStableFunc(s.queue, olderFirst)
	slices.SortStableFunc(s.grossQueue, olderFirst)
}

// settleGross settles by itself what has to be, oldest first, before netting chooses: the source from one
// prefunded account to the other, across currencies by way of the provider's, both legs in this one
// transaction. One that an account cannot cover keeps its place in front of all that draw on the account.
func (d *decision) settleGross() error {
	if len(d.grossQueue) == 0 || !d.stirred && len(d.touched) == 0 {
		return nil
	}
	short := map[int]bool{} // accounts that an older one waits for
	promised := d.promised()
	var waiting []*transfer
	for _, t := range d.grossQueue {
		moves := d.grossMoves(t)
		covered := true
		for _, m := range moves {
			if short[m.from] || !d.covers(m, promised) {
				covered = false
			}
		}
		if !covered {
			for _, m := range moves {
				short[m.from] = short[m.from] || !d.covers(m, promised)
			}
			waiting = append(waiting, t)
			continue
		}
		for _, m := range moves {
			if err := d.post(ledger.PostGross, t.ID, m.from, m.to, m.minor); err != nil {
				return err
			}
		}
		if len(moves) > 1 {
			d.carry(t)
		}
		if err := d.postCharges(t); err != nil {
			return err
		}
		d.batch.Cleared++
		d.note(t, ledger.LifeEvent{Kind: ledger.LifeGross})
		d.step(t, messaging.StateCleared, "")
		d.cleared = append(d.cleared, t.ID)
		d.instruct(t)
	}
	d.grossQueue = waiting
	return nil
}

// grossMove is one leg: between two prefunded accounts of a currency, by place.
type grossMove struct {
	from, to int
	minor    int64
	fees     int64 // that its debtor's position pays beside it
}

func (d *decision) grossMoves(t *transfer) []grossMove {
	from := d.account(t.Debtor, ledger.Settlement, t.Source.Currency)
	to := d.account(t.Creditor, ledger.Settlement, t.Destination.Currency)
	if t.Source.Currency == t.Destination.Currency {
		return []grossMove{{from, to, t.Source.Minor, t.feesOfDebtor()}}
	}
	// Whoever has a quote has a provider behind it.
	in := d.account(d.provider.ID, ledger.Settlement, t.Source.Currency)
	out := d.account(d.provider.ID, ledger.Settlement, t.Destination.Currency)
	return []grossMove{{from, in, t.Source.Minor, t.feesOfDebtor()}, {out, to, t.Destination.Minor, 0}}
}

// feesOfDebtor is what its own participant is charged for a transfer.
func (t *transfer) feesOfDebtor() (minor int64) {
	for _, c := range t.charges {
		if c.Payer == t.Debtor {
			minor += c.AmountMinor
		}
	}
	return minor
}

// covers tells whether a prefunded account can give so much: it stays at what it has promised to windows that
// wait, and whoever owes on it within its liquidity.
func (d *decision) covers(m grossMove, promised map[int]int64) bool {
	a := d.accounts[m.from]
	if a.balance()-promised[m.from] < m.minor {
		return false
	}
	owing := d.find(a.Participant, ledger.Position, a.Currency)
	if d.provider != nil && a.Participant == d.provider.ID {
		owing = d.find(settlement.SchemeID, ledger.FX, a.Currency)
	}
	return owing < 0 || d.available(d.accounts[owing]) >= m.minor+m.fees
}

// promised is what windows that are closed and not settled will take from prefunded accounts, by place.
func (s *State) promised() map[int]int64 {
	promised := map[int]int64{}
	for _, w := range s.unsettled {
		for _, n := range w.nets {
			a := s.accounts[n.Account-1]
			owner := a.Participant
			if a.Kind == ledger.FX {
				owner = s.provider.ID
			}
			if at := s.find(owner, ledger.Settlement, a.Currency); at >= 0 && n.NetMinor() < 0 {
				promised[at] -= n.NetMinor()
			}
		}
	}
	return promised
}
