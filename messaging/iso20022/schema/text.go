package schema

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// place is where text stands, which decides what is markup in it.
type place uint8

const (
	inText place = iota
	inCDATA
	inAttribute
)

// unescape returns raw with its references resolved and its line ends as one line feed. Where it is not raw itself it
// stands behind scratch, which is returned with it.
func unescape(scratch, raw []byte, where place) (grown, text []byte, p *problem) {
	i := 0
	for i < len(raw) && plain[raw[i]] {
		i++
	}
	if i == len(raw) {
		return scratch, raw, nil
	}
	begin := len(scratch)
	scratch = append(scratch, raw[:i]...)
	for i < len(raw) {
		b := raw[i]
		switch {
		case plain[b]:
			scratch = append(scratch, b)
			i++
			continue
		case b >= utf8.RuneSelf || b < ' ' || b == 0x7f:
			r, n := utf8.DecodeRune(raw[i:])
			if p := carried(r, n); p != nil {
				return scratch, nil, p
			}
			scratch = appendRune(scratch, raw[i:], r, n)
			i += n
			continue
		case where == inCDATA:
		case b == '<':
			return scratch, nil, faulty(FaultSyntax, "< inside a value")
		case b == ']' && where == inText && bytes.HasPrefix(raw[i:], []byte("]]>")):
			return scratch, nil, faulty(FaultSyntax, "]]> inside a text")
		case b == '&':
			r, n, p := reference(raw[i:])
			if p != nil {
				return scratch, nil, p
			}
			scratch = utf8.AppendRune(scratch, r)
			i += n
			continue
		}
		scratch = append(scratch, b)
		i++
	}
	return scratch, scratch[begin:], nil
}

// appendRune appends a character that stands as itself. Line ends become line feeds; in attributes XML would have
// spaces instead, but no attribute of a message may hold either.
func appendRune(to, raw []byte, r rune, n int) []byte {
	switch {
	case r == '\r' && len(raw) > 1 && raw[1] == '\n':
		return to // the line feed comes next
	case r == '\r':
		return append(to, '\n')
	}
	return append(to, raw[:n]...)
}

// carried tells whether a message may carry a character. XML also knows the controls from 0x7f to 0x9f and those that
// turn the direction of writing, which show a reader something other than what is there.
func carried(r rune, size int) *problem {
	switch {
	case r == utf8.RuneError && size <= 1:
		return faulty(FaultEncoding, "not UTF-8")
	case r < ' ' && r != '\t' && r != '\n' && r != '\r', r >= 0x7f && r < 0xa0:
		return faulty(FaultText, "control character U+%04X", r)
	case r == 0x61c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return faulty(FaultText, "direction mark U+%04X", r)
	case r >= 0xd800 && r < 0xe000, r == 0xfffe, r == 0xffff, r > utf8.MaxRune:
		return faulty(FaultText, "no character U+%04X", r)
	}
	return nil
}

// carriedAll tells whether a message may carry a text.
func carriedAll(text string) *problem {
	for i := 0; i < len(text); {
		if plain[text[i]] {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if p := carried(r, n); p != nil {
			return p
		}
		i += n
	}
	return nil
}

// reference reads &lt; &#60; &#x3c; and the like, and returns its length.
func reference(raw []byte) (rune, int, *problem) {
	const longest = 12
	end := bytes.IndexByte(raw[:min(len(raw), longest)], ';')
	if end < 2 {
		return 0, 0, faulty(FaultSyntax, "& without its end")
	}
	name := raw[1:end]
	switch string(name) {
	case "amp":
		return '&', end + 1, nil
	case "lt":
		return '<', end + 1, nil
	case "gt":
		return '>', end + 1, nil
	case "quot":
		return '"', end + 1, nil
	case "apos":
		return '\'', end + 1, nil
	}
	if name[0] != '#' {
		return 0, 0, faulty(FaultSyntax, "entity %.100q", name)
	}
	digits, radix := name[1:], 10
	if len(digits) > 0 && digits[0] == 'x' {
		digits, radix = digits[1:], 16
	}
	n, err := strconv.ParseUint(string(digits), radix, 32)
	if err != nil {
		return 0, 0, faulty(FaultSyntax, "reference %.100q", name)
	}
	r := rune(utf8.MaxRune + 1)
	if n <= utf8.MaxRune {
		r = rune(n)
	}
	return r, end + 1, carried(r, end)
}

// plain are the bytes that stand for themselves wherever they stand.
var plain = func() (table [256]bool) {
	for b := ' '; b < 0x7f; b++ {
		table[b] = true
	}
	for _, b := range `&<]` {
		table[b] = false
	}
	table['\t'], table['\n'] = false, true
	return table
}()

// appendEscaped writes text so that it reads back as it is.
func appendEscaped(to []byte, text string) []byte {
	for i := range len(text) {
		switch b := text[i]; b {
		case '&':
			to = append(to, "&amp;"...)
		case '<':
			to = append(to, "&lt;"...)
		case '>':
			to = append(to, "&gt;"...)
		case '"':
			to = append(to, "&quot;"...)
		case '\r':
			to = append(to, "&#13;"...)
		default:
			to = append(to, b)
		}
	}
	return to
}
