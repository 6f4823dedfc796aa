package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// bits of markup, put anywhere.
var bits = []string{
	"<", ">", "/", "&", ";", "\"", "'", "=", " ", "\n", "\r", "\r\n", "\t", "]]>", "]]", "<![CDATA[", "<![CDATA[ ]]>", "<![CDATA[x]]>", "<!--", "-->",
	"<!-- -->", "<!--->", "<!---->", "<!-- - -->", "<!-- --->", "&amp;", "&#60;", "&#x41;", "&#x20;", "&#9;", "&#13;", "&#xD;", "&lt;", "&quot;", "&apos",
	" xmlns:p=\"urn:p\"", " xmlns:x='urn:y'", " xmlns=''", "p:", "x:", ":", "<a/>", "</a>", "<x:a/>", "</Document>", "<Envlp>", " Ccy=\"EUR\"", " a='1'",
	" a = '1'", " x:y='2'", " xml:lang='en'", " xml:space='preserve'", "0", "e", "-", "é", "€", "😀", "]", "a", ".", "_", "\ufeff",
}

// Broken in their bytes, documents are judged as xmllint judges them.
func TestBrokenBytesAreJudgedAsXmllintDoes(t *testing.T) {
	_, body, _ := strings.Cut(open(`<x:n xmlns:x='urn:x' x:y="1">t<a/></x:n>`), "?>") // what libxml2 takes for a declaration is another matter
	generator := rapid.Custom(func(t *rapid.T) []byte {
		text := body
		for range rapid.IntRange(1, 2).Draw(t, "times") {
			at := rapid.IntRange(0, len(text)).Draw(t, "at")
			rest := at
			if rapid.Bool().Draw(t, "instead") {
				rest += rapid.IntRange(0, min(3, len(text)-at)).Draw(t, "gone")
			}
			text = text[:at] + rapid.SampledFrom(bits).Draw(t, "bit") + text[rest:]
		}
		return []byte(text)
	})
	documents := map[string][][]byte{}
	for seed := range 600 {
		documents["pacs.008.001.08"] = append(documents["pacs.008.001.08"], generator.Example(seed))
	}
	_, accepted := compare(t, documents)
	assert.Positive(t, accepted)
}
