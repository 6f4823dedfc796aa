package iso20022

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// The words of CdtDbtInd, and of a balance between two pages (ExternalBalanceSubType1Code).
const (
	credit       = "CRDT"
	debit        = "DBIT"
	betweenPages = "INTM"
)

// Marshal writes the statement as MessageStatement, MessageAccountReport or MessageAdvice. What it sums up is of this
// page. Errors are *FormatError, and those of the schema.
func (s Statement) Marshal(message string) ([]byte, error) { return MarshalStatements(message, s) }

// MarshalStatements writes one message of several statements, each of another account, under the MsgID and the time of
// the first. Errors are those of Marshal.
func MarshalStatements(message string, all ...Statement) ([]byte, error) {
	shape, found := shapeOf(message)
	if !found || len(all) == 0 {
		return nil, refusal(message, FaultNamespace, "no statement")
	}
	parts := []*schema.Element{
		schema.New("GrpHdr", schema.Text("MsgId", all[0].MsgID), schema.Text("CreDtTm", momentText(all[0].Created))),
	}
	for _, s := range all {
		part, err := s.element(message, shape)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return (&schema.Document{Message: message, Body: schema.New(shape.body, parts...)}).Marshal()
}

func (s Statement) element(message string, shape statementShape) (*schema.Element, error) {
	w := statementWriter{message: message, currency: s.Currency}
	parts := []*schema.Element{
		schema.Text("Id", s.ID),
		schema.New(shape.pages, schema.Text("PgNb", count(int64(s.Page))), schema.Text("LastPgInd", lastPage(s))),
		schema.Text("ElctrncSeqNb", count(s.Number)),
		schema.Text("CreDtTm", momentText(s.Created)),
		schema.New("FrToDt", schema.Text("FrDtTm", momentText(s.From)), schema.Text("ToDtTm", momentText(s.To))),
		w.account(s),
	}
	if message != MessageAdvice {
		for _, b := range s.Balances {
			parts = append(parts, w.balance(b))
		}
	}
	parts = append(parts, w.summary(s.Entries))
	for _, e := range s.Entries {
		parts = append(parts, w.entry(e))
	}
	return schema.New(shape.statement, parts...), w.err
}

func lastPage(s Statement) string {
	if s.Page == 0 {
		return ""
	}
	return strconv.FormatBool(s.LastPage)
}

// statementWriter makes a tree of nouns. The first fault sticks.
type statementWriter struct {
	message  string
	currency fx.Currency
	err      error
}

func (w *statementWriter) fail(f Fault, format string, args ...any) {
	if w.err == nil {
		w.err = refusal(w.message, f, fmt.Sprintf(format, args...))
	}
}

func (w *statementWriter) account(s Statement) *schema.Element {
	return schema.New("Acct",
		accountID(s.Account),
		schema.New("Tp", schema.Text("Prtry", s.Kind)),
		schema.Text("Ccy", s.Currency.String()),
		schema.Text("Nm", s.Name),
		schema.New("Ownr", schema.Text("Nm", s.Owner)),
		institution("Svcr", s.Servicer))
}

func (w *statementWriter) balance(b StatementBalance) *schema.Element {
	between := ""
	if b.Between {
		between = betweenPages
	}
	return schema.New("Bal",
		schema.New("Tp", schema.New("CdOrPrtry", schema.Text("Cd", string(b.Kind))), schema.New("SubTp", schema.Text("Cd", between))),
		w.amount("Amt", b.Amount),
		direction(b.Amount),
		schema.New("Dt", schema.Text("Dt", string(b.Date))))
}

// summary counts and sums the entries, as they are and by direction.
func (w *statementWriter) summary(entries []StatementEntry) *schema.Element {
	all, in, out := total{currency: w.currency}, total{currency: w.currency}, total{currency: w.currency}
	var net fx.Money
	net.Currency = w.currency
	for _, e := range entries {
		part := &in
		if e.Amount.Minor < 0 {
			part = &out
		}
		all.add(e.Amount)
		part.add(e.Amount)
		sum, ok := fx.AddMinor(net.Minor, e.Amount.Minor)
		if !ok || all.over {
			w.fail(FaultAmount, "entries sum up to more than an amount can be")
			return nil
		}
		net.Minor = sum
	}
	return schema.New("TxsSummry",
		schema.New("TtlNtries", schema.Text("NbOfNtries", all.number()), schema.Text("Sum", all.text()),
			schema.New("TtlNetNtry", schema.Text("Amt", magnitude(net)), direction(net))),
		schema.New("TtlCdtNtries", schema.Text("NbOfNtries", in.number()), schema.Text("Sum", in.text())),
		schema.New("TtlDbtNtries", schema.Text("NbOfNtries", out.number()), schema.Text("Sum", out.text())))
}

// total is how many entries there are, and what their amounts are together without their signs.
type total struct {
	currency fx.Currency
	entries  int
	minor    int64
	over     bool
}

func (t *total) add(m fx.Money) {
	sum, ok := fx.AddMinor(t.minor, max(m.Minor, -m.Minor))
	t.entries, t.minor, t.over = t.entries+1, sum, t.over || !ok
}

func (t *total) number() string { return strconv.Itoa(t.entries) }

func (t *total) text() string { return fx.Money{Minor: t.minor, Currency: t.currency}.Text() }

func (w *statementWriter) entry(e StatementEntry) *schema.Element {
	if e.Amount.Currency != w.currency {
		w.fail(FaultMismatch, "an entry in %s on an account in %s", e.Amount.Currency, w.currency)
	}
	details := make([]*schema.Element, 0, len(e.Details))
	for _, d := range e.Details {
		details = append(details, w.detail(d))
	}
	reversal := ""
	if e.Reversal {
		reversal = "true"
	}
	return schema.New("Ntry",
		schema.Text("NtryRef", e.Ref),
		w.amount("Amt", e.Amount),
		direction(e.Amount),
		schema.Text("RvslInd", reversal),
		schema.New("Sts", schema.Text("Cd", string(e.Status))),
		schema.New("BookgDt", schema.Text("DtTm", momentText(e.BookedAt))),
		schema.New("ValDt", schema.Text("Dt", string(e.ValueDate))),
		schema.Text("AcctSvcrRef", e.ServicerRef),
		bankCode(e.Code),
		schema.New("NtryDtls", details...),
		schema.Text("AddtlNtryInf", e.Information))
}

func bankCode(c BankCode) *schema.Element {
	return schema.New("BkTxCd",
		schema.New("Domn", schema.Text("Cd", c.Domain),
			schema.New("Fmly", schema.Text("Cd", c.Family), schema.Text("SubFmlyCd", c.SubFamily))),
		schema.New("Prtry", schema.Text("Cd", c.Own), schema.Text("Issr", c.Issuer)))
}

func (w *statementWriter) detail(d EntryDetail) *schema.Element {
	var amount, way *schema.Element
	if !d.Amount.Currency.IsZero() {
		amount, way = w.amount("Amt", d.Amount), direction(d.Amount)
	}
	return schema.New("TxDtls",
		schema.New("Refs",
			schema.Text("AcctSvcrRef", d.ServicerRef), schema.Text("InstrId", d.ID.InstrID), schema.Text("EndToEndId", d.ID.EndToEndID),
			schema.Text("UETR", d.ID.UETR), schema.Text("TxId", d.ID.TxID)),
		amount, way,
		schema.New("RltdPties",
			schema.New("Dbtr", schema.New("Pty", schema.Text("Nm", d.Debtor))), schema.New("DbtrAcct", accountID(d.DebtorAccount)),
			schema.New("Cdtr", schema.New("Pty", schema.Text("Nm", d.Creditor))), schema.New("CdtrAcct", accountID(d.CreditorAccount))),
		schema.New("RltdAgts", institution("DbtrAgt", d.DebtorAgent), institution("CdtrAgt", d.CreditorAgent)),
		schema.New("RmtInf", schema.Text("Ustrd", d.Remittance)),
		schema.New("RtrInf", schema.New("Rsn", schema.Text("Cd", d.ReturnCode))),
		schema.Text("AddtlTxInf", d.Information))
}

// amount writes an amount without its sign. Units that are no currency of ISO 4217 have no place in these messages.
func (w *statementWriter) amount(name string, m fx.Money) *schema.Element {
	code := m.Currency.String()
	if !currencyCode(code) {
		w.fail(FaultAmount, "%s in %s, which is no currency of ISO 4217", name, code)
		return nil
	}
	return schema.Amount(name, code, magnitude(m))
}

// currencyCode tells whether a code is one of ISO 4217 and not a community's unit, whose codes have points.
func currencyCode(code string) bool { return len(code) == 3 && !strings.Contains(code, ".") }

func direction(m fx.Money) *schema.Element {
	if m.Minor < 0 {
		return schema.Text("CdtDbtInd", debit)
	}
	return schema.Text("CdtDbtInd", credit)
}

// magnitude is an amount without its sign.
func magnitude(m fx.Money) string { return strings.TrimPrefix(m.Text(), "-") }

func accountID(a Account) *schema.Element {
	if a.Scheme == "IBAN" {
		return schema.New("Id", schema.Text("IBAN", a.ID))
	}
	return schema.New("Id", schema.New("Othr", schema.Text("Id", a.ID), schema.New("SchmeNm", schema.Text("Prtry", a.Scheme))))
}

func institution(name string, a Agent) *schema.Element {
	if a.BIC != "" {
		return schema.New(name, schema.New("FinInstnId", schema.Text("BICFI", a.BIC)))
	}
	return schema.New(name, schema.New("FinInstnId", schema.New("Othr", schema.Text("Id", a.Other))))
}

// momentText is an ISODateTime in UTC with milliseconds, "" for no moment.
func momentText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02T15:04:05.000Z")
}

// count is a number, "" for none.
func count(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
