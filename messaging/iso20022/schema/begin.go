package schema

import (
	"bytes"
	"slices"
	"strings"
)

// begin reads what may stand before everything else: a byte order mark and the XML declaration.
func (s *scanner) begin() *problem {
	const mark = "\ufeff"
	if slices.ContainsFunc([]string{"\xfe\xff", "\xff\xfe", "\x00", "<\x00"}, s.begins) {
		return faulty(FaultEncoding, "not UTF-8")
	}
	if s.begins(mark) {
		s.take(len(mark))
	}
	if !s.begins("<?xml") || !s.begins("<?xml ") && !s.begins("<?xml\t") && !s.begins("<?xml\n") && !s.begins("<?xml\r") {
		return nil
	}
	n := s.index(0, "?>")
	if n < 0 {
		return s.truncated()
	}
	inner := bytes.Clone(s.take(n + len("?>"))[len("<?xml"):n])
	s.token.attrs = s.token.attrs[:0]
	if p := s.attributes(inner); p != nil {
		return p
	}
	return declared(s.token.attrs)
}

// declared checks the XML declaration: version, encoding, standalone, in this order, the first required.
func declared(attrs []attr) *problem {
	order := []string{"version", "encoding", "standalone"}
	for i := range attrs {
		name, text := string(attrs[i].name), string(attrs[i].value)
		for len(order) > 0 && order[0] != name && order[0] != "version" {
			order = order[1:]
		}
		if len(order) == 0 || order[0] != name || len(attrs[i].prefix) > 0 {
			return faulty(FaultSyntax, "%s in the XML declaration", name)
		}
		order = order[1:]
		switch {
		case name == "version" && text != "1.0":
			return faulty(FaultSyntax, "XML %.100q", text)
		case name == "encoding" && !strings.EqualFold(text, "UTF-8"):
			return faulty(FaultEncoding, "%.100q", text)
		case name == "standalone" && text != "yes" && text != "no":
			return faulty(FaultSyntax, "standalone %.100q", text)
		}
	}
	if len(order) == 3 {
		return faulty(FaultSyntax, "an XML declaration without a version")
	}
	return nil
}
