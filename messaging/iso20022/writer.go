package iso20022

import (
	"fmt"
	"regexp"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// Elements are built in the order of their schema, which the schema checks before a byte leaves, with lengths and forms.
type tree = *schema.Element

// codeText is a code of an external code set; what is longer is a proprietary text.
var codeText = regexp.MustCompile(`^[A-Z0-9]{1,4}$`)

// writer makes the parts of a document. The first fault sticks, and finish reports it.
type writer struct {
	message string
	err     error
}

func (w *writer) fail(f Fault, detail string) {
	if w.err == nil {
		w.err = refusal(w.message, f, detail)
	}
}

// finish writes the document. Errors are *FormatError.
func (w *writer) finish(body tree) ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	return (&schema.Document{Message: w.message, Body: body}).Marshal()
}

// amount writes an amount as a plain decimal with all of its currency's decimals.
func (w *writer) amount(name string, m fx.Money) tree {
	if problem := amountProblem(m); problem != "" {
		w.fail(FaultAmount, name+" "+problem)
		return nil
	}
	return schema.Amount(name, m.Currency.String(), m.Text())
}

// stated writes an amount unless it is the zero value.
func (w *writer) stated(name string, m fx.Money) tree {
	if m == (fx.Money{}) {
		return nil
	}
	return w.amount(name, m)
}

// moment writes an ISODateTime in UTC. The offset is always written: without it, it is anybody's guess.
func (w *writer) moment(name string, t time.Time) tree {
	if t.IsZero() || t.UTC().Year() > 9999 {
		w.fail(FaultMissing, name)
		return nil
	}
	return schema.Text(name, t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// settlement writes a day of settlement, the message's own where none is set.
func (w *writer) settlement(name string, day fx.Date, created time.Time) tree {
	if day == "" {
		day = dateOf(created)
	}
	if w.err == nil && absurd(day, created) {
		w.fail(FaultCode, name+" "+string(day))
	}
	return schema.Text(name, string(day))
}

// old tells whether a message writes institutions and organisations as before 2019.
func (w *writer) old() bool { return w.message == "pain.001.001.03" || w.message == "pain.002.001.03" }

func (w *writer) agent(name string, a Agent) tree {
	bic := "BICFI"
	if w.old() {
		bic = "BIC"
	}
	if a.LEI != "" && !validLEI(a.LEI) {
		w.fail(FaultCode, "LEI "+a.LEI)
	}
	return schema.New(name, schema.New("FinInstnId",
		schema.Text(bic, a.BIC),
		schema.New("ClrSysMmbId", choice("ClrSysId", a.System), schema.Text("MmbId", a.Member)),
		schema.Text("LEI", a.LEI),
		schema.Text("Nm", a.Name),
		schema.New("Othr", schema.Text("Id", a.Other)),
	))
}

// choice writes a code, or else a proprietary text.
func choice(name, value string) tree {
	if codeText.MatchString(value) {
		return schema.New(name, schema.Text("Cd", value))
	}
	return schema.New(name, schema.Text("Prtry", value))
}

func (w *writer) account(name string, a Account) tree {
	return schema.New(name, schema.New("Id", w.accountID(a)), schema.New("Prxy", choice("Tp", a.ProxyType), schema.Text("Id", a.Proxy)))
}

func (w *writer) accountID(a Account) tree {
	if a.Scheme != schemeIBAN {
		return schema.New("Othr", schema.Text("Id", a.ID), choice("SchmeNm", a.Scheme))
	}
	if !validIBAN(a.ID) {
		w.fail(FaultCode, "IBAN "+a.ID)
	}
	return schema.Text("IBAN", a.ID)
}

// maxAddressLine is Max70Text; maxAddressLines the schema's bound.
const (
	maxAddressLine  = 70
	maxAddressLines = 7
)

// named writes a party that must have a name.
func (w *writer) named(name string, p Party) tree {
	if p.Name == "" {
		w.fail(FaultMissing, name+"/Nm")
	}
	return w.party(name, p)
}

func (w *writer) party(name string, p Party) tree {
	address := []tree{
		schema.Text("StrtNm", p.Street), schema.Text("BldgNb", p.Building), schema.Text("PstCd", p.PostCode),
		schema.Text("TwnNm", p.Town), schema.Text("Ctry", p.Country),
	}
	return schema.New(name,
		schema.Text("Nm", p.Name),
		schema.New("PstlAdr", append(address, w.lines("AdrLine", p.Address, maxAddressLine, maxAddressLines)...)...),
		w.identified(p),
	)
}

// identified writes what a party is known by: as an organisation, or else as a person.
func (w *writer) identified(p Party) tree {
	bic := "AnyBIC"
	if w.old() {
		bic = "BICOrBEI"
	}
	if p.LEI != "" && !validLEI(p.LEI) {
		w.fail(FaultCode, "LEI "+p.LEI)
	}
	other := schema.New("Othr", schema.Text("Id", p.ID.ID), choice("SchmeNm", p.ID.Scheme), schema.Text("Issr", p.ID.Issuer))
	birth := schema.New("DtAndPlcOfBirth", schema.Text("BirthDt", string(p.Birth.Date)),
		schema.Text("CityOfBirth", p.Birth.Town), schema.Text("CtryOfBirth", p.Birth.Country))
	if p.LEI == "" && p.BIC == "" && !p.ID.Organisation {
		return schema.New("Id", schema.New("PrvtId", birth, other))
	}
	if birth != nil {
		w.fail(FaultCode, "an organisation was not born")
	}
	return schema.New("Id", schema.New("OrgId", schema.Text(bic, p.BIC), schema.Text("LEI", p.LEI), other))
}

// lines cuts a text into elements of at most size characters.
func (w *writer) lines(name, text string, size, most int) (lines []tree) {
	rest := []rune(text)
	if len(rest) > size*most {
		w.fail(FaultText, fmt.Sprintf("%s: longer than %d", name, size*most))
		return nil
	}
	for len(rest) > 0 {
		n := min(size, len(rest))
		lines = append(lines, schema.Text(name, string(rest[:n])))
		rest = rest[n:]
	}
	return lines
}

// originalGroup writes how other messages name a message, nothing where there is none.
func originalGroup(id, message string) tree {
	return schema.New("OrgnlGrpInf", schema.Text("OrgnlMsgId", id), schema.Text("OrgnlMsgNmId", message))
}

// originalIDs writes the ids that other messages name a payment by.
func originalIDs(id PaymentID) []tree {
	return []tree{
		schema.Text("OrgnlInstrId", id.InstrID), schema.Text("OrgnlEndToEndId", id.EndToEndID),
		schema.Text("OrgnlTxId", id.TxID), schema.Text("OrgnlUETR", id.UETR),
	}
}

// The information behind a reason is Max105Text; what is longer is cut into several lines.
const (
	maxInfo      = 105
	maxInfoLines = 4
)

// reason writes why something happened.
func (w *writer) reason(name, code, info string) tree {
	if code != "" && !codeText.MatchString(code) {
		w.fail(FaultCode, name+" "+code)
	}
	return schema.New(name, append([]tree{schema.New("Rsn", schema.Text("Cd", code))}, w.lines("AddtlInf", info, maxInfo, maxInfoLines)...)...)
}
