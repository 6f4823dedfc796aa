package sandbox

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"time"
)

// Stater is a Server that writes what its rail states of the day that begins at a moment: a file for each account.
type Stater interface {
	Statements() []StatementWriter
}

// StatementWriter writes one account's statement of the day that begins at this moment.
type StatementWriter func(w io.Writer, day time.Time) error

// MovedOn lists what moved on the operator's account on the day that begins at this moment of the rail's clock: what
// settled, by time. Kinds that are only on their way, or somebody else's, are left out by moves.
func (b *Base) MovedOn(day time.Time, moves func(Operation) bool) ([]Operation, error) {
	var moved []Operation
	end := day.AddDate(0, 0, 1)
	err := b.Operations(func(op Operation) error {
		if at := b.At(op); op.State == Settled && moves(op) && !at.Before(day) && at.Before(end) {
			moved = append(moved, op)
		}
		return nil
	})
	slices.SortFunc(moved, func(x, y Operation) int {
		return cmp.Or(cmp.Compare(x.CreatedMS, y.CreatedMS), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.ID, y.ID))
	})
	return moved, err
}

// At is when an operation was accepted, by the rail's clock.
func (b *Base) At(op Operation) time.Time {
	return time.UnixMilli(op.CreatedMS + b.Faults().ClockSkewMS)
}

// ServeStatement answers GET /admin/statement?day=2006-01-02 by what write writes of the day that begins then in zone.
func ServeStatement(zone *time.Location, contentType string, write StatementWriter) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		day, err := time.ParseInLocation(time.DateOnly, r.URL.Query().Get("day"), zone)
		if err != nil {
			http.Error(w, "day is not YYYY-MM-DD", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", contentType)
		if write(w, day) != nil {
			panic(http.ErrAbortHandler) // it is not whole, and must not look so
		}
	}
}
