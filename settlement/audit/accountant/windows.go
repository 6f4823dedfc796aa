package accountant

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// settling is what windows are settled by.
type settling struct {
	groups     []*group // the default one first, then by name
	lastWindow settlement.WindowID
	unsettled  []*window // closed, the oldest first
	claims     []ledger.Claim
	lastClaim  int64
}

// group is currencies that settle together, and its open window.
type group struct {
	name       string
	currencies []fx.Currency // of the default group none: it has what no other names
	timed      bool          // windows close by a timetable, whose moments the log says
	within     time.Duration // after the close, to pay; 0 for ever
	shareMax   int64

	window settlement.WindowID
	closes time.Time // zero where a command closes it
}

// window is closed and not settled.
type window struct {
	id     settlement.WindowID
	group  string
	due    time.Time // from when on others pay; zero for never
	failed bool
	nets   []ledger.WindowNet
}

func newSettling() settling { return settling{groups: []*group{{name: settlement.DefaultGroup}}} }

func (a *Accountant) groupNamed(name string) *group {
	for _, g := range a.groups {
		if g.name == name {
			return g
		}
	}
	return nil
}

// groupOf is the group that settles a currency.
func (a *Accountant) groupOf(c fx.Currency) *group {
	for _, g := range a.groups[1:] {
		if slices.Contains(g.currencies, c) {
			return g
		}
	}
	return a.groups[0]
}

// event wants the batch's next window event to be the given one, and returns its moment. expected is nil where the log
// alone says it.
func (r *review) event(id settlement.WindowID, group string, state settlement.WindowState, expected *time.Time) (time.Time, error) {
	of := about("window %d", id)
	want := fmt.Sprintf("window %d of %s %s in this batch", id, group, state)
	if r.at.event >= len(r.b.WindowEvents) {
		return time.Time{}, r.fault(Windows, of, want, "nothing")
	}
	e := r.b.WindowEvents[r.at.event]
	if e.Window != id || e.Group != group || e.State != state || e.LogIndex != r.b.LogIndex {
		return time.Time{}, r.fault(Windows, of, want, fmt.Sprintf("%+v", e))
	}
	if expected != nil && !e.Moment.Equal(*expected) {
		return time.Time{}, r.fault(Windows, of, fmt.Sprint("the moment ", *expected), e.Moment)
	}
	r.at.event++
	return e.Moment, nil
}

// closeDue opens the first window of a ledger, and closes those whose moment has come.
func (r *review) closeDue() error {
	if r.lastWindow == 0 {
		if err := r.openWindow(r.groups[0]); err != nil {
			return err
		}
	}
	for _, g := range r.groups {
		if g.closes.IsZero() || g.closes.After(r.decidedAt) {
			continue
		}
		if err := r.closeGroup(g); err != nil {
			return err
		}
		if err := r.openWindow(g); err != nil {
			return err
		}
	}
	return nil
}

func (r *review) openWindow(g *group) error {
	r.lastWindow++
	g.window = r.lastWindow
	expected := &time.Time{}
	if g.timed {
		expected = nil
	}
	var err error
	if g.closes, err = r.event(g.window, g.name, settlement.WindowOpen, expected); err != nil {
		return err
	}
	if !g.closes.IsZero() && !g.closes.After(r.decidedAt) {
		return r.fault(Windows, about("window %d", g.window), "a moment to come", g.closes)
	}
	return nil
}

func (r *review) closeWindow(command int64, c settlement.CloseWindow) error {
	name := c.Group
	if name == "" {
		name = settlement.DefaultGroup
	}
	g := r.groupNamed(name)
	if g == nil {
		return r.fault(Windows, about("command %d", command), "a group", name)
	}
	if err := r.closeGroup(g); err != nil {
		return err
	}
	return r.openWindow(g)
}

// closeGroup ends a group's open window with the batch before this one. Its nets are the flows since it opened, on
// accounts that may owe; the rest of them is fees and rounding, and all together they are nothing, in each currency.
func (r *review) closeGroup(g *group) error {
	w := &window{id: g.window, group: g.name}
	if g.within > 0 {
		w.due = r.decidedAt.Add(g.within)
	}
	sums := map[fx.Currency]int64{}
	for i := range r.accounts {
		a := &r.accounts[i]
		if a.in == 0 && a.out == 0 || r.groupOf(a.Currency) != g {
			continue
		}
		sums[a.Currency] += a.in - a.out
		if a.owes() {
			net := ledger.WindowNet{Window: w.id, Account: a.ID, GrossIn: a.in, GrossOut: a.out}
			w.nets = append(w.nets, net)
			if err := expectRow(r, &r.at.net, r.b.WindowNets, net, Windows, subject{account: a.ID, text: fmt.Sprintf("window %d", w.id)}); err != nil {
				return err
			}
		}
		a.in, a.out = 0, 0
	}
	for currency, sum := range sums {
		if sum != 0 {
			return r.fault(Windows, about("nets of window %d in %s", w.id, currency), 0, sum)
		}
	}
	if _, err := r.event(w.id, g.name, settlement.WindowClosed, &w.due); err != nil {
		return err
	}
	r.unsettled = append(r.unsettled, w)
	r.closedNow = append(r.closedNow, w.id)
	for _, n := range w.nets {
		a := r.account(n.Account)
		if a.Kind != ledger.Position || n.NetMinor() >= 0 || !r.participants[a.Participant-1].instructed {
			continue
		}
		payIn := ledger.Instruction{Window: w.id, Kind: ledger.PayIn, Participant: a.Participant, Account: a.ID, AmountMinor: -n.NetMinor(), Currency: a.Currency}
		if err := r.tellAgent(payIn); err != nil {
			return err
		}
	}
	return nil
}

// setGroup makes or changes a group. Its window and those of groups that lose or gain a currency close, so that each
// window is of the same currencies from beginning to end.
func (r *review) setGroup(_ int64, c settlement.SettlementGroup) error {
	old := r.groupNamed(c.Name)
	var others []*group
	for _, g := range r.groups {
		takesFrom := slices.ContainsFunc(c.Currencies, func(c fx.Currency) bool { return r.groupOf(c) == g })
		givesTo := g == r.groups[0] && old != nil && slices.ContainsFunc(old.currencies, func(o fx.Currency) bool { return !slices.Contains(c.Currencies, o) })
		if g != old && (takesFrom || givesTo) {
			others = append(others, g)
		}
	}
	closing := others
	if old != nil {
		closing = append([]*group{old}, others...)
	}
	for _, g := range closing {
		if err := r.closeGroup(g); err != nil {
			return err
		}
	}
	for _, g := range others {
		g.currencies = slices.DeleteFunc(slices.Clone(g.currencies), func(o fx.Currency) bool { return slices.Contains(c.Currencies, o) })
	}
	if old == nil {
		old = &group{name: c.Name}
		r.groups = append(r.groups, old)
		slices.SortFunc(r.groups[1:], func(a, b *group) int { return strings.Compare(a.name, b.name) })
	}
	old.currencies, old.timed = slices.Clone(c.Currencies), c.Timetable != nil
	old.within, old.shareMax = time.Duration(c.SettleWithinSeconds)*time.Second, c.ShareMaxPPM
	for _, g := range append([]*group{old}, others...) {
		if err := r.openWindow(g); err != nil {
			return err
		}
	}
	return nil
}

func (r *review) setMethod(command int64, c settlement.SettlementMethod) error {
	id := r.byName[c.Participant]
	if id == 0 || id == r.provider {
		return r.fault(Windows, about("command %d", command), "a participant with a position", c.Participant)
	}
	r.participants[id-1].instructed = c.Method == settlement.MethodInstructed
	return nil
}
