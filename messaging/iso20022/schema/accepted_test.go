package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// One document in as many ways as it may be written reads as the same tree.
func TestHowADocumentMayBeWritten(t *testing.T) {
	want, err := schema.Parse([]byte(reject("A&amp;B")), maxTestBytes)
	require.NoError(t, err)
	plain := reject("A&amp;B")
	prefixed := strings.NewReplacer("xmlns=", "xmlns:p=", "</", "</p:", "<", "<p:").Replace(plain)
	header := `<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><Fr><FIId><FinInstnId/></FIId></Fr><To><FIId><FinInstnId/></FIId></To>` +
		`<BizMsgIdr>B</BizMsgIdr><MsgDefIdr>admi.002.001.01</MsgDefIdr><CreDt>2026-03-02T04:05:06Z</CreDt></AppHdr>`
	for name, text := range map[string]string{
		"a byte order mark":    "\ufeff" + plain,
		"a declaration":        `<?xml version="1.0" encoding="utf-8" standalone="no" ?>` + "\r\n" + plain,
		"quotes of one stroke": strings.ReplaceAll(plain, `"`, `'`),
		"prefixes":             prefixed,
		"prefixes from outside": `<E xmlns:p="urn:iso:std:iso:20022:tech:xsd:admi.002.001.01">` +
			strings.Replace(prefixed, ` xmlns:p="urn:iso:std:iso:20022:tech:xsd:admi.002.001.01"`, "", 1) + `</E>`,
		"space":        strings.ReplaceAll(strings.ReplaceAll(plain, "><", ">\r\n\t<"), "</Ref", "</Ref "),
		"comments":     strings.ReplaceAll("<!-- a -->"+plain+"<!---->", "><", "><!-- < & -->\n<"),
		"references":   reject("&#65;&#x26;&#x42;"),
		"CDATA":        reject("A<![CDATA[&]]>B"),
		"a schema":     strings.Replace(plain, ` xmlns=`, ` xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="a b" xmlns=`, 1),
		"wrapped":      "<E>" + plain + "</E>",
		"wrapped well": `<a xmlns="urn:a"><b:c xmlns:b="urn:b">` + plain + `</b:c> </a>`,
		"headed":       "<E>" + header + plain + "</E>",
	} {
		got, err := schema.Parse([]byte(text), maxTestBytes)
		if assert.NoError(t, err, name) {
			assert.Equal(t, want.Body, got.Body, name)
			assert.Equal(t, name == "headed", got.Header != nil, name)
		}
	}
}

// What may not be written is not: a tree is held against the tables before a byte of it is out.
func TestMarshalChecks(t *testing.T) {
	tree := func(reference string) *schema.Element {
		return schema.New("admi.002.001.01", schema.New("RltdRef", schema.Text("Ref", reference)), schema.New("Rsn", schema.Text("RjctgPtyRsn", "X")))
	}
	out, err := (&schema.Document{Message: "admi.002.001.01", Body: tree(`<"&'>` + "\r\n")}).Marshal()
	require.NoError(t, err)
	assert.Contains(t, string(out), "<Ref>&lt;&quot;&amp;'&gt;&#13;\n</Ref>")
	nilChild := tree("x")
	nilChild.Children = append(nilChild.Children, nil)
	both := tree("x")
	both.Text = "x"
	attribute := tree("x")
	attribute.Attrs = []schema.Attr{{Name: "Ccy", Value: "EUR"}}
	for name, d := range map[string]*schema.Document{
		"no message":        {Body: tree("x")},
		"another message":   {Message: "pacs.008.001.08", Body: tree("x")},
		"no body":           {Message: "admi.002.001.01"},
		"an element short":  {Message: "admi.002.001.01", Body: schema.New("admi.002.001.01", schema.New("RltdRef", schema.Text("Ref", "x")))},
		"too long":          {Message: "admi.002.001.01", Body: tree(strings.Repeat("x", 36))},
		"a control":         {Message: "admi.002.001.01", Body: tree("\x00")},
		"a direction mark":  {Message: "admi.002.001.01", Body: tree("\u202e")},
		"not UTF-8":         {Message: "admi.002.001.01", Body: tree("\xff")},
		"nil":               {Message: "admi.002.001.01", Body: nilChild},
		"text and elements": {Message: "admi.002.001.01", Body: both},
		"an attribute":      {Message: "admi.002.001.01", Body: attribute},
		"another header":    {Message: "admi.002.001.01", Body: tree("x"), Header: tree("x")},
		"unknown header":    {Message: "admi.002.001.01", Body: tree("x"), Header: &schema.Element{Name: "AppHdr"}, HeaderMessage: "head.001.001.99"},
		"an empty header":   {Message: "admi.002.001.01", Body: tree("x"), Header: &schema.Element{Name: "AppHdr"}},
	} {
		out, err := d.Marshal()
		var e *schema.Error
		assert.ErrorAs(t, err, &e, name)
		assert.Empty(t, out, name)
	}
	for name, raw := range map[string]string{"nothing": "", "text": "x", "two": "<a/><b/>", "open": "<a>", "more": "<a/>x", "undeclared": "<p:a/>", "an entity": "<a>&b;</a>"} {
		d, err := schema.Parse([]byte(open("<a/>")), maxTestBytes)
		require.NoError(t, err)
		d.Body.Find("SplmtryData/Envlp").Raw = raw
		_, err = d.Marshal()
		assert.Error(t, err, name)
	}
}
