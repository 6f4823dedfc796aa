package iso20022

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/fx"
)

const (
	// MaxMessageBytes bounds a message before it is parsed: ten megabytes of empty elements cost the
	// parser seconds and gigabytes. A full single-payment message is under 16 KiB.
	MaxMessageBytes = 64 << 10
	maxDepth        = 24
)

// rawAmount is an amount as it stands in the message.
type rawAmount struct{ path, text, currency string }

// guard hands tokens from the tokenizer to the unmarshaller and refuses what must not get there. It
// is an xml.TokenReader, so that checking costs no second pass.
type guard struct {
	message  string // "pacs.008.001.08"
	tokens   *xml.Decoder
	open     []element
	rootDone bool
	amounts  []rawAmount
	text     []byte // of the open amount
	inAmount bool
	currency string
}

// element is an open element and the names of its children so far.
type element struct {
	name     string
	children []string
}

// decimalText is what an amount, a sum or a rate may look like: no sign, no exponent.
var decimalText = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,5})?$`)

// decimals are the elements without a currency that moov reads into a float64.
var decimals = map[string]bool{"CtrlSum": true, "OrgnlCtrlSum": true, "XchgRate": true}

// repeatable lists what the three schemas let repeat (maxOccurs > 1).
var repeatable = map[string]bool{
	"AddtlInf": true, "AddtlRmtInf": true, "AdjstmntAmtAndRsn": true, "AdrLine": true,
	"CdtTrfTxInf": true, "ChrgsInf": true, "DscntApldAmt": true, "Dtls": true, "Inf": true,
	"InstrForCdtrAgt": true, "InstrForNxtAgt": true, "LineDtls": true, "NbOfTxsPerSts": true,
	"OrgnlGrpInf": true, "OrgnlGrpInfAndSts": true, "Rcrd": true, "RfrdDocInf": true,
	"RgltryRptg": true, "RltdRmtInf": true, "RmtLctnDtls": true, "SplmtryData": true, "Strd": true,
	"StsRsnInf": true, "SvcLvl": true, "TaxAmt": true, "TxInf": true, "TxInfAndSts": true, "Ustrd": true,
}

// mayRepeat tells whether child may stand more than once in parent. Othr and Id repeat in few places.
func mayRepeat(parent, child string) bool {
	switch child {
	case "Othr":
		return parent == "OrgId" || parent == "PrvtId"
	case "Id":
		return parent == "LineDtls"
	}
	return repeatable[child]
}

// read checks data and unmarshals the child of Document into body, a pointer to a struct with one
// field for it. It returns the amounts as they stand in the message. Errors are *FormatError.
func read(message string, data []byte, body any) ([]rawAmount, error) {
	fail := func(f Fault, detail string) ([]rawAmount, error) {
		return nil, &FormatError{Message: message, Fault: f, Detail: detail}
	}
	if len(data) > MaxMessageBytes {
		return fail(FaultOversized, fmt.Sprintf("%d bytes, at most %d", len(data), MaxMessageBytes))
	}
	if !utf8.Valid(data) {
		return fail(FaultEncoding, "not UTF-8")
	}
	g := &guard{message: message, tokens: xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))}
	decoder := xml.NewTokenDecoder(g)
	err := decoder.Decode(body)
	if err == nil { // what follows the root must be nothing
		if _, err = decoder.Token(); err == nil {
			return fail(FaultRoot, "something follows the Document")
		}
	}
	var format *FormatError
	switch {
	case errors.Is(err, io.EOF) && g.rootDone:
		return g.amounts, nil
	case errors.As(err, &format):
		return nil, format
	case errors.Is(err, io.EOF):
		return fail(FaultRoot, "no Document")
	default:
		return fail(FaultSyntax, shorten(err.Error()))
	}
}

// Token implements xml.TokenReader.
func (g *guard) Token() (xml.Token, error) {
	for {
		token, err := g.tokens.RawToken()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := g.start(t); err != nil {
				return nil, err // never with the token: the unmarshaller would drop the error
			}
			return t, nil
		case xml.EndElement:
			if err := g.end(t); err != nil {
				return nil, err
			}
			return t, nil
		case xml.CharData:
			if len(g.open) == 0 {
				if len(bytes.TrimSpace(t)) > 0 {
					return nil, g.fail(FaultRoot, "text outside the Document")
				}
				continue
			}
			if g.inAmount {
				g.text = append(g.text, t...)
			}
			return t, nil
		case xml.Directive:
			return nil, g.fail(FaultDoctype, "a directive is not allowed")
		case xml.ProcInst:
			if t.Target != "xml" || len(g.open) > 0 || g.rootDone {
				return nil, g.fail(FaultDoctype, "a processing instruction is not allowed")
			}
		case xml.Comment: // nobody's meaning hangs on it
		}
	}
}

func (g *guard) fail(f Fault, detail string) error {
	return &FormatError{Message: g.message, Fault: f, Detail: detail}
}

func (g *guard) start(t xml.StartElement) error {
	name := t.Name.Local
	if t.Name.Space != "" {
		return g.fail(FaultNamespace, "prefix on "+shorten(name))
	}
	if len(g.open) == 0 {
		return g.root(t)
	}
	if len(g.open) >= maxDepth {
		return g.fail(FaultDepth, fmt.Sprintf("deeper than %d", maxDepth))
	}
	if g.inAmount {
		return g.fail(FaultAmount, "an element inside an amount")
	}
	parent := &g.open[len(g.open)-1]
	for _, sibling := range parent.children {
		if sibling == name && !mayRepeat(parent.name, name) {
			return g.fail(FaultRepeated, shorten(parent.name+"/"+name))
		}
	}
	parent.children = append(parent.children, name)
	g.open = append(g.open, element{name: name})
	for _, a := range t.Attr {
		if a.Name.Space != "" || a.Name.Local != "Ccy" || g.inAmount {
			return g.fail(FaultNamespace, "attribute "+shorten(a.Name.Local))
		}
		g.inAmount, g.currency, g.text = true, a.Value, g.text[:0]
	}
	if decimals[name] && !g.inAmount {
		g.inAmount, g.currency, g.text = true, "", g.text[:0]
	}
	return nil
}

func (g *guard) root(t xml.StartElement) error {
	if g.rootDone || t.Name.Local != "Document" {
		return g.fail(FaultRoot, "root "+shorten(t.Name.Local))
	}
	known := false
	for _, a := range t.Attr {
		switch {
		case a.Name.Space == "" && a.Name.Local == "xmlns" && a.Value == namespace(g.message) && !known:
			known = true
		case a.Name.Space == "xmlns" && a.Name.Local == "xsi", a.Name.Space == "xsi" && a.Name.Local == "schemaLocation":
		default:
			return g.fail(FaultNamespace, shorten(a.Name.Local+" "+a.Value))
		}
	}
	if !known {
		return g.fail(FaultNamespace, "no namespace")
	}
	g.open = append(g.open, element{name: "Document"})
	return nil
}

func (g *guard) end(t xml.EndElement) error {
	if len(g.open) == 0 || t.Name.Space != "" || g.open[len(g.open)-1].name != t.Name.Local {
		return g.fail(FaultSyntax, "unexpected end of "+shorten(t.Name.Local))
	}
	if g.inAmount {
		g.inAmount = false
		text := string(bytes.TrimSpace(g.text))
		if !decimalText.MatchString(text) {
			return g.fail(FaultAmount, shorten(t.Name.Local+" "+text))
		}
		g.amounts = append(g.amounts, rawAmount{path: g.path(), text: text, currency: g.currency})
	}
	g.open = g.open[:len(g.open)-1]
	g.rootDone = len(g.open) == 0
	return nil
}

// path names the open element from below the message's own element: "CdtTrfTxInf/IntrBkSttlmAmt".
func (g *guard) path() string {
	var b strings.Builder
	for i, e := range g.open[min(2, len(g.open)):] {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(e.name)
	}
	return b.String()
}

// money returns the positive amount at path, or found false where there is none. Errors are *FormatError.
func money(message string, amounts []rawAmount, path string) (m fx.Money, found bool, err error) {
	for _, a := range amounts {
		if a.path != path {
			continue
		}
		currency, err := fx.ParseCurrency(a.currency)
		if err != nil {
			return fx.Money{}, true, &FormatError{Message: message, Fault: FaultAmount, Detail: shorten(err.Error())}
		}
		m, err := fx.ParseMoney(trimDecimals(a.text, currency), currency)
		if err != nil {
			return fx.Money{}, true, &FormatError{Message: message, Fault: FaultAmount, Detail: shorten(err.Error())}
		}
		if m.Minor <= 0 {
			return fx.Money{}, true, &FormatError{Message: message, Fault: FaultAmount, Detail: "not positive"}
		}
		return m, true, nil
	}
	return fx.Money{}, false, nil
}

// trimDecimals takes away zeros beyond the currency's minor unit: "5000.00" UGX is 5000 UGX.
func trimDecimals(text string, c fx.Currency) string {
	whole, fraction, _ := strings.Cut(text, ".")
	for len(fraction) > c.MinorUnits() && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

func namespace(message string) string { return "urn:iso:std:iso:20022:tech:xsd:" + message }

// shorten keeps what a hostile message put into an error small.
func shorten(s string) string {
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}
