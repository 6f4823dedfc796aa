package sandbox

import (
	"cmp"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// statementColumns are those of the organisation's statement.
var statementColumns = []string{
	"Receipt No.", "Completion Time", "Initiation Time", "Details", "Transaction Status", "Paid In", "Withdrawn", "Balance",
	"Balance Confirmed", "Reason Type", "Other Party Info", "Linked Transaction ID", "A/C No.",
}

// Statements implements kit.Stater.
func (s *Server) Statements() []kit.StatementWriter {
	return []kit.StatementWriter{s.WriteStatement}
}

var _ kit.Stater = (*Server)(nil)

// WriteStatement writes the statement of the day that begins at this moment.
func (s *Server) WriteStatement(w io.Writer, day time.Time) error {
	var rows []kit.Operation
	opening, end := s.cfg.FloatMinor, day.AddDate(0, 0, 1)
	err := s.Operations(func(op kit.Operation) error {
		at := s.at(op)
		switch {
		case op.Kind == KindPrompt || op.State == kit.Accepted || !at.Before(end):
		case at.Before(day):
			opening += movement(op)
		default:
			rows = append(rows, op)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b kit.Operation) int {
		return cmp.Or(cmp.Compare(a.CreatedMS, b.CreatedMS), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	out := csv.NewWriter(w)
	lines := [][]string{{"Organization Name:", "Sandbox"}, {"Short Code:", s.cfg.Shortcode}, {"Opening Balance:", s.money(opening)}, statementColumns}
	balance := opening
	for _, op := range rows {
		balance += movement(op)
		lines = append(lines, s.statementRow(op, balance))
	}
	if err := out.WriteAll(lines); err != nil {
		return err
	}
	return out.Error()
}

// movement is what an operation changed in the organisation's account.
func movement(op kit.Operation) int64 {
	switch {
	case op.State != kit.Settled:
		return 0
	case op.Kind == kit.KindCollection:
		return op.Minor
	default:
		return -op.Minor
	}
}

func (s *Server) statementRow(op kit.Operation, balance int64) []string {
	at := s.at(op).Format("02-01-2006 15:04:05")
	paidIn, withdrawn, linked, account := "", s.money(-op.Minor), "", ""
	var reason, details string
	switch op.Kind {
	case kit.KindCollection:
		paidIn, withdrawn, account = s.money(op.Minor), "", op.ID
		reason, details = "Pay Bill Online", "Pay Bill from "+masked(op.Account)+" Acc. "+op.ID
	case kit.KindRefund:
		reason, details, linked = "Pay Bill Reversal", "Reversal of "+op.ID, op.ID
	default:
		reason, details = "Business Payment to Customer", "Business Payment to Customer "+masked(op.Account)
	}
	status := "Completed"
	if op.State != kit.Settled {
		status = "Failed"
	}
	return []string{
		s.receiptOf(op), at, at, details, status, paidIn, withdrawn, s.money(balance), strconv.FormatBool(true), reason,
		masked(op.Account) + " - Customer", linked, account,
	}
}

// receiptOf is the receipt of an operation, which one that failed has too.
func (s *Server) receiptOf(op kit.Operation) string {
	if op.Ref != "" {
		return op.Ref
	}
	return s.receipt(op)
}
