package sandbox

import (
	"encoding/csv"
	"io"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// columns are those of the partner portal's file.
var columns = []string{
	"Id", "External id", "Date", "Status", "Type", "Note/Message", "From", "From Name", "To", "To Name", "Amount", "Currency", "Fee", "Currency", "Balance",
}

// Statements implements kit.Stater.
func (s *Server) Statements() []kit.StatementWriter {
	return []kit.StatementWriter{s.WriteStatement}
}

var _ kit.Stater = (*Server)(nil)

// WriteStatement writes the account's transactions of the day that begins at this moment, as the partner portal does: in
// the zone of day, what went out with a minus, numbers as FRI:…/MSISDN.
func (s *Server) WriteStatement(w io.Writer, day time.Time) error {
	moved, err := s.MovedOn(day, func(op kit.Operation) bool { return op.Kind == kit.KindPayout })
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	rows := [][]string{{"Account holder", "Sandbox"}, columns}
	for _, op := range moved {
		rows = append(rows, []string{
			op.Ref, read(op).ExternalID, s.At(op).In(day.Location()).Format(time.DateTime), "Successful", "Transfer", "",
			"FRI:" + s.cfg.AccountNumber + "/MSISDN", "Sandbox", "FRI:" + op.Account + "/MSISDN", "", s.money(-op.Minor), s.Currency.String(), "", "", "",
		})
	}
	return out.WriteAll(rows)
}
