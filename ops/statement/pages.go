package statement

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// issuer is whose words accounts and codes of our own are.
const issuer = "ayni"

// maxEndToEnd is Max35Text: ids of intents may have a character more.
const maxEndToEnd = 35

// pages makes the messages of an account's statement, each once its entries are there. Balances between two pages are
// marked as such, so that each page adds up by itself.
func (d *day) pages(ctx context.Context, a ledger.PeriodAccount, format Format, page func(iso20022.Statement) error) error {
	s := d.head(a, format)
	left, opening := a.Postings, a.OpeningMinor
	send := func(closing int64) error {
		s.Page++
		s.LastPage = left == 0
		s.MsgID = messageID(s)
		s.Balances = d.balances(a, format, opening, closing, s.Page > 1, !s.LastPage)
		err := page(s)
		s.Entries, opening = nil, closing
		return err
	}
	err := d.follow(ctx, a, func(v seen, balance int64) error {
		left--
		s.Entries = append(s.Entries, d.entry(v, a.Postings-left))
		if len(s.Entries) == d.page && left > 0 {
			return send(balance)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return send(a.ClosingMinor)
}

// initials begin the ids of statements: the same day goes out in several messages.
var initials = map[Format]string{EndOfDay: "S", Intraday: "R", Advice: "A"}

// head is what the pages have in common. A day that is over has one statement, numbered by days; what is told before, or
// beside it, goes by the last batch in it.
func (d *day) head(a ledger.PeriodAccount, format Format) iso20022.Statement {
	s := iso20022.Statement{
		ID:      fmt.Sprintf("%s%d-%s", initials[format], a.Account, strings.ReplaceAll(string(d.config.Day), "-", "")),
		Created: d.config.Now, Number: d.number(), From: d.from, To: d.until,
		Account: iso20022.Account{ID: strconv.FormatInt(a.Account, 10), Scheme: issuer}, Kind: string(a.Kind), Name: accountName(a.Owner, a.Kind),
		Owner: a.Owner, Servicer: iso20022.Agent{Other: ledger.SchemeName}, Currency: a.Currency,
	}
	if format != EndOfDay {
		s.Number = d.Span.Last
		s.ID += "-" + strconv.FormatInt(s.Number, 10)
	}
	return s
}

// advice is a page of a day's statement as the advice of its entries.
func (d *day) advice(a ledger.PeriodAccount, page iso20022.Statement) iso20022.Statement {
	s := d.head(a, Advice)
	s.Page, s.LastPage, s.Entries = page.Page, page.LastPage, page.Entries
	s.MsgID = messageID(s)
	return s
}

func messageID(s iso20022.Statement) string { return s.ID + "-" + strconv.Itoa(s.Page) }

func (d *day) balances(a ledger.PeriodAccount, format Format, opening, closing int64, fromPage, toPage bool) []iso20022.StatementBalance {
	end := iso20022.BalanceClosing
	if format == Intraday {
		end = iso20022.BalanceInterim
	}
	at := func(kind iso20022.BalanceKind, minor int64, between bool) iso20022.StatementBalance {
		return iso20022.StatementBalance{Kind: kind, Amount: fx.Money{Minor: minor, Currency: a.Currency}, Date: d.config.Day, Between: between}
	}
	return []iso20022.StatementBalance{at(iso20022.BalanceOpening, opening, fromPage), at(end, closing, toPage)}
}

// entry is the nth of an account's.
func (d *day) entry(v seen, n int64) iso20022.StatementEntry {
	detail := iso20022.EntryDetail{
		ServicerRef: strconv.FormatInt(v.Posting, 10), Amount: v.amount, Remittance: v.reference(),
		DebtorAgent: iso20022.Agent{Other: v.Debit.Owner}, CreditorAgent: iso20022.Agent{Other: v.Credit.Owner},
	}
	if v.Transfer != 0 {
		detail.DebtorAgent.Other, detail.CreditorAgent.Other = v.Debtor, v.Creditor
		// The UETR is the one under which the creditor's rail pays out, where it speaks ISO 20022 itself.
		detail.ID = iso20022.PaymentID{EndToEndID: v.Intent, TxID: v.Transfer.String(), UETR: iso20022.UETR(v.Original.String() + "P")}
		if len(v.Intent) > maxEndToEnd {
			detail.ID.EndToEndID, detail.Information = iso20022.NotProvided, "intent "+v.Intent
		}
	}
	return iso20022.StatementEntry{
		Ref: strconv.FormatInt(n, 10), Amount: v.amount, Status: iso20022.EntryBooked, BookedAt: v.At.Truncate(time.Millisecond),
		ValueDate: d.config.Day, ServicerRef: detail.ServicerRef, Code: code(v), Details: []iso20022.EntryDetail{detail},
		Reversal: v.Original != v.Transfer && (v.Kind == ledger.PostFee || v.Kind == ledger.PostInterchange), // what a return takes back
	}
}

// code says what an entry is: by ISO's list where that has a word for it, and by ours.
func code(v seen) iso20022.BankCode {
	c := iso20022.BankCode{Own: string(v.Kind), Issuer: issuer}
	transfer, other := "ICDT", "MDOP" // issued credit transfers, miscellaneous debit operations
	if v.amount.Minor > 0 {
		transfer, other = "RCDT", "MCOP"
	}
	switch v.Kind {
	case ledger.PostClear, ledger.PostGross:
		c.Domain, c.Family, c.SubFamily = "PMNT", transfer, "OTHR"
		if v.Debit.Kind == ledger.FX || v.Credit.Kind == ledger.FX {
			c.SubFamily = "XBCT"
		}
	case ledger.PostReturn:
		c.Domain, c.Family, c.SubFamily = "PMNT", transfer, "RRTN"
	case ledger.PostFee, ledger.PostInterchange:
		c.Domain, c.Family, c.SubFamily = "PMNT", other, "FEES"
	default: // between the scheme and one participant
	}
	return c
}

func accountName(owner string, kind ledger.AccountKind) string { return owner + " " + string(kind) }
