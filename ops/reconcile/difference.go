package reconcile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// lineKey is what a line is known by from one reconciliation to the next.
type lineKey struct {
	ref, order string
	direction  adapters.Direction
	minor      int64
}

func keyOf(l adapters.StatementLine) lineKey {
	return lineKey{l.Ref, l.Order, l.Direction, l.Amount.Minor}
}

// compareLines is an order of lines that leaves nothing to chance but lines that are the same.
func compareLines(a, b adapters.StatementLine) int {
	return cmp.Or(
		a.At.Compare(b.At), strings.Compare(a.Ref, b.Ref), strings.Compare(a.Order, b.Order), strings.Compare(a.Alias, b.Alias),
		strings.Compare(string(a.Direction), string(b.Direction)), strings.Compare(a.Amount.Currency.String(), b.Amount.Currency.String()),
		cmp.Compare(a.Amount.Minor, b.Amount.Minor),
	)
}

// ofLine adds a difference of a line of the day; of is nil where the log has no such movement.
func (m *match) ofLine(kind Kind, l adapters.StatementLine, of *movement, detail string, args ...any) (id string) {
	d := ledger.Difference{
		RailRef: l.Ref, RailOrder: l.Order, RailAlias: l.Alias, RailDirection: string(l.Direction), RailAt: l.At.UTC(), RailMinor: l.Amount.Minor,
		Currency: l.Amount.Currency,
	}
	if of != nil {
		d.Transfer, d.Movement, d.OursMinor, d.Currency = of.Transfer.String(), string(of.Kind), of.AmountMinor, of.Currency
	}
	return m.add(kind, d, detail, args)
}

// ofMovement adds a difference of a movement of the day.
func (m *match) ofMovement(kind Kind, of *movement, detail string, args ...any) {
	m.add(kind, ledger.Difference{
		RailRef: of.RailRef, Transfer: of.Transfer.String(), Movement: string(of.Kind), OursMinor: of.AmountMinor, Currency: of.Currency,
	}, detail, args)
}

// add names a difference as it is named whenever it is found. Lines that are the same are counted.
func (m *match) add(kind Kind, d ledger.Difference, detail string, args []any) string {
	d.Kind, d.Participant, d.Day, d.Detail = string(kind), m.Sides.Participant, m.Sides.Day, fmt.Sprintf(detail, args...)
	about := strings.Join([]string{d.Kind, d.Participant, string(d.Day), d.RailRef, d.Transfer, d.Movement}, "\n")
	if m.names[about]++; m.names[about] > 1 {
		about += "\n" + strconv.Itoa(m.names[about])
	}
	name := sha256.Sum256([]byte(about))
	d.ID = hex.EncodeToString(name[:8])
	m.Report.Differences = append(m.Report.Differences, d)
	return d.ID
}
