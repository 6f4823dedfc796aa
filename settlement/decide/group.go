package decide

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

// settling is what closed windows and those to come are settled by.
type settling struct {
	groups     []*group // the default one first, then by name
	lastWindow settlement.WindowID
	unsettled  []closedWindow // oldest first
	instructed map[int32]bool // who settles by payments at the settlement agent
	claims     []ledger.Claim // with something left, by id
	lastClaim  int64
}

// group is currencies that settle together, and its open window.
type group struct {
	ledger.Group
	window ledger.OpenWindow
}

// closedWindow waits for settlement.
type closedWindow struct {
	id     settlement.WindowID
	group  string
	due    time.Time // when whoever owes is in default; zero for never
	failed bool
	nets   []ledger.WindowNet
}

// NextClosing tells when a window closes by its group's timetable, ok is false where only a command closes it. The
// answer is an input, kept with the window: zones of the world change, and so do machines.
type NextClosing func(window settlement.WindowID, g ledger.Group, after time.Time) (at time.Time, ok bool)

// ByTimetable asks a group's timetable, with the zones that this machine or program has.
func ByTimetable(_ settlement.WindowID, g ledger.Group, after time.Time) (time.Time, bool) {
	var table schedule.Timetable
	if json.Unmarshal(g.Timetable, &table) != nil {
		return time.Time{}, false
	}
	plan, err := table.Plan(time.LoadLocation)
	if err != nil {
		return time.Time{}, false
	}
	next, ok := plan.NextClose(after)
	return next.At, ok
}

// AsRecorded answers when windows close by what the ledger has of it.
func AsRecorded(closings map[settlement.WindowID]time.Time) NextClosing {
	return func(window settlement.WindowID, _ ledger.Group, _ time.Time) (time.Time, bool) {
		at, ok := closings[window]
		return at, ok
	}
}

func (s *State) restoreSettling(from *ledger.Snapshot) {
	s.settling = settling{
		groups: []*group{{Group: ledger.Group{Name: settlement.DefaultGroup}}}, lastWindow: from.LastWindow,
		instructed: map[int32]bool{}, claims: from.Claims, lastClaim: from.LastClaim,
	}
	for _, g := range from.Groups {
		s.putGroup(g)
	}
	for _, w := range from.OpenWindows {
		if g := s.groupNamed(w.Group); g != nil {
			g.window = w
		}
	}
	for i := range s.accounts { // flows of windows that have closed since are theirs
		a := &s.accounts[i]
		if from.BalanceBatches[a.ID] < s.groupOf(a.Currency).window.OpenedBatch {
			a.grossIn, a.grossOut = 0, 0
		}
	}
	nets := map[settlement.WindowID][]ledger.WindowNet{}
	for _, n := range from.Unsettled {
		nets[n.Window] = append(nets[n.Window], n)
	}
	for _, w := range from.ClosedWindows {
		s.unsettled = append(s.unsettled, closedWindow{id: w.ID, group: w.Group, due: w.Due, failed: w.Failed, nets: nets[w.ID]})
	}
	for _, m := range from.Methods {
		if m.Method == settlement.MethodInstructed {
			s.instructed[m.Participant] = true
		}
	}
}

// putGroup makes or changes a group, and returns it.
func (s *State) putGroup(g ledger.Group) *group {
	if old := s.groupNamed(g.Name); old != nil {
		old.Group = g
		return old
	}
	at, _ := slices.BinarySearchFunc(s.groups[1:], g.Name, func(other *group, name string) int { return cmp.Compare(other.Name, name) })
	s.groups = slices.Insert(s.groups, at+1, &group{Group: g})
	return s.groups[at+1]
}

func (s *State) groupNamed(name string) *group {
	if at := slices.IndexFunc(s.groups, func(g *group) bool { return g.Name == name }); at >= 0 {
		return s.groups[at]
	}
	return nil
}

// groupOf is the group that settles a currency.
func (s *State) groupOf(c fx.Currency) *group {
	for _, g := range s.groups[1:] {
		if slices.Contains(g.Currencies, c) {
			return g
		}
	}
	return s.groups[0]
}

// defaultWindow is the open window of the currencies that no group names.
func (s *State) defaultWindow() settlement.WindowID { return s.groups[0].window.ID }

// Limits of groups.
const (
	maxGroups              = 64
	maxSettleWithinSeconds = 30 * 24 * 60 * 60
)

// groupName is how groups are called.
var groupName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// setGroup makes or changes a group. Its window closes and the next one opens, and so with groups that lose or
// gain a currency: from its first index to its last, a window is of the same currencies.
func (d *decision) setGroup(c settlement.SettlementGroup) (string, error) {
	g, fault := d.newGroup(c)
	if fault != "" {
		return fault, nil
	}
	var closes time.Time
	if g.Timetable != nil {
		var ok bool
		if closes, ok = d.Closing(d.lastWindow+1, g, d.Now); !ok {
			return "the timetable has no next closing, or names a zone that is not known here", nil
		}
	}
	var others []*group
	for _, other := range d.groups {
		if other.Name != g.Name && d.affected(other, g) {
			others = append(others, other)
		}
	}
	if old := d.groupNamed(g.Name); old != nil {
		if err := d.closeGroup(old); err != nil {
			return "", err
		}
	}
	for _, other := range others {
		if err := d.closeGroup(other); err != nil {
			return "", err
		}
		before := len(other.Currencies)
		other.Currencies = slices.DeleteFunc(slices.Clone(other.Currencies), func(c fx.Currency) bool { return slices.Contains(g.Currencies, c) })
		if len(other.Currencies) == 0 {
			other.Currencies = nil // it has no account left to settle, until it is given a currency again
		}
		if len(other.Currencies) < before {
			d.keepGroup(other.Group)
		}
	}
	d.keepGroup(g)
	d.openWindow(d.putGroup(g), closes)
	for _, other := range others {
		d.openNext(other)
	}
	return "", nil
}

// affected tells whether a group loses or gains a currency when another becomes what g says.
func (d *decision) affected(other *group, g ledger.Group) bool {
	for _, c := range g.Currencies {
		if d.groupOf(c) == other {
			return true
		}
	}
	old := d.groupNamed(g.Name)
	return other == d.groups[0] && old != nil && slices.ContainsFunc(old.Currencies, func(c fx.Currency) bool { return !slices.Contains(g.Currencies, c) })
}

// newGroup checks a group, and returns it in its kept form.
func (d *decision) newGroup(c settlement.SettlementGroup) (g ledger.Group, fault string) {
	g = ledger.Group{Name: c.Name, SettleWithinSeconds: c.SettleWithinSeconds, ShareMaxPPM: c.ShareMaxPPM}
	switch {
	case !groupName.MatchString(c.Name):
		return g, "that cannot name a group"
	case d.groupNamed(c.Name) == nil && len(d.groups) >= maxGroups:
		return g, fmt.Sprintf("%d groups; the limit is %d", len(d.groups), maxGroups)
	case c.SettleWithinSeconds < 0 || c.SettleWithinSeconds > maxSettleWithinSeconds:
		return g, fmt.Sprintf("settle_within_seconds: want 0 to %d", maxSettleWithinSeconds)
	case c.ShareMaxPPM < 0 || c.ShareMaxPPM > million:
		return g, fmt.Sprintf("share_max_ppm: want 0 to %d", million)
	case (c.Name == settlement.DefaultGroup) != (len(c.Currencies) == 0):
		return g, "every group but the default one names its currencies, and that one has what no other names"
	case len(c.Currencies) > schedule.MaxCurrencies:
		return g, fmt.Sprintf("%d currencies; the limit is %d", len(c.Currencies), schedule.MaxCurrencies)
	}
	if len(c.Currencies) > 0 {
		g.Currencies = sortedCurrencies(c.Currencies)
		if g.Currencies[0].IsZero() || len(slices.Compact(slices.Clone(g.Currencies))) < len(g.Currencies) {
			return g, "a currency is missing or named twice"
		}
	}
	if c.Timetable == nil {
		return g, ""
	}
	if fault := checkTimetable(*c.Timetable, g); fault != "" {
		return g, fault
	}
	var err error
	if g.Timetable, err = json.Marshal(*c.Timetable, json.Deterministic(true)); err != nil {
		return g, err.Error()
	}
	return g, ""
}

// checkTimetable wants one group of the currencies that closes them together.
func checkTimetable(t schedule.Timetable, g ledger.Group) string {
	if err := t.Check(); err != nil {
		return err.Error()
	}
	if len(t.Groups) != 1 || t.Groups[0].Convention == schedule.Each || len(t.CutOffs) > 0 {
		return "the timetable: want one group whose windows close together, and no cut-offs"
	}
	var members []fx.Currency
	for _, m := range t.Groups[0].Members {
		members = append(members, m.Currency)
	}
	if g.Currencies != nil && !slices.Equal(sortedCurrencies(members), g.Currencies) {
		return "the timetable is of other currencies"
	}
	return ""
}

func sortedCurrencies(currencies []fx.Currency) []fx.Currency {
	sorted := slices.Clone(currencies)
	slices.SortFunc(sorted, func(a, b fx.Currency) int { return strings.Compare(a.String(), b.String()) })
	return sorted
}

func (d *decision) keepGroup(g ledger.Group) {
	if at := slices.IndexFunc(d.batch.Groups, func(old ledger.Group) bool { return old.Name == g.Name }); at >= 0 {
		d.batch.Groups[at] = g // of two in one batch the later holds
	} else {
		d.batch.Groups = append(d.batch.Groups, g)
	}
}

func (d *decision) setMethod(m settlement.SettlementMethod) (string, error) {
	p := d.byName[m.Participant]
	switch {
	case p == nil:
		return fmt.Sprintf("no participant %q", m.Participant), nil
	case m.Method != settlement.MethodPrefund && m.Method != settlement.MethodInstructed:
		return fmt.Sprintf("no method %q", Plain(string(m.Method))), nil
	case p.Role == settlement.RoleProvider:
		return p.Name + " settles from prefunding", nil
	}
	delete(d.instructed, p.ID)
	if m.Method == settlement.MethodInstructed {
		d.instructed[p.ID] = true
	}
	kept := ledger.Method{Participant: p.ID, Method: m.Method}
	if at := slices.IndexFunc(d.batch.Methods, func(old ledger.Method) bool { return old.Participant == p.ID }); at >= 0 {
		d.batch.Methods[at] = kept
	} else {
		d.batch.Methods = append(d.batch.Methods, kept)
	}
	return "", nil
}

// NextMoment is the earliest moment at which something happens by itself: a deadline in the queue, a window that
// closes, one whose debtors default.
func (s *State) NextMoment(now time.Time) (moment time.Time, ok bool) {
	moment, ok = s.nextDue(now)
	sooner := func(at time.Time) {
		if !at.IsZero() && (!ok || at.Before(moment)) {
			moment, ok = at, true
		}
	}
	for _, g := range s.groups {
		sooner(g.window.ClosesAt)
	}
	for i, w := range s.unsettled {
		if !w.failed && s.first(i) { // what stands behind another waits for it
			sooner(s.dueAt(w))
		}
	}
	return moment, ok
}

// first tells whether no older window of its group waits.
func (s *State) first(unsettled int) bool {
	w := s.unsettled[unsettled]
	return !slices.ContainsFunc(s.unsettled[:unsettled], func(older closedWindow) bool { return older.group == w.group })
}
