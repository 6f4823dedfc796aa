package engine

import (
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

func (d *decision) windowEvent(w settlement.WindowID, state settlement.WindowState) {
	d.batch.WindowEvents = append(d.batch.WindowEvents, ledger.WindowEvent{Window: w, State: state})
	d.windows = append(d.windows, windowRecord{Window: w, State: state})
}

// closeWindow ends the open window with the batch before this one, and opens the next. What the window
// nets is fixed here, whatever clears later.
func (d *decision) closeWindow(settlement.CloseWindow) (string, error) {
	closed := closedWindow{id: d.window}
	for i := range d.accounts {
		a := &d.accounts[i]
		if a.mayOwe() && (a.grossIn != 0 || a.grossOut != 0) {
			closed.nets = append(closed.nets, ledger.WindowNet{
				Window: d.window, Account: a.ID, GrossIn: a.grossIn, GrossOut: a.grossOut,
			})
		}
		a.grossIn, a.grossOut = 0, 0
	}
	d.batch.WindowNets = append(d.batch.WindowNets, closed.nets...)
	d.unsettled = append(d.unsettled, closed)
	d.windowEvent(d.window, settlement.WindowClosed)
	trades, err := d.residual(closed.nets)
	if err != nil {
		return "", fmt.Errorf("residual of window %d: %w", d.window, err)
	}
	d.windows[len(d.windows)-1].Residual = trades
	d.window++
	d.windowEvent(d.window, settlement.WindowOpen)
	return "", nil
}

// settleWindows settles closed windows, oldest first, each when everybody who owes in it can pay from
// prefunding. All currencies of a window settle in this one transaction or none does: payment
// versus payment. A window that must wait is tried again by every batch that moves money in.
func (d *decision) settleWindows() error {
	for len(d.unsettled) > 0 {
		w := d.unsettled[0]
		if !d.canSettle(w) {
			break
		}
		for _, n := range w.nets {
			if err := d.settle(n); err != nil {
				return err
			}
		}
		d.unsettled = d.unsettled[1:]
		d.windowEvent(w.id, settlement.WindowSettled)
	}
	for _, w := range d.unsettled {
		if d.justClosed(w.id) {
			d.windowEvent(w.id, settlement.WindowSettling)
		}
	}
	return nil
}

// justClosed tells whether a window was closed by this very batch.
func (d *decision) justClosed(id settlement.WindowID) bool {
	for _, e := range d.batch.WindowEvents {
		if e.Window == id && e.State == settlement.WindowClosed {
			return true
		}
	}
	return false
}

func (d *decision) canSettle(w closedWindow) bool {
	for _, n := range w.nets {
		if d.prefund(d.accounts[n.Account-1])+n.NetMinor() < 0 {
			return false
		}
	}
	return true
}

// settle pays one account's net: between a participant's position and its prefunding, or between the
// FX pool and the provider that stands behind it.
func (d *decision) settle(n ledger.WindowNet) error {
	a := d.accounts[n.Account-1]
	owner, kind := a.Participant, ledger.PostSettle
	if a.Kind == ledger.FX {
		owner, kind = d.provider.ID, ledger.PostTrade
	}
	from, to, amount := int(n.Account-1), d.account(owner, ledger.Settlement, a.Currency), n.NetMinor()
	if amount < 0 {
		from, to, amount = to, from, -amount
	}
	if amount > 0 {
		if err := d.post(kind, 0, from, to, amount); err != nil {
			return err
		}
	}
	if a.Kind == ledger.Position {
		mail := d.to(d.participants[a.Participant-1])
		mail.windows = append(mail.windows, messaging.WindowChange{
			Window: int64(n.Window), State: string(settlement.WindowSettled), Currency: a.Currency.String(), NetMinor: n.NetMinor(),
		})
	}
	return nil
}
