package decide

import (
	"fmt"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// openFirstWindow begins a new ledger's first settlement window.
func (d *decision) openFirstWindow() error {
	if d.defaultWindow() == 0 {
		d.openNext(d.groups[0])
	}
	return nil
}

// windowEvent records a step of a window; moment is when it closes by itself or is due, if ever.
func (d *decision) windowEvent(w settlement.WindowID, group string, state settlement.WindowState, moment time.Time) {
	d.batch.WindowEvents = append(d.batch.WindowEvents, ledger.WindowEvent{
		Window: w, State: state, Group: group, LogIndex: d.batch.LogIndex, Moment: moment,
	})
	r := windowRecord{Window: w, State: state}
	if !d.countsFromOne() {
		r.Group, r.Moment = group, moment
	}
	d.windows = append(d.windows, r)
}

// openNext opens a group's next window.
func (d *decision) openNext(g *group) {
	var closes time.Time
	if g.Timetable != nil {
		closes, _ = d.Closing(d.lastWindow+1, g.Group, d.Now) // where there is none, a command closes it
	}
	d.openWindow(g, closes)
}

func (d *decision) openWindow(g *group, closes time.Time) {
	d.lastWindow++
	g.window = ledger.OpenWindow{ID: d.lastWindow, Group: g.Name, OpenedBatch: d.batch.ID, ClosesAt: microseconds(closes)}
	if closes.IsZero() {
		g.window.ClosesAt = time.Time{}
	}
	d.windowEvent(g.window.ID, g.Name, settlement.WindowOpen, g.window.ClosesAt)
}

// closeDue closes the windows whose moment the batch's clock has passed. However many moments were missed, one
// window closes, and the next one at a moment to come.
func (d *decision) closeDue() error {
	for _, g := range d.groups {
		if g.window.ClosesAt.IsZero() || g.window.ClosesAt.After(d.Now) {
			continue
		}
		if err := d.closeGroup(g); err != nil {
			return err
		}
		d.openNext(g)
	}
	return nil
}

// closeWindow closes a group's open window by command.
func (d *decision) closeWindow(c settlement.CloseWindow) (string, error) {
	if c.Group == "" {
		c.Group = settlement.DefaultGroup
	}
	g := d.groupNamed(c.Group)
	if g == nil {
		return fmt.Sprintf("no settlement group %q", Plain(c.Group)), nil
	}
	if err := d.closeGroup(g); err != nil {
		return "", err
	}
	d.openNext(g)
	return "", nil
}

// closeWindowThen is closeWindow as the rules before read it.
type closeWindowThen struct {
	Reason string `json:"reason"`
}

// closeGroup ends a group's open window with the batch before this one. What the window nets is fixed here,
// whatever clears later.
func (d *decision) closeGroup(g *group) error {
	closed := closedWindow{id: g.window.ID, group: g.Name}
	if g.SettleWithinSeconds > 0 {
		closed.due = d.Now.Add(time.Duration(g.SettleWithinSeconds) * time.Second)
	}
	for i := range d.accounts {
		a := &d.accounts[i]
		if d.groupOf(a.Currency) != g {
			continue
		}
		if a.mayOwe() && (a.grossIn != 0 || a.grossOut != 0) {
			closed.nets = append(closed.nets, ledger.WindowNet{
				Window: closed.id, Account: a.ID, GrossIn: a.grossIn, GrossOut: a.grossOut,
			})
		}
		a.grossIn, a.grossOut = 0, 0
	}
	d.batch.WindowNets = append(d.batch.WindowNets, closed.nets...)
	d.unsettled = append(d.unsettled, closed)
	d.windowEvent(closed.id, g.Name, settlement.WindowClosed, closed.due)
	trades, err := d.residual(closed.nets)
	if err != nil {
		return fmt.Errorf("residual of window %d: %w", closed.id, err)
	}
	d.windows[len(d.windows)-1].Residual = trades
	for _, n := range closed.nets {
		if !d.countsFromOne() { // they told only of what was settled
			d.tellWindow(n, settlement.WindowClosed)
		}
		a := d.accounts[n.Account-1]
		if a.Kind == ledger.Position && n.NetMinor() < 0 && d.instructed[a.Participant] {
			p := d.participants[a.Participant-1]
			d.tellAgent(p, ledger.Instruction{
				Window: closed.id, Kind: ledger.PayIn, Account: a.ID, AmountMinor: -n.NetMinor(), Currency: a.Currency, Instructing: p.Name,
			})
		}
	}
	return nil
}

// settleWindows settles closed windows, each group's oldest first, each when everybody who owes in it can pay.
// All currencies of a window settle in this one transaction or none does: payment versus payment. A window that
// must wait is tried again by every batch; from its deadline on, the default procedure pays for those who have
// not, or it has failed.
func (d *decision) settleWindows() error {
	blocked := map[string]bool{}
	var waiting []closedWindow
	for _, w := range d.unsettled {
		if !blocked[w.group] && !w.failed {
			settled, err := d.trySettle(&w)
			if err != nil {
				return err
			}
			if settled {
				continue
			}
		}
		blocked[w.group] = true
		waiting = append(waiting, w)
	}
	d.unsettled = waiting
	for _, w := range d.unsettled {
		if d.justClosed(w.id) && !w.failed {
			d.windowEvent(w.id, w.group, settlement.WindowSettling, time.Time{})
		}
	}
	return nil
}

// justClosed tells whether a window was closed by this very batch.
func (d *decision) justClosed(id settlement.WindowID) bool {
	return slices.ContainsFunc(d.batch.WindowEvents, func(e ledger.WindowEvent) bool {
		return e.Window == id && e.State == settlement.WindowClosed
	})
}

// trySettle settles a window if it can be settled now.
func (d *decision) trySettle(w *closedWindow) (settled bool, err error) {
	due := d.dueAt(*w)
	late := !due.IsZero() && !d.Now.Before(due)
	p := d.planWindow(*w, late)
	if p.covered() {
		return true, d.carryOutPlan(p)
	}
	if late {
		w.failed = true
		d.windowEvent(w.id, w.group, settlement.WindowFailed, time.Time{})
		for _, n := range w.nets {
			d.tellWindow(n, settlement.WindowFailed)
		}
		for _, debt := range p.debts {
			d.declareDefault(debt)
		}
	}
	return false, nil
}

// resettle settles a failed window, if what came in since is enough.
func (d *decision) resettle(r settlement.Resettle) (string, error) {
	at := slices.IndexFunc(d.unsettled, func(w closedWindow) bool { return w.id == r.Window })
	switch {
	case at < 0 || !d.unsettled[at].failed:
		return fmt.Sprintf("window %d has not failed", r.Window), nil
	case !d.first(at):
		return fmt.Sprintf("an older window of the group of window %d has not settled", r.Window), nil
	}
	p := d.planWindow(d.unsettled[at], true)
	if !p.covered() {
		return fmt.Sprintf("window %d is still %s short", r.Window, p.short), nil
	}
	d.unsettled = slices.Delete(slices.Clone(d.unsettled), at, at+1)
	return "", d.carryOutPlan(p)
}

// tellWindow tells a position's owner of its net in a window.
func (d *decision) tellWindow(n ledger.WindowNet, state settlement.WindowState) {
	a := d.accounts[n.Account-1]
	if a.Kind != ledger.Position {
		return
	}
	mail := d.to(d.participants[a.Participant-1])
	mail.windows = append(mail.windows, messaging.WindowChange{
		Window: int64(n.Window), State: string(state), Currency: a.Currency.String(), NetMinor: n.NetMinor(),
	})
}
