package sandbox

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
)

// Settlement writes the PSP's settlement file: everything that settled, in the layout of upi.StandardColumns.
func (s *Server) Settlement(w io.Writer) error {
	out := csv.NewWriter(w)
	c := upi.StandardColumns
	if err := out.Write([]string{c.At, c.RRN, c.Reference, c.Direction, c.Amount, c.Currency, c.Party, c.Code, c.Type}); err != nil {
		return fmt.Errorf("upi sandbox: settlement file: %w", err)
	}
	err := s.Operations(func(op kit.Operation) error {
		if op.State != kit.Settled {
			return nil
		}
		direction := map[string]string{kit.KindCollection: upi.SettledIn}[op.Kind]
		at := time.UnixMilli(op.CreatedMS + s.Faults().ClockSkewMS).In(upi.IndianTime)
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

func (s *Server) serveSettlement(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	if s.Settlement(w) != nil {
		panic(http.ErrAbortHandler) // the file is not whole, and must not look so
	}
}
