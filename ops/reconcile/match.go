package reconcile

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Sides are what is put beside each other. Their order says nothing.
type Sides struct {
	Participant string
	Day         fx.Date        // at the rail
	Zone        *time.Location // the rail's
	// Lines and Log are of the day and of those beside it, for rails close their day at another moment than batches are
	// decided. What is of another day is only there to be matched with. Log also has the movements of Open.
	Lines []adapters.StatementLine
	Log   []ledger.RailMovement
	Open  []ledger.Difference // found before and open, of whatever day
}

// match is a report in the making.
type match struct {
	*Report
	Sides
	log     []*movement
	byRef   map[string][]*movement // by the rail's receipt
	byOrder map[string]*movement   // by what the adapter gave to find it by
	names   map[string]int         // of differences
	sound   map[lineKey]bool       // lines that agree in everything
}

// Match puts statements beside the log.
func Match(s Sides) *Report {
	m := match{
		Report: &Report{Participant: s.Participant, Day: s.Day}, Sides: s, byRef: map[string][]*movement{},
		byOrder: map[string]*movement{}, names: map[string]int{}, sound: map[lineKey]bool{},
	}
	m.index()
	m.Sides.Lines = slices.SortedFunc(slices.Values(s.Lines), compareLines)
	for _, l := range m.Sides.Lines {
		m.take(l)
	}
	for _, of := range m.log {
		of.choose(m.dayOf)
	}
	m.carry()
	for _, of := range m.log {
		m.judge(of)
	}
	m.settle()
	slices.SortFunc(m.Report.Differences, func(a, b ledger.Difference) int { return strings.Compare(a.ID, b.ID) })
	return m.Report
}

// index makes the log's movements findable by all that a statement may name them by.
func (m *match) index() {
	for _, of := range m.Sides.Log {
		m.log = append(m.log, &movement{RailMovement: of, day: m.dayOf(of.At)})
	}
	slices.SortFunc(m.log, func(a, b *movement) int {
		return cmp.Or(cmp.Compare(a.Transfer, b.Transfer), cmp.Compare(a.Kind, b.Kind), a.At.Compare(b.At), cmp.Compare(a.Intent, b.Intent))
	})
	for _, of := range m.log {
		if of.RailRef != "" {
			m.byRef[of.RailRef] = append(m.byRef[of.RailRef], of)
		}
		m.byOrder[orderOf(of.RailMovement)] = of
	}
}

// dayOf is the day of a moment at the rail.
func (m *match) dayOf(at time.Time) fx.Date { return fx.Date(at.In(m.Zone).Format(time.DateOnly)) }

// take hands a line to the movement that it names. Lines of other days that name none are nobody's business today.
func (m *match) take(l adapters.StatementLine) {
	today := m.dayOf(l.At) == m.Sides.Day
	if l.Fee {
		if today {
			m.charge(l.Amount)
		}
		return
	}
	if today {
		m.Report.Lines++
	}
	if of := m.find(l); of != nil {
		of.lines = append(of.lines, l)
	} else if today {
		m.ofLine(MissingInLog, l, nil, "%s of %s by %q", l.Direction, l.Amount, l.Order)
	}
}

// find returns the movement that a line names, nil where the log has none. Of several with the line's receipt it is one
// that is like the line and no other line has named.
func (m *match) find(l adapters.StatementLine) *movement {
	if named := m.byRef[l.Ref]; len(named) > 0 {
		i := slices.IndexFunc(named, func(of *movement) bool { return of.like(l) && len(of.lines) == 0 })
		return named[max(i, 0)]
	}
	for _, name := range []string{l.Order, l.Alias} {
		if of := m.byOrder[name]; of != nil && name != "" {
			return of
		}
	}
	return nil
}

// carry gives movements that no statement names the lines that were found before and had no movement then.
func (m *match) carry() {
	for _, d := range m.Sides.Open {
		if d.Day == m.Sides.Day || d.RailDirection == "" || d.Kind != string(MissingInLog) && d.Kind != string(UnknownOpen) {
			continue
		}
		l := lineOf(d)
		if of := m.find(l); of != nil && len(of.lines) == 0 && of.like(l) && !of.Unknown {
			of.lines, of.agrees = []adapters.StatementLine{l}, true
		}
	}
}

// lineOf is the line that a difference was found with.
func lineOf(d ledger.Difference) adapters.StatementLine {
	return adapters.StatementLine{
		At: d.RailAt, Ref: d.RailRef, Order: d.RailOrder, Alias: d.RailAlias, Direction: adapters.Direction(d.RailDirection),
		Amount: fx.Money{Minor: d.RailMinor, Currency: d.Currency},
	}
}

// judge says of each line of a movement how it differs, and of a movement of the day what it lacks.
func (m *match) judge(of *movement) {
	for i, l := range of.lines {
		if i == of.best && of.sound() {
			m.sound[keyOf(l)] = true
		}
		if m.dayOf(l.At) == m.Sides.Day {
			m.judgeLine(of, i, l)
		}
	}
	if of.day != m.Sides.Day {
		return
	}
	switch {
	case len(of.lines) > 0:
	case of.Unknown:
		m.ofMovement(UnknownOpen, of, "the statement does not have it")
	case of.atRail():
		m.ofMovement(MissingAtRail, of, "intent %s", of.Intent)
	}
	if !of.Unknown && !of.posted() {
		m.ofMovement(MissingPosting, of, "%d minor units were posted", of.PostedMinor)
	}
}

func (m *match) judgeLine(of *movement, i int, l adapters.StatementLine) {
	switch {
	case i != of.best:
		m.ofLine(TwiceAtRail, l, of, "beside %q", of.lines[of.best].Ref)
	case l.Direction != direction(of.Kind):
		m.ofLine(DirectionDiffers, l, of, "%s at the rail", l.Direction)
	case !of.sameAmount(l):
		m.ofLine(AmountDiffers, l, of, "%s at the rail", l.Amount)
	case of.Unknown:
		m.ofLine(UnknownOpen, l, of, "the statement has it")
	case of.day != m.Sides.Day:
		id := m.ofLine(OtherDay, l, of, "on %s in the log", of.day)
		m.Report.Settled = append(m.Report.Settled, id)
	default:
		m.Matched++
	}
}

// settle names the differences of before that are none any more.
func (m *match) settle() {
	type name struct {
		kind     string
		transfer string
	}
	sound := map[name]bool{}
	for _, of := range m.log {
		if of.sound() {
			sound[name{string(of.Kind), of.Transfer.String()}] = true
		}
	}
	for _, d := range m.Sides.Open {
		settled := false
		switch Kind(d.Kind) {
		case MissingInLog:
			settled = m.sound[keyOf(lineOf(d))]
		case MissingAtRail, MissingPosting, UnknownOpen:
			settled = sound[name{d.Movement, d.Transfer}]
		case AmountDiffers, DirectionDiffers, TwiceAtRail, OtherDay: // for people: the money has moved so
		}
		if settled {
			m.Report.Settled = append(m.Report.Settled, d.ID)
		}
	}
	slices.Sort(m.Report.Settled)
	m.Report.Settled = slices.Compact(m.Report.Settled)
}

// charge adds up what the rail charged.
func (m *match) charge(fee fx.Money) {
	i, found := slices.BinarySearchFunc(m.Fees, fee.Currency.String(), func(f fx.Money, code string) int { return strings.Compare(f.Currency.String(), code) })
	if !found {
		m.Fees = slices.Insert(m.Fees, i, fx.Money{Currency: fee.Currency})
	}
	m.Fees[i].Minor += fee.Minor
}
