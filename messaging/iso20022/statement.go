package iso20022

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// The messages that a Statement is written as, and those that one is read from beside them.
const (
	MessageStatement     = "camt.053.001.08" // a day, from its opening balance to its closing one
	MessageAccountReport = "camt.052.001.08" // a day so far
	MessageAdvice        = "camt.054.001.08" // single entries, without balances
)

// Statement is what an account's servicer tells its owner: a day, a part of one, or single entries. A large one has
// several pages, each a message of its own with balances that its entries lead through.
//
// Amounts below zero are debits, others credits, as the servicer books them: a credit is money that the owner may
// dispose of.
type Statement struct {
	MsgID    string // at most 35 characters
	Created  time.Time
	ID       string // the same on all pages, at most 35 characters
	Number   int64  // one more with each statement of the account, 0 where that is not said
	Page     int    // from 1; 0 where nothing is said of pages
	LastPage bool   // whether none follows; only with Page
	From, To time.Time
	Account  Account
	Kind     string // of account, the servicer's word, at most 35 characters; "" for none
	Name     string // of the account, at most 70 characters; "" for none
	Owner    string // at most 140 characters; "" for none
	Servicer Agent
	Currency fx.Currency
	Balances []StatementBalance
	Entries  []StatementEntry
}

// NotProvided stands for an end-to-end id that there is none of, or that does not fit, as ISO 20022 has it.
const NotProvided = "NOTPROVIDED"

// BalanceKind is what a balance is of (ExternalBalanceType1Code).
type BalanceKind string

// The balances that count here. Others are kept as they were read.
const (
	BalanceOpening BalanceKind = "OPBD" // opening booked
	BalanceClosing BalanceKind = "CLBD" // closing booked
	BalanceInterim BalanceKind = "ITBD" // interim booked: of a day that is not over
	BalanceBefore  BalanceKind = "PRCD" // closing booked of the statement before
)

// StatementBalance is what stood on the account.
type StatementBalance struct {
	Kind    BalanceKind
	Between bool // only between two pages (SubTp INTM)
	Amount  fx.Money
	Date    fx.Date
}

// EntryStatus says how far an entry is.
type EntryStatus string

// The states of an entry.
const (
	EntryBooked      EntryStatus = "BOOK"
	EntryPending     EntryStatus = "PDNG" // not in any balance yet
	EntryInformation EntryStatus = "INFO" // in no balance ever
)

// StatementEntry is one movement on an account. Where it was booked for several payments together, each has a detail.
type StatementEntry struct {
	Ref         string // of the entry in its statement, at most 35 characters
	Amount      fx.Money
	Reversal    bool
	Status      EntryStatus
	BookedAt    time.Time // midnight UTC where the message says only the day; zero where it says nothing
	ValueDate   fx.Date   // "" where nothing is said
	ServicerRef string    // at most 35 characters, "" for none
	Code        BankCode
	Details     []EntryDetail
	Information string // at most 500 characters, "" for none
}

// BankCode says what an entry is: by ISO's list (domain, family, sub-family), in the servicer's own word, or both.
type BankCode struct {
	Domain, Family, SubFamily string // all three or none
	Own, Issuer               string // at most 35 characters
}

// EntryDetail is one payment of an entry.
type EntryDetail struct {
	ID                             PaymentID
	ServicerRef                    string
	Amount                         fx.Money // zero where the entry's counts
	Debtor                         string   // names, "" where they are not said
	Creditor                       string
	DebtorAgent, CreditorAgent     Agent
	DebtorAccount, CreditorAccount Account
	Remittance                     string // unstructured, at most 140 characters on the way out; "" for none
	ReturnCode                     string // ExternalReturnReason1Code of a returned payment, "" for none
	Information                    string // at most 500 characters, "" for none
}

// Balance returns the first balance of a kind, and whether there is one.
func (s Statement) Balance(kind BalanceKind) (StatementBalance, bool) {
	for _, b := range s.Balances {
		if b.Kind == kind {
			return b, true
		}
	}
	return StatementBalance{}, false
}
