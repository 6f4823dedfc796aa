package sandbox

import (
	"io"
	"time"

	"github.com/ayni-switch/ayni/adapters/clearing"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// float is what stands on the adapter's account when a day begins, in minor units.
const float = 1_000_000_000_000

// Statements implements kit.Stater.
func (s *Server) Statements() []kit.StatementWriter {
	return []kit.StatementWriter{s.WriteStatement}
}

var _ kit.Stater = (*Server)(nil)

// WriteStatement writes the camt.053 of the adapter's account of the day that begins at this moment. A customer's payment
// is on it once the adapter took it; what it rejected never reached the account.
func (s *Server) WriteStatement(w io.Writer, day time.Time) error {
	taken := map[string]bool{}
	err := s.Operations(func(op kit.Operation) error {
		if op.Kind == kindDelivery {
			taken[op.ID] = op.State == kit.Settled
		}
		return nil
	})
	if err != nil {
		return err
	}
	moved, err := s.MovedOn(day, func(op kit.Operation) bool {
		return op.Kind == kit.KindPayout || op.Kind == kit.KindRefund && op.Code == "" || op.Kind == kit.KindCollection && taken[op.ID]
	})
	if err != nil {
		return err
	}
	statement := kit.DayStatement{Day: day, Account: "AYNI", Servicer: s.cfg.BIC, Opening: fx.Money{Minor: float, Currency: s.Currency}}
	for _, op := range moved {
		amount, id := fx.Money{Minor: -op.Minor, Currency: s.Currency}, clearing.PaymentID(op.ID)
		if op.Kind == kit.KindCollection {
			amount.Minor, id = op.Minor, iso20022.PaymentID{InstrID: op.ID, EndToEndID: op.ID, TxID: op.ID, UETR: op.Ref}
		}
		statement.Entries = append(statement.Entries,
			kit.StatementEntry(id, receiptOf(op), amount, s.At(op).In(day.Location()), iso20022.Account{ID: op.Account}))
	}
	return statement.Write(w)
}

// receiptOf is an operation's receipt, which the UETR of a customer's payment is too long to be.
func receiptOf(op kit.Operation) string {
	if op.Kind == kit.KindCollection {
		return "PYMT" + op.ID[:min(len(op.ID), 31)]
	}
	return op.Ref
}
