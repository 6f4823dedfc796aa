package adaptertest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Books hold what was asked of the adapter, and are closed against what the rail has in its own.
type Books struct {
	mu      sync.Mutex
	payouts map[string]entry // by account: no two share one
	orders  map[string]order // by reference
	refunds map[string]entry // refunds that the switch asked for, by payer's account
	// By account, too: what was to be set aside, and to be free again.
	holds, releases map[string]entry
}

// entry is one instruction.
type entry struct {
	name   string // as Heard calls it
	amount fx.Money
}

// order is one order of the adapter's own customer.
type order struct {
	intent string
	payer  string
	amount fx.Money
}

func newBooks() *Books {
	return &Books{
		payouts: map[string]entry{}, orders: map[string]order{}, refunds: map[string]entry{},
		holds: map[string]entry{}, releases: map[string]entry{},
	}
}

func (b *Books) instructed(in messaging.Instruction, amount fx.Money) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := entry{name: subject(in.Transfer, in.Kind), amount: amount}
	switch in.Kind {
	case messaging.KindRefund:
		b.refunds[in.Debtor.Account] = e
	case messaging.KindReserve:
		b.holds[in.Creditor.Account] = e
	case messaging.KindRelease:
		b.releases[in.Creditor.Account] = e
	default:
		b.payouts[in.Creditor.Account] = e
	}
}

func (b *Books) ordered(ref string, o order) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders[ref] = o
}

// ledger is what a rail has in its books about one account or order.
type ledger struct {
	settled, declined, open int
	settledMinor, openMinor int64
	id, hold                string // of the last entry: its own, and what set its money aside
}

func (l *ledger) add(op sandbox.Operation) {
	l.id, l.hold = op.ID, op.Hold
	switch op.State {
	case sandbox.Settled:
		l.settled++
		l.settledMinor += op.Minor
	case sandbox.Declined:
		l.declined++
	default:
		l.open++
		l.openMinor += op.Minor
	}
}

func (l *ledger) entries() int {
	if l == nil {
		return 0
	}
	return l.settled + l.declined + l.open
}

// shelves are a rail's books by kind and by what identifies an operation to us: the account of payouts and refunds,
// the order of collections.
type shelves map[string]map[string]*ledger

func readLedger(rail sandbox.Server) (shelves, error) {
	all := shelves{sandbox.KindPayout: {}, sandbox.KindRefund: {}, sandbox.KindCollection: {}, sandbox.KindHold: {}, sandbox.KindRelease: {}}
	if rail == nil {
		return all, nil
	}
	err := rail.Operations(func(op sandbox.Operation) error {
		key := op.Account
		if op.Kind == sandbox.KindCollection {
			key = op.ID
		}
		shelf, known := all[op.Kind]
		if !known {
			return nil // the rail's own affairs
		}
		if shelf[key] == nil {
			shelf[key] = &ledger{}
		}
		shelf[key].add(op)
		return nil
	})
	return all, err
}

// Conserve closes the books: what the switch was told and what is in the rail's ledger are the same money. blind says
// that there is no ledger to look into: then only what the adapter says is held against itself.
func (b *Books) Conserve(heard *Heard, rail sandbox.Server) error {
	rows, err := readLedger(rail)
	if err != nil {
		return fmt.Errorf("the rail's ledger: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	blind := rail == nil
	found := b.oneVoice(heard)
	for account, e := range b.payouts {
		found = append(found, e.against(heard, rows[sandbox.KindPayout][account], blind))
	}
	for account := range rows[sandbox.KindPayout] {
		if _, ours := b.payouts[account]; !ours {
			found = append(found, fmt.Errorf("the rail paid %s, and nobody said so", account))
		}
	}
	for payer, e := range b.refunds {
		found = append(found, e.against(heard, rows[sandbox.KindRefund][payer], blind))
	}
	found = append(found, b.setAside(heard, rows, blind), b.collected(heard, rows, blind), b.totals(heard, rows, blind))
	return errors.Join(found...)
}

// oneVoice holds what the adapter said against itself: one end and one intent of each, whatever was repeated, and
// nothing about what nobody asked for.
func (b *Books) oneVoice(heard *Heard) (found []error) {
	asked := map[string]bool{}
	for _, entries := range []map[string]entry{b.payouts, b.refunds, b.holds, b.releases} {
		for _, e := range entries {
			asked[e.name] = true
		}
	}
	for name, said := range heard.Finals {
		if len(said) != 1 {
			found = append(found, fmt.Errorf("%s has %d different ends: %v", name, len(said), said))
		}
		if heard.Final[name].State != messaging.OutcomeRefused && !asked[name] {
			found = append(found, fmt.Errorf("%s ended, and nobody had asked for it", name))
		}
	}
	known := map[string]bool{}
	for _, o := range b.orders {
		known[o.intent] = true
	}
	for id, bytes := range heard.Intents {
		if len(bytes) != 1 {
			found = append(found, fmt.Errorf("intent %s was sent with %d different contents", id, len(bytes)))
		}
		if !known[id] {
			found = append(found, fmt.Errorf("intent %s is of no order", id))
		}
	}
	return found
}

// against holds one instruction's end against the rail's ledger.
func (e entry) against(heard *Heard, row *ledger, blind bool) error {
	said, ended := heard.Final[e.name]
	done := said.State == messaging.OutcomePaid || said.State == messaging.OutcomeReserved
	if ended && said.Amount != messaging.NewAmount(e.amount) {
		return fmt.Errorf("%s: %s %s, not %s", e.name, said.State, said.Amount, e.amount)
	}
	if blind {
		return nil
	}
	if row == nil {
		row = &ledger{}
	}
	switch {
	case row.settled > 1:
		return fmt.Errorf("%s: the rail moved the money %d times", e.name, row.settled)
	case row.entries() > 1:
		return fmt.Errorf("%s: the rail has it %d times, under different ids", e.name, row.entries())
	case row.settled == 1 && row.settledMinor != e.amount.Minor:
		return fmt.Errorf("%s: the rail moved %d minor units, not %d", e.name, row.settledMinor, e.amount.Minor)
	case done && row.settled == 0:
		return fmt.Errorf("%s: called %s, and the rail did not move it", e.name, said.State)
	case ended && said.State == messaging.OutcomeFailed && row.settled+row.open > 0:
		return fmt.Errorf("%s: called failed (%s %s), and the rail moves it", e.name, said.Reason, said.RailCode)
	case done && said.RailRef == "":
		return fmt.Errorf("%s: %s without the rail's receipt", e.name, said.State)
	}
	return nil
}

// collected holds intents against the payments of customers, and refunds against both.
func (b *Books) collected(heard *Heard, rows shelves, blind bool) error {
	if blind {
		return nil
	}
	var found []error
	payers := map[string]bool{}
	for ref, o := range b.orders {
		payers[o.payer] = true
		paid, refunded := rows[sandbox.KindCollection][ref], rows[sandbox.KindRefund][o.payer]
		intent, sent := heard.Intent[o.intent]
		switch {
		case sent && (paid == nil || paid.settledMinor+paid.openMinor != o.amount.Minor): // open: a bank that has not heard yet that we took it
			found = append(found, fmt.Errorf("intent %s was sent, and the customer did not pay it", o.intent))
		case sent && intent.Source != messaging.NewAmount(o.amount):
			found = append(found, fmt.Errorf("intent %s is of %v, and the customer paid %s", o.intent, intent.Source, o.amount))
		case refunded != nil && (paid == nil || refunded.settled > paid.settled+paid.open || refunded.settledMinor > paid.settledMinor+paid.openMinor):
			found = append(found, fmt.Errorf("order %s: more was given back than was collected", ref))
		}
	}
	for payer := range rows[sandbox.KindRefund] {
		if !payers[payer] {
			found = append(found, fmt.Errorf("the rail refunded %s, who had ordered nothing", payer))
		}
	}
	return errors.Join(found...)
}

// totals holds the sums against each other: they would show what single entries do not.
func (b *Books) totals(heard *Heard, rows shelves, blind bool) error {
	if blind {
		return nil
	}
	var told, unknown int64
	for _, e := range b.payouts {
		if heard.Final[e.name].State == messaging.OutcomePaid {
			told += e.amount.Minor
		}
	}
	var moved int64
	for account, row := range rows[sandbox.KindPayout] {
		moved += row.settledMinor
		if _, ended := heard.Final[b.payouts[account].name]; !ended {
			unknown += row.settledMinor // settled, and still unknown here: visible, not lost
		}
	}
	if told+unknown != moved {
		return fmt.Errorf("the rail paid out %d minor units; the switch was told of %d, and %d are unknown", moved, told, unknown)
	}
	return nil
}
