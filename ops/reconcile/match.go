// Package reconcile puts three things beside each other, for a participant and a day: what the rail's statement says
// moved, what the log says moved, and what was posted for it. What does not agree is a difference of some kind, which
// stays until two people resolved it.
package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Kind names how the three differ.
type Kind string

// The kinds of difference.
const (
	MissingAtRail    Kind = "missing_at_rail"   // the log has it, the statement does not
	MissingInLog     Kind = "missing_in_log"    // the statement has it, the log does not
	MissingPosting   Kind = "missing_posting"   // the log has it, and other money was posted for it, or none
	AmountDiffers    Kind = "amount_differs"    // the statement has another amount or currency than the log
	DirectionDiffers Kind = "direction_differs" // money came where it should have gone, or the other way round
	TwiceAtRail      Kind = "twice_at_rail"     // the statement has it more than once
	UnknownOpen      Kind = "unknown_open"      // the rail said that it does not know, and has not said more
)

// Report is a day of a participant. Lines of the statement count where they are of the day.
type Report struct {
	Participant string              `json:"participant"`
	Day         fx.Date             `json:"day"`
	Matched     int                 `json:"matched"`
	OtherDay    int                 `json:"other_day"` // of these, on another day in the log than on the statement: one beside it
	Fees        []fx.Money          `json:"fees"`      // the rail's own charges, by currency
	Differences []ledger.Difference `json:"differences"`
}

// Open counts the differences that nobody resolved.
func (r *Report) Open() (n int) {
	for _, d := range r.Differences {
		if d.Resolution == nil {
			n++
		}
	}
	return n
}

// match is a day in the making.
type match struct {
	*Report
	zone    *time.Location
	byRef   map[string]*ledger.RailMovement // by the rail's receipt
	byOrder map[string]*ledger.RailMovement // by what the adapter gave to find it by
	seen    map[*ledger.RailMovement]string // receipts that the statement has it under
	fees    map[fx.Currency]int64
}

// Match puts the lines of a statement beside the log's movements of a day and of the days beside it, in the rail's zone:
// rails close their day at another moment than batches are decided. Lines and movements of those other days are only
// there to be matched with.
func Match(participant string, day fx.Date, zone *time.Location, lines []adapters.StatementLine, log []ledger.RailMovement) *Report {
	m := match{
		Report: &Report{Participant: participant, Day: day}, zone: zone,
		byRef: map[string]*ledger.RailMovement{}, byOrder: map[string]*ledger.RailMovement{}, seen: map[*ledger.RailMovement]string{}, fees: map[fx.Currency]int64{},
	}
	for i := range log {
		m.index(&log[i])
	}
	for _, line := range lines {
		m.line(line)
	}
	for i := range log {
		m.movement(&log[i])
	}
	for currency, minor := range m.fees {
		m.Fees = append(m.Fees, fx.Money{Minor: minor, Currency: currency})
	}
	slices.SortFunc(m.Fees, func(a, b fx.Money) int { return strings.Compare(a.Currency.String(), b.Currency.String()) })
	slices.SortFunc(m.Differences, func(a, b ledger.Difference) int { return strings.Compare(a.ID, b.ID) })
	return m.Report
}

// index makes a movement findable by all that a statement may name it by.
func (m *match) index(of *ledger.RailMovement) {
	if of.RailRef != "" {
		m.byRef[of.RailRef] = of
	}
	m.byOrder[orderOf(of)] = of
}

// ofOrders is what the intents of paid orders begin with; the order's reference follows (adapters/order.go).
const ofOrders = "o"

// orderOf is what an adapter gives the rail, or the customer, to find a movement by: an order's reference, an
// operation's id (adapters/operation.go).
func orderOf(of *ledger.RailMovement) string {
	switch of.Kind {
	case ledger.MovedPayout:
		return of.Transfer.String() + "P"
	case ledger.MovedRefund:
		return of.Transfer.String() + "R"
	case ledger.MovedCollection:
	}
	return strings.TrimPrefix(of.Intent, ofOrders)
}

// atRail tells whether a movement must be on the statement: what a customer gave its operator otherwise than for an
// order of the adapter, nobody paid at the rail.
func atRail(of *ledger.RailMovement) bool {
	return of.Kind != ledger.MovedCollection || strings.HasPrefix(of.Intent, ofOrders)
}

// dayOf is the day of a moment at the rail.
func (m *match) dayOf(at time.Time) fx.Date { return fx.Date(at.In(m.zone).Format(time.DateOnly)) }

func (m *match) line(l adapters.StatementLine) {
	beside := m.dayOf(l.At).DaysSince(m.Day)
	if beside < -1 || beside > 1 {
		return // of a statement of many days
	}
	today := beside == 0
	if l.Fee {
		if today {
			m.fees[l.Amount.Currency] += l.Amount.Minor
		}
		return
	}
	of := m.byRef[l.Ref]
	if of == nil && l.Order != "" {
		of = m.byOrder[l.Order]
	}
	if of == nil {
		if today {
			m.differs(MissingInLog, l, nil, "%s of %s by %.40q", l.Direction, l.Amount, l.Order)
		}
		return
	}
	if !today && m.dayOf(of.At) != m.Day {
		return
	}
	before, twice := m.seen[of]
	m.seen[of] = l.Ref
	switch {
	case twice:
		m.differs(TwiceAtRail, l, of, "first as %.40q", before)
	case l.Direction != direction(of.Kind):
		m.differs(DirectionDiffers, l, of, "%s at the rail", l.Direction)
	case l.Amount != fx.Money{Minor: of.AmountMinor, Currency: of.Currency}:
		m.differs(AmountDiffers, l, of, "%s at the rail", l.Amount)
	default:
		m.Matched++
		if m.dayOf(l.At) != m.dayOf(of.At) {
			m.OtherDay++
		}
	}
}

// direction is where a movement goes, as the rail's statement has it.
func direction(kind ledger.MovementKind) adapters.Direction {
	if kind == ledger.MovedCollection {
		return adapters.In
	}
	return adapters.Out
}

// movement looks what the statement and the postings lack of a movement of the day.
func (m *match) movement(of *ledger.RailMovement) {
	if m.dayOf(of.At) != m.Day {
		return
	}
	_, seen := m.seen[of]
	switch {
	case of.Unknown && seen:
		m.differs(UnknownOpen, adapters.StatementLine{}, of, "the statement has it as %.40q", m.seen[of])
	case of.Unknown:
		m.differs(UnknownOpen, adapters.StatementLine{}, of, "the statement does not have it")
	case !seen && atRail(of):
		m.differs(MissingAtRail, adapters.StatementLine{Ref: of.RailRef}, of, "intent %s", of.Intent)
	}
	posted := int64(0)
	if of.Cleared {
		posted = of.AmountMinor
	}
	if !of.Unknown && of.PostedMinor != posted || !of.Cleared && of.Kind != ledger.MovedCollection {
		m.differs(MissingPosting, adapters.StatementLine{Ref: of.RailRef}, of, "%d minor units were posted", of.PostedMinor)
	}
}

// differs adds a difference, with a name that it has whenever it is found.
func (m *match) differs(kind Kind, l adapters.StatementLine, of *ledger.RailMovement, detail string, args ...any) {
	d := ledger.Difference{
		Kind: string(kind), Participant: m.Participant, Day: m.Day, RailRef: l.Ref, RailMinor: l.Amount.Minor, Currency: l.Amount.Currency,
		Detail: fmt.Sprintf(detail, args...),
	}
	if of != nil {
		d.Transfer, d.Movement, d.OursMinor, d.Currency = of.Transfer.String(), string(of.Kind), of.AmountMinor, of.Currency
	}
	name := sha256.Sum256([]byte(strings.Join([]string{d.Kind, d.Participant, string(d.Day), d.RailRef, d.Transfer, d.Movement}, "\n")))
	d.ID = hex.EncodeToString(name[:8])
	m.Differences = append(m.Differences, d)
}
