package schema

import (
	"encoding/base64"
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// Trees generates what a message's Document holds, or a header, with everything that its schema knows in it sooner
// or later.
func Trees(message string) *rapid.Generator[*Element] {
	p := loaded().headers[message]
	if p == nil {
		p = &loaded().messages[message].parts[0]
	}
	return rapid.Custom(func(t *rapid.T) *Element { return treeOf(t, p, 0) })
}

func treeOf(t *rapid.T, p *part, depth int) *Element {
	e := &Element{Name: p.name}
	switch s := p.shape; s.kind {
	case value:
		e.Text = valueOf(t, s.form)
		for _, a := range s.attrs {
			e.Attrs = append(e.Attrs, Attr{Name: a.name, Value: valueOf(t, a.form)})
		}
	case open:
		uri := s.space
		if uri == anyNamespace {
			uri = "urn:example:extra"
		}
		e.Raw = `<x:Signature xmlns:x="` + uri + `">a &amp; b</x:Signature>`
	case choice:
		e.addTo(t, &s.parts[rapid.IntRange(0, len(s.parts)-1).Draw(t, "choice")], depth, true)
	case sequence:
		for i := range s.parts {
			e.addTo(t, &s.parts[i], depth, false)
		}
	}
	return e
}

// addTo adds as many of a part as there may be; the deeper, the fewer.
func (e *Element) addTo(t *rapid.T, p *part, depth int, chosen bool) {
	const fewer = 4
	most := p.least
	if rapid.IntRange(0, depth/2+depth*depth/fewer).Draw(t, "more") == 0 {
		most++
	}
	if p.max != unbounded {
		most = min(most, p.max)
	}
	count := most
	if chosen {
		count = max(1, most)
	}
	for range count {
		e.Children = append(e.Children, treeOf(t, p, depth+1))
	}
}

func valueOf(t *rapid.T, f *form) string {
	switch {
	case f.codes != nil:
		codes := sortedKeys(f.codes)
		return rapid.SampledFrom(codes).Draw(t, "code")
	case f.base == "string" && f.pattern != nil:
		return rapid.StringMatching(f.pattern.String()).Filter(func(text string) bool {
			_, p := f.of([]byte(text))
			return p == nil
		}).Draw(t, "matching")
	case f.base == "string":
		most := f.max
		if most == unbounded {
			most = 40
		}
		n := rapid.SampledFrom([]int{max(1, f.min), most, min(most, f.min+9)}).Draw(t, "length")
		return strings.Repeat(rapid.SampledFrom([]string{"a", "é", "&", "7", "'"}).Draw(t, "letter"), n)
	case f.base == "decimal":
		return decimalOf(t, f)
	case f.base == "boolean":
		return rapid.SampledFrom([]string{"true", "false", "1", "0"}).Draw(t, "boolean")
	case f.base == "base64Binary":
		return base64.StdEncoding.EncodeToString(make([]byte, max(1, f.min)))
	}
	moment := map[string]string{"date": "2024-02-29", "dateTime": "2024-02-29T23:59:59.999", "time": "12:30:00", "gYear": "2024", "gYearMonth": "2024-02"}[f.base]
	zones := []string{"Z", "", "+05:30"}
	if f.pattern != nil {
		zones = zones[:1]
	}
	return moment + rapid.SampledFrom(zones).Draw(t, "zone")
}

func decimalOf(t *rapid.T, f *form) string {
	total, fraction := f.total, max(f.fraction, 0)
	if total == unbounded {
		total = 15
	}
	decimals := rapid.IntRange(0, min(fraction, total-1)).Draw(t, "decimals")
	whole := rapid.IntRange(1, total-decimals).Draw(t, "whole")
	text := rapid.StringMatching(fmt.Sprintf("[0-9]{%d}", whole)).Draw(t, "digits")
	if decimals > 0 {
		text += "." + rapid.StringMatching(fmt.Sprintf("[0-9]{%d}", decimals)).Draw(t, "rest")
	}
	return text
}
