package sandbox

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/adapters/gcash"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// walletColumns are those of the wallet's file of transactions.
var walletColumns = []string{
	"customerId", "referenceMerchantId", "referenceStoreId", gcash.ColumnID, "originalTransactionId", gcash.ColumnRequest, "referenceTransactionId",
	"orderDescription", "paymentMethodType", "pspName", gcash.ColumnType, gcash.ColumnTime, "productCode", gcash.ColumnAmount, gcash.ColumnCurrency,
}

// Statements implements kit.Stater.
func (s *Server) Statements() []kit.StatementWriter {
	return []kit.StatementWriter{s.WriteStatement, s.WriteBankStatement}
}

var _ kit.Stater = (*Server)(nil)

// WriteStatement writes the wallet's file of the day that begins at this moment: what customers paid and got back.
func (s *Server) WriteStatement(w io.Writer, day time.Time) error {
	moved, err := s.MovedOn(day, func(op kit.Operation) bool { return op.Kind == kit.KindCollection || op.Kind == kit.KindRefund })
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	rows := [][]string{walletColumns}
	for _, op := range moved {
		kind, original := gcash.TransactionPayment, ""
		if op.Kind == kit.KindRefund {
			kind, original = gcash.TransactionRefund, op.FateKey
		}
		rows = append(rows, []string{
			s.cfg.Wallet.PartnerID, "", "", op.Ref, original, op.ID, "", "", "GCASH", "GCash", kind,
			s.At(op).In(day.Location()).Format(time.RFC3339), "CASHIER_PAYMENT", strconv.FormatInt(op.Minor, 10), s.Currency.String(),
		})
	}
	return out.WriteAll(append(rows, []string{gcash.StatementEnd}))
}

// float is what stands on the account at the sponsor bank when a day begins, in minor units.
const float = 1_000_000_000_000

// WriteBankStatement writes the sponsor bank's camt.053 of the day that begins at this moment: what was paid out.
func (s *Server) WriteBankStatement(w io.Writer, day time.Time) error {
	moved, err := s.MovedOn(day, func(op kit.Operation) bool { return op.Kind == kit.KindPayout })
	if err != nil {
		return err
	}
	statement := kit.DayStatement{
		Day: day, Account: "AYNI", Servicer: plugSponsorBIC, Opening: fx.Money{Minor: float, Currency: s.Currency},
	}
	for _, op := range moved {
		statement.Entries = append(statement.Entries, kit.StatementEntry(
			clearing.PaymentID(op.ID), op.Ref, fx.Money{Minor: -op.Minor, Currency: s.Currency}, s.At(op).In(day.Location()), iso20022.Account{ID: op.Account}))
	}
	return statement.Write(w)
}
