package iso20022

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// reader takes nouns out of a document that its schema allows, and holds what no schema says against them. The first
// fault sticks.
type reader struct {
	message string
	err     error
}

func (r *reader) fail(f Fault, detail string) {
	if r.err == nil {
		r.err = refusal(r.message, f, detail)
	}
}

// amount reads an amount, the zero value where there is none.
func (r *reader) amount(e *schema.Element) fx.Money {
	if e == nil {
		return fx.Money{}
	}
	m, problem := parseAmount(strings.TrimSpace(e.Text), e.Attr("Ccy"))
	if problem != "" {
		r.fail(FaultAmount, e.Name+" "+problem)
	}
	return m
}

// momentForms are the forms of an xs:dateTime, with an offset and without.
var momentForms = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05"}

// moment reads an ISODateTime as an instant, in UTC; one that states no offset is taken for UTC. The zero value is none.
// Its year has four digits in UTC, too.
func (r *reader) moment(e *schema.Element) time.Time {
	if e == nil {
		return time.Time{}
	}
	text := strings.TrimSpace(e.Text)
	for _, form := range momentForms {
		if at, err := time.Parse(form, text); err == nil && at.UTC().Year() > 0 && at.UTC().Year() <= 9999 {
			return at.UTC()
		}
	}
	r.fail(FaultCode, e.Name+" "+text)
	return time.Time{}
}

// number reads a count, 0 where there is none.
func (r *reader) number(name, text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		r.fail(FaultMismatch, name+" "+text)
	}
	return n
}

// date reads an ISODate, "" where there is none. An xs:date may state an offset; the day is what it says.
func (r *reader) date(e *schema.Element) fx.Date {
	if e == nil {
		return ""
	}
	text := strings.TrimSpace(e.Text)
	day, err := fx.ParseDate(text[:min(len(text), len(time.DateOnly))])
	if err != nil {
		r.fail(FaultCode, e.Name+" "+text)
	}
	return day
}

// settlement reads a day of settlement, which lies within a year of its message.
func (r *reader) settlement(e *schema.Element, created time.Time) fx.Date {
	day := r.date(e)
	if r.err == nil && day != "" && absurd(day, created) {
		r.fail(FaultCode, e.Name+" "+string(day))
	}
	return day
}

// agent reads the first institution that is there.
func (r *reader) agent(candidates ...*schema.Element) Agent {
	for _, e := range candidates {
		if e = e.Find("FinInstnId"); e != nil {
			return r.institution(e)
		}
	}
	return Agent{}
}

func (r *reader) institution(e *schema.Element) Agent {
	a := Agent{
		BIC: e.Value("BICFI") + e.Value("BIC"), LEI: e.Value("LEI"), Name: e.Value("Nm"), Other: e.Value("Othr/Id"),
		Member: e.Value("ClrSysMmbId/MmbId"), System: coded(e.Find("ClrSysMmbId/ClrSysId")),
	}
	if a.LEI != "" && !validLEI(a.LEI) {
		r.fail(FaultCode, "LEI "+a.LEI)
	}
	switch {
	case a.BIC != "":
		return Agent{BIC: a.BIC}
	case a.Member != "":
		return Agent{Member: a.Member, System: a.System}
	case a.LEI != "":
		return Agent{LEI: a.LEI}
	case a.Other != "":
		return Agent{Other: a.Other}
	}
	return Agent{Name: a.Name}
}

// coded reads a choice between a code and a proprietary text.
func coded(e *schema.Element) string { return e.Value("Cd") + e.Value("Prtry") }

func (r *reader) account(e *schema.Element) Account {
	a := r.accountID(e.Find("Id"))
	a.Proxy, a.ProxyType = e.Value("Prxy/Id"), coded(e.Find("Prxy/Tp"))
	return a
}

func (r *reader) accountID(e *schema.Element) Account {
	a := Account{ID: e.Value("Othr/Id"), Scheme: coded(e.Find("Othr/SchmeNm"))}
	if iban := e.Value("IBAN"); iban != "" {
		a.ID, a.Scheme = iban, schemeIBAN
	}
	if a.Scheme == schemeIBAN && !validIBAN(a.ID) {
		r.fail(FaultCode, "IBAN "+a.ID)
	}
	return a
}

func (r *reader) party(e *schema.Element) Party {
	at := e.Find("PstlAdr")
	p := Party{
		Name: e.Value("Nm"), Address: joined(at), Street: at.Value("StrtNm"), Building: at.Value("BldgNb"),
		PostCode: at.Value("PstCd"), Town: at.Value("TwnNm"), Country: at.Value("Ctry"),
	}
	if o := e.Find("Id/OrgId"); o != nil {
		p.LEI, p.BIC = o.Value("LEI"), o.Value("AnyBIC")+o.Value("BICOrBEI")
		p.ID = identity(o.Find("Othr"), true)
	}
	if n := e.Find("Id/PrvtId"); n != nil {
		birth := n.Find("DtAndPlcOfBirth")
		p.Birth = Birth{Date: r.date(birth.Find("BirthDt")), Town: birth.Value("CityOfBirth"), Country: birth.Value("CtryOfBirth")}
		p.ID = identity(n.Find("Othr"), false)
	}
	if p.LEI != "" && !validLEI(p.LEI) {
		r.fail(FaultCode, "LEI "+p.LEI)
	}
	return p
}

func identity(e *schema.Element, organisation bool) Identity {
	if e == nil {
		return Identity{}
	}
	return Identity{ID: e.Value("Id"), Scheme: coded(e.Find("SchmeNm")), Issuer: e.Value("Issr"), Organisation: organisation}
}

// joined puts the lines of an address together. A line that is full goes on in the next, as our writer cuts them.
func joined(address *schema.Element) string {
	var text strings.Builder
	full := true
	for line := range address.All("AdrLine") {
		if !full {
			text.WriteString(", ")
		}
		text.WriteString(line.Text)
		full = utf8.RuneCountInString(line.Text) == maxAddressLine
	}
	return text.String()
}

// original reads the ids that other messages name a payment by.
func original(e *schema.Element) PaymentID {
	return PaymentID{
		InstrID: e.Value("OrgnlInstrId"), EndToEndID: e.Value("OrgnlEndToEndId"),
		TxID: e.Value("OrgnlTxId"), UETR: e.Value("OrgnlUETR"),
	}
}

// originalMessage reads how other messages name a message, from the first of them that is there.
func originalMessage(candidates ...*schema.Element) (id, message string) {
	e := first(candidates...)
	return e.Value("OrgnlMsgId"), e.Value("OrgnlMsgNmId")
}

// first is the first element that is there.
func first(candidates ...*schema.Element) *schema.Element {
	for _, e := range candidates {
		if e != nil {
			return e
		}
	}
	return nil
}

// reason reads why something happened: a code, and the proprietary text and lines behind it as one.
func reason(e *schema.Element) (code, info string) {
	info = e.Value("Rsn/Prtry")
	for line := range e.All("AddtlInf") {
		info += line.Text
	}
	return e.Value("Rsn/Cd"), info
}

// only returns the one element of a name, nil where there are several.
func only(parent *schema.Element, path string) *schema.Element {
	var one *schema.Element
	for e := range parent.All(path) {
		if one != nil {
			return nil
		}
		one = e
	}
	return one
}
