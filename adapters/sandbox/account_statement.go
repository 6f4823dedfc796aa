package sandbox

import (
	"fmt"
	"io"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// DayStatement is a day of an account as a bank states it, with one payment in each entry.
type DayStatement struct {
	Day      time.Time // when it begins
	Account  string
	Servicer string // BIC
	Opening  fx.Money
	Entries  []iso20022.StatementEntry
}

// pageEntries bounds a message.
const pageEntries = 10_000

// Write writes it as one camt.053. Its number is that of the day.
func (d DayStatement) Write(w io.Writer) error {
	if len(d.Entries) > pageEntries {
		return fmt.Errorf("sandbox: statement of %d entries, more than %d", len(d.Entries), pageEntries)
	}
	end := d.Day.AddDate(0, 0, 1)
	date := fx.Date(d.Day.Format(time.DateOnly))
	closing := d.Opening
	for _, e := range d.Entries {
		closing.Minor += e.Amount.Minor
	}
	id := d.Servicer + d.Day.Format("20060102")
	message, err := iso20022.Statement{
		MsgID: id, Created: end, ID: id, Number: d.Day.Unix() / 86400, From: d.Day, To: end,
		Account: iso20022.Account{ID: d.Account}, Servicer: iso20022.Agent{BIC: d.Servicer}, Currency: d.Opening.Currency,
		Balances: []iso20022.StatementBalance{
			{Kind: iso20022.BalanceOpening, Amount: d.Opening, Date: date}, {Kind: iso20022.BalanceClosing, Amount: closing, Date: date},
		},
		Entries: d.Entries,
	}.Marshal(iso20022.MessageStatement)
	if err != nil {
		return err
	}
	_, err = w.Write(message)
	return err
}

// StatementEntry is the entry of one payment: out where amount is below zero. servicerRef is the bank's receipt.
func StatementEntry(id iso20022.PaymentID, servicerRef string, amount fx.Money, at time.Time, other iso20022.Account) iso20022.StatementEntry {
	e := iso20022.StatementEntry{
		Ref: servicerRef, Amount: amount, Status: iso20022.EntryBooked, BookedAt: at, ValueDate: fx.Date(at.Format(time.DateOnly)), ServicerRef: servicerRef,
		Code: iso20022.BankCode{Domain: "PMNT", Family: "RCDT", SubFamily: "ESCT"},
	}
	detail := iso20022.EntryDetail{ID: id, ServicerRef: servicerRef, DebtorAccount: other}
	if amount.Minor < 0 {
		e.Code.Family = "ICDT"
		detail.DebtorAccount, detail.CreditorAccount = iso20022.Account{}, other
	}
	e.Details = []iso20022.EntryDetail{detail}
	return e
}
