package gcash

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/fx"
)

// Columns of the wallet's file of a day's successful transactions (transactionItems_YYYYMMDD_NNN.csv), of which those
// are listed that are read.
const (
	ColumnID       = "transactionId"          // the wallet's: paymentId or refundId
	ColumnRequest  = "transactionRequestId"   // ours: paymentRequestId or refundRequestId
	ColumnType     = "transactionType"        // TransactionPayment and so on
	ColumnTime     = "paymentTime"            // ISO 8601 with its zone
	ColumnAmount   = "transactionAmountValue" // in minor units
	ColumnCurrency = "transactionCurrency"
)

// StatementEnd ends the wallet's file: without it, the file is not whole.
const StatementEnd = "<END>"

// The wallet's types of transaction that move money.
const (
	TransactionPayment = "PAYMENT"
	TransactionCapture = "CAPTURE" // of a payment that was authorised before
	TransactionRefund  = "REFUND"
	TransactionCancel  = "CANCEL" // of a payment, all of it
)

var walletTable = adapters.StatementTable{
	Columns: []string{ColumnID, ColumnRequest, ColumnType, ColumnTime, ColumnAmount, ColumnCurrency}, End: StatementEnd,
}

var directions = map[string]adapters.Direction{
	TransactionPayment: adapters.In, TransactionCapture: adapters.In, TransactionRefund: adapters.Out, TransactionCancel: adapters.Out,
}

// ManilaTime is the zone of the wallet's days where nothing else is configured.
var ManilaTime = time.FixedZone("PHT", 8*60*60)

// statementPlace is what the settings say about statements.
func statementPlace(from adapters.Settings) (fx.Currency, *time.Location, error) {
	var place adapters.StatementPlace
	if err := from.Part(&place); err != nil {
		return fx.Currency{}, nil, err
	}
	zone, err := place.Location(ManilaTime)
	return place.Currency, zone, err
}

// readStatement reads either file of a day: the wallet's, of what customers paid and got back, or the sponsor bank's
// camt.053, of what was paid out.
func readStatement(r io.Reader, from adapters.Settings, line func(adapters.StatementLine) error) error {
	c, zone, err := statementPlace(from)
	if err != nil {
		return err
	}
	file := bufio.NewReader(r)
	if isXML(file) {
		return clearing.ReadStatement(file, c, zone, nil, line)
	}
	return readWallet(file, c, line)
}

// maxLead bounds what may stand before a file's first sign.
const maxLead = 64

// isXML tells whether a file begins as a message does, behind a byte order mark and spaces.
func isXML(file *bufio.Reader) bool {
	lead, _ := file.Peek(maxLead) // of a short file, all of it
	return strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(string(lead), "\ufeff"), " \t\r\n"), "<")
}

// readWallet reads the wallet's file. Errors of the format are *adapters.StatementError; an error of line ends it.
func readWallet(r io.Reader, c fx.Currency, line func(adapters.StatementLine) error) error {
	return walletTable.Read(r, func(row adapters.StatementRow) ([]adapters.StatementLine, error) {
		said, err := readTransaction(row, c)
		return []adapters.StatementLine{said}, err
	}, line)
}

func readTransaction(row adapters.StatementRow, c fx.Currency) (l adapters.StatementLine, err error) {
	l = adapters.StatementLine{
		Ref: row.Get(ColumnID), Order: row.Get(ColumnRequest), Code: row.Get(ColumnType),
		Direction: directions[row.Get(ColumnType)],
	}
	switch {
	case l.Direction == "":
		return l, fmt.Errorf("type %.40q", l.Code)
	case l.Ref == "" || len(l.Ref) > maxIDLength:
		return l, errors.New("no transactionId of 1 to 64 characters")
	}
	if l.Amount, err = (Amount{Currency: row.Get(ColumnCurrency), Value: row.Get(ColumnAmount)}).Money(); err != nil {
		return l, err
	}
	if l.Amount.Currency != c {
		return l, fmt.Errorf("%s, not %s", l.Amount.Currency, c)
	}
	if l.At, err = time.Parse(time.RFC3339, row.Get(ColumnTime)); err != nil {
		return l, fmt.Errorf("paymentTime %.40q", row.Get(ColumnTime))
	}
	return l, nil
}
