package iso20022

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MaxStatementBytes bounds a statement before it is parsed: some 20,000 entries. A bank's larger day has pages.
const MaxStatementBytes = 32 << 20

// statementShape is what the elements of a statement are called in one kind of message.
type statementShape struct{ body, statement, pages string }

// statementShapes are those of every version that is read, by the message without its version.
var statementShapes = map[string]statementShape{
	"camt.052": {"BkToCstmrAcctRpt", "Rpt", "RptPgntn"},
	"camt.053": {"BkToCstmrStmt", "Stmt", "StmtPgntn"},
	"camt.054": {"BkToCstmrDbtCdtNtfctn", "Ntfctn", "NtfctnPgntn"},
}

// shapeOf finds the shape of a message, of any version.
func shapeOf(message string) (statementShape, bool) {
	shape, found := statementShapes[message[:min(len(message), len("camt.000"))]]
	return shape, found
}

// ParseStatement reads a message of one statement: camt.053, camt.052 or camt.054 in the versions .02, .08 and .10 whose
// schema is known. Errors are *FormatError, and those of the schema; a statement whose opening balance and booked entries
// do not make its closing balance is FaultMismatch.
func ParseStatement(data []byte) (Statement, error) {
	all, err := ParseStatements(data)
	if err != nil {
		return Statement{}, err
	}
	if len(all) != 1 {
		return Statement{}, refusal(MessageStatement, FaultCount, fmt.Sprintf("%d statements, expected one", len(all)))
	}
	return all[0], nil
}

// ParseStatements reads a message of one statement or several, of an account each. Errors are those of ParseStatement.
func ParseStatements(data []byte) ([]Statement, error) {
	doc, err := schema.Parse(data, MaxStatementBytes)
	if err != nil {
		return nil, err
	}
	shape, found := shapeOf(doc.Message)
	if !found || doc.Body == nil {
		return nil, refusal(doc.Message, FaultNamespace, "no statement")
	}
	r := statementReader{message: doc.Message, shape: shape}
	head := doc.Body.Find("GrpHdr")
	var all []Statement
	for e := range doc.Body.All(shape.statement) {
		s := r.statement(e)
		s.MsgID = head.Value("MsgId")
		s.Created = r.moment(head.Find("CreDtTm"))
		r.tie(s)
		if r.err != nil {
			return nil, r.err
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, refusal(doc.Message, FaultCount, "no statement")
	}
	return all, nil
}

// statementReader makes nouns of a tree that the schema allows. The first fault sticks.
type statementReader struct {
	message string
	shape   statementShape
	err     error
}

func (r *statementReader) fail(f Fault, format string, args ...any) {
	if r.err == nil {
		r.err = refusal(r.message, f, fmt.Sprintf(format, args...))
	}
}

func (r *statementReader) statement(e *schema.Element) Statement {
	s := Statement{
		ID: e.Value("Id"), From: r.moment(e.Find("FrToDt/FrDtTm")), To: r.moment(e.Find("FrToDt/ToDtTm")),
		Account: r.account(e.Find("Acct")), Name: e.Value("Acct/Nm"), Owner: e.Value("Acct/Ownr/Nm"),
		Kind: cmp.Or(e.Value("Acct/Tp/Prtry"), e.Value("Acct/Tp/Cd")), Servicer: r.agent(e.Find("Acct/Svcr")),
		LastPage: indicated(e.Value(r.shape.pages + "/LastPgInd")),
	}
	s.Number = r.number(e.Value("ElctrncSeqNb"))
	s.Page = int(r.number(e.Value(r.shape.pages + "/PgNb")))
	s.Currency = r.currency(e)
	for b := range e.All("Bal") {
		s.Balances = append(s.Balances, r.balance(b))
	}
	for n := range e.All("Ntry") {
		s.Entries = append(s.Entries, r.entry(n, s.Currency))
	}
	return s
}

// currency is the account's: what it says, or else what its balances or its entries are in.
func (r *statementReader) currency(e *schema.Element) fx.Currency {
	code := cmp.Or(e.Value("Acct/Ccy"), e.Find("Bal/Amt").Attr("Ccy"), e.Find("Ntry/Amt").Attr("Ccy"))
	if code == "" {
		return fx.Currency{} // an advice of nothing
	}
	c, err := fx.ParseCurrency(code)
	if err != nil {
		r.fail(FaultAmount, "currency %s", code)
	}
	return c
}

func (r *statementReader) balance(e *schema.Element) StatementBalance {
	return StatementBalance{
		Kind:    BalanceKind(cmp.Or(e.Value("Tp/CdOrPrtry/Cd"), e.Value("Tp/CdOrPrtry/Prtry"))),
		Between: e.Value("Tp/SubTp/Cd") == betweenPages,
		Amount:  r.amount(e.Find("Amt"), e.Value("CdtDbtInd")), Date: r.day(e.Find("Dt")),
	}
}

func (r *statementReader) entry(e *schema.Element, currency fx.Currency) StatementEntry {
	direction := e.Value("CdtDbtInd")
	v := StatementEntry{
		Ref: e.Value("NtryRef"), Amount: r.amount(e.Find("Amt"), direction), Reversal: indicated(e.Value("RvslInd")),
		Status:   EntryStatus(cmp.Or(e.Value("Sts/Cd"), e.Value("Sts/Prtry"), e.Value("Sts"))),
		BookedAt: r.when(e.Find("BookgDt")), ValueDate: r.day(e.Find("ValDt")), ServicerRef: e.Value("AcctSvcrRef"),
		Code: BankCode{
			Domain: e.Value("BkTxCd/Domn/Cd"), Family: e.Value("BkTxCd/Domn/Fmly/Cd"), SubFamily: e.Value("BkTxCd/Domn/Fmly/SubFmlyCd"),
			Own: e.Value("BkTxCd/Prtry/Cd"), Issuer: e.Value("BkTxCd/Prtry/Issr"),
		},
		Information: e.Value("AddtlNtryInf"),
	}
	if v.Amount.Currency != currency {
		r.fail(FaultMismatch, "an entry in %s on an account in %s", v.Amount.Currency, currency)
	}
	for d := range e.All("NtryDtls") {
		for t := range d.All("TxDtls") {
			v.Details = append(v.Details, r.detail(t, direction, currency))
		}
	}
	return v
}

func (r *statementReader) detail(e *schema.Element, direction string, currency fx.Currency) EntryDetail {
	refs, parties, agents := e.Find("Refs"), e.Find("RltdPties"), e.Find("RltdAgts")
	d := EntryDetail{
		ID:          PaymentID{InstrID: refs.Value("InstrId"), EndToEndID: refs.Value("EndToEndId"), TxID: refs.Value("TxId"), UETR: refs.Value("UETR")},
		ServicerRef: refs.Value("AcctSvcrRef"),
		Debtor:      partyName(parties.Find("Dbtr")), Creditor: partyName(parties.Find("Cdtr")),
		DebtorAccount: r.account(parties.Find("DbtrAcct")), CreditorAccount: r.account(parties.Find("CdtrAcct")),
		DebtorAgent: r.agent(agents.Find("DbtrAgt")), CreditorAgent: r.agent(agents.Find("CdtrAgt")),
		ReturnCode: e.Value("RtrInf/Rsn/Cd"), Information: e.Value("AddtlTxInf"),
	}
	amount := e.Find("Amt")
	if amount == nil {
		amount = e.Find("AmtDtls/TxAmt/Amt")
	}
	if amount.Attr("Ccy") == currency.String() { // otherwise it is what it was before an exchange
		d.Amount = r.amount(amount, cmp.Or(e.Value("CdtDbtInd"), direction))
	}
	var words []string
	for line := range e.All("RmtInf/Ustrd") {
		words = append(words, line.Text)
	}
	d.Remittance = strings.Join(words, " ")
	return d
}

// tie holds balances against entries, where the message has all that lies between them.
func (r *statementReader) tie(s Statement) {
	opening, opens := s.Balance(BalanceOpening)
	if !opens {
		opening, opens = s.Balance(BalanceBefore)
	}
	closing, closes := s.Balance(BalanceClosing)
	whole := (s.Page <= 1 || opening.Between) && (s.Page == 0 || s.LastPage || closing.Between)
	if r.err != nil || !opens || !closes || !whole {
		return
	}
	sum := opening.Amount
	for _, e := range s.Entries {
		if e.Status != EntryBooked {
			continue
		}
		var err error
		if sum, err = sum.Add(e.Amount); err != nil {
			r.fail(FaultAmount, "%v", err)
			return
		}
	}
	if sum != closing.Amount {
		r.fail(FaultMismatch, "opening balance and entries make %s, the closing balance is %s", sum, closing.Amount)
	}
}

// amount reads an amount with its direction. Decimals that the currency does not have must be zeros.
func (r *statementReader) amount(e *schema.Element, direction string) fx.Money {
	c, err := fx.ParseCurrency(e.Attr("Ccy"))
	if err != nil {
		r.fail(FaultAmount, "currency %s", e.Attr("Ccy"))
		return fx.Money{}
	}
	text := e.Value("")
	if whole, fraction, found := strings.Cut(text, "."); found && len(fraction) > c.MinorUnits() {
		kept := fraction[:c.MinorUnits()]
		if strings.Trim(fraction[c.MinorUnits():], "0") == "" {
			text = strings.TrimSuffix(whole+"."+kept, ".")
		}
	}
	m, err := fx.ParseMoney(text, c)
	if err != nil || m.Minor < 0 {
		r.fail(FaultAmount, "%s", text)
		return fx.Money{}
	}
	if direction == debit {
		m.Minor = -m.Minor
	}
	return m
}

func (r *statementReader) number(text string) int64 {
	if text == "" {
		return 0
	}
	whole, fraction, _ := strings.Cut(text, ".") // a number may be written with decimals, if they are zeros
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 || strings.Trim(fraction, "0") != "" {
		r.fail(FaultCode, "number %s", text)
	}
	return n
}

// when reads a choice of a day and a moment.
func (r *statementReader) when(e *schema.Element) time.Time {
	if at := e.Find("DtTm"); at != nil {
		return r.moment(at)
	}
	day := r.day(e)
	if day == "" {
		return time.Time{}
	}
	at, _ := time.Parse(time.DateOnly, string(day)) // it is one
	return at
}

// day reads the day of a choice of a day and a moment.
func (r *statementReader) day(e *schema.Element) fx.Date {
	return r.dayText(cmp.Or(e.Value("Dt"), e.Value("DtTm")))
}

// dayText reads the day that a text begins with.
func (r *statementReader) dayText(text string) fx.Date {
	if text == "" {
		return ""
	}
	day, err := fx.ParseDate(text[:min(len(text), len(time.DateOnly))])
	if err != nil {
		r.fail(FaultCode, "date %s", text)
	}
	return day
}

// moment reads an ISODateTime. One without a zone is taken for UTC, because nothing says better.
func (r *statementReader) moment(e *schema.Element) time.Time {
	if e == nil {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, e.Text); err == nil {
			return at.UTC()
		}
	}
	r.fail(FaultCode, "moment %s", e.Text)
	return time.Time{}
}

func (r *statementReader) account(e *schema.Element) Account {
	if iban := e.Value("Id/IBAN"); iban != "" {
		return Account{ID: iban, Scheme: "IBAN"}
	}
	return Account{ID: e.Value("Id/Othr/Id"), Scheme: cmp.Or(e.Value("Id/Othr/SchmeNm/Prtry"), e.Value("Id/Othr/SchmeNm/Cd"))}
}

func (r *statementReader) agent(e *schema.Element) Agent {
	if bic := cmp.Or(e.Value("FinInstnId/BICFI"), e.Value("FinInstnId/BIC")); bic != "" {
		return Agent{BIC: bic}
	}
	return Agent{Other: cmp.Or(e.Value("FinInstnId/Othr/Id"), e.Value("FinInstnId/ClrSysMmbId/MmbId"))}
}

// partyName is the name of whoever stands there: a person, or an institution.
func partyName(e *schema.Element) string {
	return cmp.Or(e.Value("Pty/Nm"), e.Value("Nm"), e.Value("Agt/FinInstnId/Nm"))
}

func indicated(text string) bool { return text == "true" || text == "1" }
