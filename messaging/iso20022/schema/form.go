package schema

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf8"
)

// form is what a value may look like.
type form struct {
	name            string // "Max35Text"
	base            string // "string", "decimal", "date" … of XML Schema
	check           func(f *form, text []byte) *problem
	min, max        int // characters, or octets of base64Binary
	total, fraction int // digits of a decimal
	unsigned        bool
	pattern         *regexp.Regexp
	codes           map[string]bool
}

// checkOf is the check of a base type of XML Schema.
func checkOf(base string) func(f *form, text []byte) *problem {
	switch base {
	case "string":
		return (*form).length
	case "decimal":
		return (*form).decimal
	case "boolean":
		return (*form).boolean
	case "base64Binary":
		return (*form).binary
	case "date", "dateTime", "time", "gYear", "gYearMonth":
		return (*form).moment
	}
	panic("schema: tables: base " + base)
}

// of checks a value, and returns it without the space around it where the schema has none there.
func (f *form) of(text []byte) ([]byte, *problem) {
	if f.base != "string" {
		text = bytes.Trim(text, " \t\n\r")
	}
	p := f.check(f, text)
	switch {
	case p != nil:
	case f.codes != nil && !f.codes[string(text)]:
		p = faulty(FaultCode, "%.100q is no code of %s", text, f.name)
	case f.pattern != nil && !f.pattern.Match(text):
		p = faulty(FaultCode, "%.100q is not of the form of %s", text, f.name)
	default:
		return text, nil
	}
	p.form = f
	return nil, p
}

func (f *form) length(text []byte) *problem {
	if len(text) >= f.min*utf8.UTFMax && (f.max == unbounded || len(text) <= f.max) {
		return nil
	}
	n := utf8.RuneCount(text)
	switch {
	case n < f.min:
		return faulty(FaultText, "%d characters, at least %d", n, f.min)
	case f.max != unbounded && n > f.max:
		return faulty(FaultText, "%d characters, at most %d", n, f.max)
	}
	return nil
}

// decimal takes plain decimals only: XML Schema also knows "+1", "1." and ".5", which other readers trip over, and
// "-0" where nothing below zero may stand.
func (f *form) decimal(text []byte) *problem {
	digits := text
	if len(digits) > 0 && digits[0] == '-' && !f.unsigned {
		digits = digits[1:]
	}
	whole, fraction, point := bytes.Cut(digits, []byte{'.'})
	if !allDigits(whole) || point && !allDigits(fraction) {
		return faulty(FaultAmount, "%.100q is no plain decimal", text)
	}
	whole, fraction = bytes.TrimLeft(whole, "0"), bytes.TrimRight(fraction, "0")
	switch {
	case f.fraction != unbounded && len(fraction) > f.fraction:
		return faulty(FaultAmount, "%.100q has more than %d decimals", text, f.fraction)
	case f.total != unbounded && len(whole)+len(fraction) > f.total:
		return faulty(FaultAmount, "%.100q has more than %d digits", text, f.total)
	}
	return nil
}

func allDigits(text []byte) bool {
	for _, b := range text {
		if b < '0' || b > '9' {
			return false
		}
	}
	return len(text) > 0
}

func (f *form) boolean(text []byte) *problem {
	switch string(text) {
	case "true", "false", "1", "0":
		return nil
	}
	return faulty(FaultCode, "%.100q is neither true nor false", text)
}

func (f *form) binary(text []byte) *problem {
	plain := bytes.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\n\r", r) {
			return -1
		}
		return r
	}, text)
	octets, err := base64.StdEncoding.Strict().DecodeString(string(plain))
	switch {
	case err != nil:
		return faulty(FaultCode, "not base64")
	case len(octets) < f.min:
		return faulty(FaultText, "%d octets, at least %d", len(octets), f.min)
	case f.max != unbounded && len(octets) > f.max:
		return faulty(FaultText, "%d octets, at most %d", len(octets), f.max)
	}
	return nil
}

func (f *form) moment(text []byte) *problem {
	if !isMoment(f.base, string(text)) {
		return faulty(FaultCode, "%.100q is no %s", text, f.base)
	}
	return nil
}

// What a reason code depends on. Names of types begin the same in all versions.
func (f *form) isTime() bool {
	return f.base == "date" || f.base == "dateTime" || f.base == "time"
}

func (f *form) isAgent() bool {
	return strings.HasPrefix(f.name, "BIC") || strings.HasPrefix(f.name, "AnyBIC")
}

func (f *form) isIBAN() bool { return strings.HasPrefix(f.name, "IBAN") }
