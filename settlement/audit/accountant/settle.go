package accountant

import (
	"fmt"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// settleWindows follows what becomes of closed windows, each group's oldest first: settled in full when all who owe can
// pay, or when others pay for them after its deadline; else they wait, or have failed.
func (r *review) settleWindows() error {
	waits := map[string]bool{} // groups whose older window waits
	var left []*window
	for _, w := range r.unsettled {
		if waits[w.group] || w.failed {
			waits[w.group] = true
			left = append(left, w)
			continue
		}
		due := r.dueAt(w)
		late := !due.IsZero() && !r.decidedAt.Before(due)
		p := r.planFor(w, late)
		if p.settles() {
			if err := r.carryOutPlan(p); err != nil {
				return err
			}
			continue
		}
		waits[w.group] = true
		left = append(left, w)
		if !late {
			continue
		}
		w.failed = true
		if _, err := r.event(w.id, w.group, settlement.WindowFailed, &time.Time{}); err != nil {
			return err
		}
		r.declareDefaults(p)
	}
	r.unsettled = left
	for _, w := range left {
		if !w.failed && slices.Contains(r.closedNow, w.id) {
			if _, err := r.event(w.id, w.group, settlement.WindowSettling, &time.Time{}); err != nil {
				return err
			}
		}
	}
	if n := r.at.event; n < len(r.b.WindowEvents) {
		return r.fault(Windows, about("window %d", r.b.WindowEvents[n].Window), "no step", fmt.Sprintf("%+v", r.b.WindowEvents[n]))
	}
	return nil
}

// resettle has a failed window settled, the oldest of its group.
func (r *review) resettle(command int64, c settlement.Resettle) error {
	at := slices.IndexFunc(r.unsettled, func(w *window) bool { return w.id == c.Window })
	if at < 0 || !r.unsettled[at].failed {
		return r.fault(Windows, about("command %d", command), "a window that has failed", c.Window)
	}
	w := r.unsettled[at]
	if slices.ContainsFunc(r.unsettled[:at], func(older *window) bool { return older.group == w.group }) {
		return r.fault(Windows, about("window %d", w.id), "the oldest of its group", "another")
	}
	p := r.planFor(w, true)
	if !p.settles() {
		return r.fault(Windows, about("window %d", w.id), "money enough", "settled without")
	}
	r.unsettled = slices.Delete(slices.Clone(r.unsettled), at, at+1)
	return r.carryOutPlan(p)
}

// carryOutPlan wants a window's payments posted as they have to be, and what others paid for somebody kept as claims.
func (r *review) carryOutPlan(p *plan) error {
	for i, m := range p.moves {
		if m.to == 0 || m.from == 0 {
			return r.fault(Windows, about("window %d", p.window.id), "an account to settle on", "none")
		}
		if err := r.expect(m.kind, 0, m.from, m.to, m.minor, Windows); err != nil {
			return err
		}
		if m.debt != nil {
			together := i > 0 && m.kind == ledger.PostShare && p.moves[i-1].kind == ledger.PostShare && p.moves[i-1].debt == m.debt
			if err := r.defaultStep(p.window.id, m, together); err != nil {
				return err
			}
		}
	}
	r.declareDefaults(p)
	for _, i := range p.payIns {
		delete(r.instructions, i.ID)
		if i.paidIn {
			continue
		}
		want := ledger.InstructionResult{Instruction: i.ID, Result: ledger.Lapsed}
		if err := expectRow(r, &r.at.result, r.b.InstructionResults, want, Windows, about("pay-in %s", i.ID)); err != nil {
			return err
		}
	}
	if _, err := r.event(p.window.id, p.window.group, settlement.WindowSettled, &time.Time{}); err != nil {
		return err
	}
	return r.payOutNets(p.window)
}

// defaultStep looks at one payment for a defaulter. Who pays for another has a claim; survivors of one debt have theirs
// together.
func (r *review) defaultStep(id settlement.WindowID, m move, together bool) error {
	m.debt.steps++
	want := ledger.DefaultStep{Window: id, Account: m.debt.account, Step: m.debt.steps, Kind: m.kind, Payer: m.from, AmountMinor: m.minor}
	of := subject{account: m.debt.account, text: fmt.Sprintf("step %d of window %d", m.debt.steps, id)}
	if err := expectRow(r, &r.at.step, r.b.DefaultSteps, want, Windows, of); err != nil {
		return err
	}
	if m.guarantee != 0 {
		at := slices.IndexFunc(r.guarantees, func(g ledger.Guarantee) bool { return g.ID == m.guarantee })
		r.guarantees[at].AmountMinor -= m.minor
		r.pledged(m.guarantee)
	}
	if m.kind != ledger.PostGuarantee && m.kind != ledger.PostShare {
		return nil
	}
	payer := r.account(m.from)
	return r.claim(id, m.debt.owner, payer.Participant, payer.Currency, m.minor, together)
}

// declareDefaults takes their credit from those who did not pay.
func (r *review) declareDefaults(p *plan) {
	for _, d := range p.debts {
		if a := r.account(d.account); a.Kind == ledger.Position && a.lineMinor > 0 {
			r.grant(a, 0)
		}
	}
}

// payOutNets follows what is paid out to those who settle by instructions: what they earned, as far as it is still there.
func (r *review) payOutNets(w *window) error {
	for _, n := range w.nets {
		a := r.account(n.Account)
		if a.Kind != ledger.Position || !r.participants[a.Participant-1].instructed {
			continue
		}
		if minor := min(n.NetMinor(), r.spare(a.Participant, a.Currency)); minor > 0 {
			if err := r.payOut(ledger.PayOut, w.id, a.Participant, r.find(a.Participant, ledger.Settlement, a.Currency), minor); err != nil {
				return err
			}
		}
	}
	return nil
}
