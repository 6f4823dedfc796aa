package accountant

import (
	"fmt"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// pair is two currencies, the source's first.
type pair struct{ from, to fx.Currency }

// clear holds the postings of transfers against what each transfer is: those of one stand together, and every one that
// cleared in this batch is posted in it, once.
func (r *review) clear() error {
	posted := 0
	for r.at.posting < len(r.b.Postings) {
		id := r.b.Postings[r.at.posting].Transfer
		if id == 0 {
			break
		}
		t := r.open[id]
		if !t.is(messaging.StateCleared) || t.moved != r.b.ID || t.posted != 0 {
			return r.fault(Life, subject{transfer: id, text: fmt.Sprintf("posting %d", r.b.Postings[r.at.posting].ID)},
				"one that clears in this batch, posted once", "another")
		}
		t.posted = r.b.ID
		posted++
		if err := r.legs(t); err != nil {
			return err
		}
		if err := r.costs(t); err != nil {
			return err
		}
	}
	if posted == r.clearedNow {
		return nil
	}
	for i := range r.b.Events {
		if e := &r.b.Events[i]; e.State == messaging.StateCleared && r.open[e.Transfer].posted == 0 {
			return r.fault(Amounts, ofTransfer(e.Transfer), "its postings", "none")
		}
	}
	return r.fault(Amounts, about("transfers posted"), r.clearedNow, posted)
}

// legs wants the source to leave the debtor and the destination to reach the creditor, through the pools of both
// currencies where they differ; backwards where it is a return. What has to be settled by itself goes between prefunded
// accounts, and through the provider's.
func (r *review) legs(t *transfer) error {
	kind := ledger.PostClear
	giver, taker := t.debtor, t.creditor
	out, in := t.source, t.dest
	if t.original != nil {
		kind, giver, taker, out, in = ledger.PostReturn, taker, giver, in, out
	}
	var from, to, poolIn, poolOut int64
	if r.isGross(t) {
		kind = ledger.PostGross
		from, to = r.find(giver, ledger.Settlement, out.Currency), r.find(taker, ledger.Settlement, in.Currency)
		if out.Currency != in.Currency {
			poolIn, poolOut = r.find(r.provider, ledger.Settlement, out.Currency), r.find(r.provider, ledger.Settlement, in.Currency)
		}
	} else {
		from, to = r.position(giver, out.Currency), r.position(taker, in.Currency)
		if out.Currency != in.Currency {
			poolIn, poolOut = r.pools[out.Currency], r.pools[in.Currency]
		}
	}
	if out.Currency == in.Currency {
		return r.expect(kind, t.id, from, to, out.Minor, Amounts)
	}
	if err := r.expect(kind, t.id, from, poolIn, out.Minor, Amounts); err != nil {
		return err
	}
	if t.kept != 0 {
		r.carry[t.keptIn] += t.kept
		r.carried[t.keptIn] = struct{}{}
	}
	return r.expect(kind, t.id, poolOut, to, in.Minor, Amounts)
}

// isGross tells whether a transfer has to be settled by itself, by the rules in force when it clears.
func (a *Accountant) isGross(t *transfer) bool {
	if len(a.gross) == 0 || t.original != nil {
		return false
	}
	from, ok := a.gross[pair{t.source.Currency, t.dest.Currency}]
	return ok && t.source.Minor >= from
}

// costs wants each part of a transfer's charge posted, and nothing for nothing; a return takes it back.
func (r *review) costs(t *transfer) error {
	for _, c := range t.charges {
		if c.minor == 0 {
			continue
		}
		from, to := r.feesOf(c.payer, t.source.Currency), r.feesOf(c.payee, t.source.Currency)
		if t.original != nil {
			from, to = to, from
		}
		if err := r.expect(c.kind, t.id, from, to, c.minor, Amounts); err != nil {
			return err
		}
	}
	return nil
}

// feesOf is where somebody pays fees from, or is paid: its position in its own currency, else a fee account.
func (a *Accountant) feesOf(owner int32, currency fx.Currency) int64 {
	if owner != settlement.SchemeID && a.participants[owner-1].currency == currency {
		return a.position(owner, currency)
	}
	return a.find(owner, ledger.Fee, currency)
}

// publishGross takes a rule on what is settled by itself.
func (r *review) publishGross(c settlement.Command) error {
	var g settlement.Gross
	if err := r.read(c, &g); err != nil {
		return err
	}
	if g.ThresholdMinor == 0 {
		delete(r.gross, pair{g.From, g.To})
	} else {
		r.gross[pair{g.From, g.To}] = g.ThresholdMinor
	}
	return nil
}

// holdTransfer keeps a transfer from clearing, or no longer.
func (r *review) holdTransfer(id string, held bool) error {
	transfer, err := settlement.ParseTransferID(id)
	t := r.open[transfer]
	if err != nil || !t.is(messaging.StateQueued) || t.original != nil || t.held == held {
		return r.fault(Life, ofTransfer(transfer), fmt.Sprint("one that waits, held ", !held), id)
	}
	t.held = held
	return nil
}
