package iso20022

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/fx"
)

var (
	uetrText     = regexp.MustCompile(`^[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}$`)
	bicText      = regexp.MustCompile(`^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$`)
	currencyText = regexp.MustCompile(`^[A-Z]{3}$`)
	codeText     = regexp.MustCompile(`^[A-Z0-9]{1,4}$`)
)

// maxAmountMinor keeps an amount within the 15 digits that the guard and every peer's reader accept.
const maxAmountMinor = 999_999_999_999_999

// writer builds a document in schema order. The first fault sticks, and finish reports it.
type writer struct {
	message string
	out     bytes.Buffer
	open    []string
	err     error
}

func newWriter(message, body string) *writer {
	w := &writer{message: message}
	w.out.Grow(3 << 10)
	w.out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	w.out.WriteString(`<Document xmlns="` + namespace(message) + `">`)
	w.open = append(w.open, "Document")
	w.start(body)
	return w
}

func (w *writer) start(name string) {
	w.tag("<", name)
	w.open = append(w.open, name)
}

func (w *writer) end() {
	w.tag("</", w.open[len(w.open)-1])
	w.open = w.open[:len(w.open)-1]
}

func (w *writer) tag(bracket, name string) {
	w.out.WriteString(bracket)
	w.out.WriteString(name)
	w.out.WriteByte('>')
}

// within writes an element around what fill writes.
func (w *writer) within(name string, fill func()) {
	w.start(name)
	fill()
	w.end()
}

// text writes a required text of at most limit characters.
func (w *writer) text(name, value string, limit int) {
	if value == "" {
		w.fail(FaultMissing, name)
		return
	}
	if utf8.RuneCountInString(value) > limit {
		w.fail(FaultText, fmt.Sprintf("%s is longer than %d", name, limit))
		return
	}
	if !xmlText(value) {
		w.fail(FaultText, name+" has a character that XML cannot carry")
		return
	}
	w.tag("<", name)
	_ = xml.EscapeText(&w.out, []byte(value)) // a bytes.Buffer never fails
	w.tag("</", name)
}

// optionalID writes an id or a reference (Max35Text) unless it is empty.
func (w *writer) optionalID(name, value string) {
	if value != "" {
		w.text(name, value, 35)
	}
}

// matching writes a required text of a fixed form.
func (w *writer) matching(name, value string, form *regexp.Regexp) {
	if !form.MatchString(value) {
		w.fail(FaultCode, shorten(name+" "+value))
		return
	}
	w.text(name, value, len(value))
}

// amount writes a positive amount as a plain decimal with all of its currency's decimals.
func (w *writer) amount(name string, m fx.Money) {
	currency := m.Currency.String()
	if !currencyText.MatchString(currency) || m.Minor <= 0 || m.Minor > maxAmountMinor {
		w.fail(FaultAmount, shorten(name+" "+m.String()))
		return
	}
	w.out.WriteString("<" + name + ` Ccy="` + currency + `">` + m.Text())
	w.tag("</", name)
}

// moment writes an ISODateTime in UTC. The offset is always written: without it, it is anybody's guess.
func (w *writer) moment(name string, t time.Time) {
	if t.IsZero() || t.UTC().Year() > 9999 {
		w.fail(FaultMissing, name)
		return
	}
	w.text(name, t.UTC().Format("2006-01-02T15:04:05.000Z"), 24)
}

func (w *writer) date(name string, t time.Time) {
	w.text(name, t.UTC().Format(time.DateOnly), 10)
}

func (w *writer) agent(name string, a Agent) {
	w.within(name, func() {
		w.within("FinInstnId", func() {
			if a.BIC != "" {
				w.matching("BICFI", a.BIC, bicText)
				return
			}
			w.within("Othr", func() { w.text("Id", a.Other, 35) })
		})
	})
}

func (w *writer) account(name string, a Account) {
	w.within(name, func() {
		w.within("Id", func() {
			w.within("Othr", func() {
				w.text("Id", a.ID, 34)
				if a.Scheme != "" {
					w.within("SchmeNm", func() { w.text("Prtry", a.Scheme, 35) })
				}
			})
		})
	})
}

// maxAddressLine is Max70Text; maxAddressLines the schema's bound.
const (
	maxAddressLine  = 70
	maxAddressLines = 7
)

func (w *writer) party(name string, p Party) {
	w.within(name, func() {
		w.text("Nm", p.Name, 140)
		if p.Address == "" {
			return
		}
		w.within("PstlAdr", func() {
			line := []rune(p.Address)
			if len(line) > maxAddressLine*maxAddressLines {
				w.fail(FaultText, name+" address is too long")
				return
			}
			for len(line) > 0 {
				n := min(maxAddressLine, len(line))
				w.text("AdrLine", string(line[:n]), maxAddressLine)
				line = line[n:]
			}
		})
	})
}

// original writes the ids that pacs.002 and pacs.028 name a payment by.
func (w *writer) original(id PaymentID) {
	w.optionalID("OrgnlInstrId", id.InstrID)
	w.optionalID("OrgnlEndToEndId", id.EndToEndID)
	w.optionalID("OrgnlTxId", id.TxID)
	if id.UETR != "" {
		w.matching("OrgnlUETR", id.UETR, uetrText)
	}
}

func (w *writer) fail(f Fault, detail string) {
	if w.err == nil {
		w.err = &FormatError{Message: w.message, Fault: f, Detail: detail}
	}
}

func (w *writer) finish() ([]byte, error) {
	for len(w.open) > 0 {
		w.end()
	}
	if w.err == nil && w.out.Len() > MaxMessageBytes {
		w.fail(FaultOversized, fmt.Sprintf("%d bytes", w.out.Len()))
	}
	if w.err != nil {
		return nil, w.err
	}
	return w.out.Bytes(), nil
}

// xmlText tells whether every character of s is one that XML 1.0 can carry.
func xmlText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}
