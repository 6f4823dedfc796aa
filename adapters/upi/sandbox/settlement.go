package sandbox

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
)

// Statements implements kit.Stater.
func (s *Server) Statements() []kit.StatementWriter {
	return []kit.StatementWriter{s.WriteStatement}
}

var _ kit.Stater = (*Server)(nil)

// WriteStatement writes the PSP's settlement file of the day that begins at this moment: what settled, in the layout of
// upi.StandardColumns.
func (s *Server) WriteStatement(w io.Writer, day time.Time) error {
	out := csv.NewWriter(w)
	c := upi.StandardColumns
	if err := out.Write([]string{c.At, c.RRN, c.Reference, c.Direction, c.Amount, c.Currency, c.Party, c.Code, c.Type}); err != nil {
		return fmt.Errorf("upi sandbox: settlement file: %w", err)
	}
	end := day.AddDate(0, 0, 1)
	err := s.Operations(func(op kit.Operation) error {
		at := time.UnixMilli(op.CreatedMS + s.Faults().ClockSkewMS).In(upi.IndianTime)
		if op.State != kit.Settled || at.Before(day) || !at.Before(end) {
			return nil
		}
		direction := map[string]string{kit.KindCollection: upi.SettledIn}[op.Kind]
		return out.Write([]string{
			at.Format(upi.SettlementTime), op.Ref, op.ID, cmp.Or(direction, upi.SettledOut), s.text(op.Minor), s.Currency.String(),
			op.Account, upi.CodeSuccess, op.Kind,
		})
	})
	if err != nil {
		return fmt.Errorf("upi sandbox: settlement file: %w", err)
	}
	out.Flush()
	return out.Error()
}
