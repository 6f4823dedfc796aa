package schema_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

const (
	opening = `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:admi.002.001.01"><admi.002.001.01>`
	closing = `</admi.002.001.01></Document>`
	related = `<RltdRef><Ref>R1</Ref></RltdRef>`
	because = `<Rsn><RjctgPtyRsn>X</RjctgPtyRsn></Rsn>`
)

// reject is a small admi.002 whose reference is the text given.
func reject(reference string) string {
	return opening + `<RltdRef><Ref>` + reference + `</Ref></RltdRef>` + because + closing
}

func amount(text string) string {
	return strings.Replace(string(credit(1)), ">2100.00<", ">"+text+"<", 1)
}

func deep(levels int) string {
	return strings.Repeat("<a>", levels) + strings.Repeat("</a>", levels)
}

const envelopeOpen, envelopeClose = `<SplmtryData><Envlp>`, `</Envlp></SplmtryData>`

// open is a pacs.008 with supplementary data.
func open(content string) string {
	return strings.Replace(string(credit(1)), `</FIToFICstmrCdtTrf>`, envelopeOpen+content+envelopeClose+`</FIToFICstmrCdtTrf>`, 1)
}

var hostile = map[string]struct {
	text   string
	fault  schema.Fault
	reason string
}{
	"nothing":               {"", schema.FaultRoot, "FF01"},
	"space only":            {" \n ", schema.FaultRoot, "FF01"},
	"no XML":                {"FF01", schema.FaultSyntax, "FF01"},
	"JSON":                  {`{"Document":{}}`, schema.FaultSyntax, "FF01"},
	"external entity":       {`<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + reject("&x;"), schema.FaultDoctype, "FF01"},
	"external DTD":          {`<!DOCTYPE d SYSTEM "http://localhost/d.dtd">` + reject("x"), schema.FaultDoctype, "FF01"},
	"entity expansion":      {`<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>` + reject("&b;"), schema.FaultDoctype, "FF01"},
	"DOCTYPE inside":        {strings.Replace(reject("x"), "<Ref>", "<!DOCTYPE a><Ref>", 1), schema.FaultDoctype, "FF01"},
	"unknown entity":        {reject("&nbsp;"), schema.FaultSyntax, "FF01"},
	"bare ampersand":        {reject("A & B"), schema.FaultSyntax, "FF01"},
	"instruction":           {`<?xml-stylesheet href="a"?>` + reject("x"), schema.FaultDoctype, "FF01"},
	"instruction inside":    {reject("<?php x ?>"), schema.FaultDoctype, "FF01"},
	"second declaration":    {`<?xml version="1.0"?><?xml version="1.0"?>` + reject("x"), schema.FaultDoctype, "FF01"},
	"late declaration":      {` <?xml version="1.0"?>` + reject("x"), schema.FaultDoctype, "FF01"},
	"XML 1.1":               {`<?xml version="1.1"?>` + reject("x"), schema.FaultSyntax, "FF01"},
	"depth":                 {open(deep(100)), schema.FaultDepth, "FF01"},
	"wrappers":              {"<a><b><c><d><e>" + reject("x") + "</e></d></c></b></a>", schema.FaultRoot, "FF01"},
	"attributes":            {strings.Replace(reject("x"), "<Ref>", "<Ref"+manyAttributes(5000)+">", 1), schema.FaultOversized, "FF01"},
	"namespaces":            {open(nested(70)), schema.FaultDepth, "FF01"},
	"attribute twice":       {strings.Replace(amount("1"), `Ccy="PHP"`, `Ccy="PHP" Ccy="PHP"`, 1), schema.FaultSyntax, "FF01"},
	"attribute unquoted":    {strings.Replace(amount("1"), `Ccy="PHP"`, `Ccy=PHP`, 1), schema.FaultSyntax, "FF01"},
	"UTF-16":                {"\xff\xfe<\x00D\x00", schema.FaultEncoding, "FF01"},
	"UTF-16 the other way":  {"\xfe\xff\x00<\x00D", schema.FaultEncoding, "FF01"},
	"UTF-16 without a mark": {"<\x00?\x00x\x00m\x00l\x00", schema.FaultEncoding, "FF01"},
	"said to be ISO-8859-1": {`<?xml version="1.0" encoding="ISO-8859-1"?>` + reject("x"), schema.FaultEncoding, "FF01"},
	"said to be UTF-16":     {`<?xml version="1.0" encoding="UTF-16"?>` + reject("x"), schema.FaultEncoding, "FF01"},
	"is ISO-8859-1":         {reject("S\xf6hne"), schema.FaultEncoding, "FF01"},
	"overlong":              {reject("\xc0\xbcscript"), schema.FaultEncoding, "FF01"},
	"surrogate":             {reject("\xed\xa0\x80"), schema.FaultEncoding, "FF01"},
	"NUL":                   {reject("a\x00b"), schema.FaultText, "FF01"},
	"NUL by reference":      {reject("a&#0;b"), schema.FaultText, "FF01"},
	"bell":                  {reject("a\ab"), schema.FaultText, "FF01"},
	"escape by reference":   {reject("a&#x1b;[31m"), schema.FaultText, "FF01"},
	"control behind ASCII":  {reject("a\u0085b"), schema.FaultText, "FF01"},
	"right to left":         {reject("GB\u202e33"), schema.FaultText, "FF01"},
	"isolate by reference":  {reject("GB&#x2066;33"), schema.FaultText, "FF01"},
	"direction in comment":  {"<!-- \u202e -->" + reject("x"), schema.FaultText, "FF01"},
	"no character":          {reject("&#xFFFE;"), schema.FaultText, "FF01"},
	"past Unicode":          {reject("&#x110000;"), schema.FaultText, "FF01"},
	"huge reference":        {reject("&#99999999999999999999;"), schema.FaultSyntax, "FF01"},
	"truncated":             {reject("x")[:120], schema.FaultSyntax, "FF01"},
	"truncated in a tag":    {reject("x")[:len(reject("x"))-4], schema.FaultSyntax, "FF01"},
	"truncated CDATA":       {opening + `<RltdRef><Ref><![CDATA[`, schema.FaultSyntax, "FF01"},
	"truncated comment":     {reject("x") + "<!-- ", schema.FaultSyntax, "FF01"},
	"comment in a comment":  {reject("<!-- a -- b -->"), schema.FaultSyntax, "FF01"},
	"crossed":               {opening + `<RltdRef><Ref>x</RltdRef></Ref>` + because + closing, schema.FaultSyntax, "FF01"},
	"two documents":         {reject("x") + reject("x"), schema.FaultRoot, "FF01"},
	"two in an envelope":    {"<E>" + reject("x") + reject("x") + "</E>", schema.FaultRoot, "FF01"},
	"text behind":           {reject("x") + "x", schema.FaultSyntax, "FF01"},
	"CDATA behind":          {reject("x") + "<![CDATA[ ]]>", schema.FaultSyntax, "FF01"},
	"reference behind":      {reject("x") + "&#32;", schema.FaultSyntax, "FF01"},
	"something behind":      {reject("x") + "<a/>", schema.FaultRoot, "FF01"},
	"something beside":      {"<E><a/>" + reject("x") + "</E>", schema.FaultRoot, "FF01"},
	"another root":          {"<a/>", schema.FaultRoot, "FF01"},
	"bare header":           {`<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"/>` + reject("x"), schema.FaultRoot, "FF01"},
	"header behind":         {"<E>" + reject("x") + `<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"/></E>`, schema.FaultRoot, "FF01"},
	"no namespace":          {strings.Replace(reject("x"), ` xmlns="urn:iso:std:iso:20022:tech:xsd:admi.002.001.01"`, "", 1), schema.FaultNamespace, "FF01"},
	"another version":       {strings.Replace(reject("x"), "001.01", "001.99", 1), schema.FaultNamespace, "FF01"},
	"another message":       {strings.Replace(reject("x"), "admi.002.001.01\">", "pacs.008.001.08\">", 1), schema.FaultElement, "FF01"},
	"header as a document":  {strings.Replace(reject("x"), "admi.002.001.01\">", "head.001.001.02\">", 1), schema.FaultNamespace, "FF01"},
	"foreign element":       {strings.Replace(reject("x"), "<Ref>", `<Ref xmlns="urn:other">`, 1), schema.FaultNamespace, "FF01"},
	"undeclared prefix":     {strings.NewReplacer("<Ref>", "<p:Ref>", "</Ref>", "</p:Ref>").Replace(reject("x")), schema.FaultNamespace, "FF01"},
	"prefix of nothing":     {strings.Replace(reject("x"), "<Ref>", `<Ref xmlns:p="">`, 1), schema.FaultNamespace, "FF01"},
	"xml rebound":           {strings.Replace(reject("x"), "<Ref>", `<Ref xmlns:xml="urn:x">`, 1), schema.FaultNamespace, "FF01"},
	"attribute":             {strings.Replace(reject("x"), "<Ref>", `<Ref Id="1">`, 1), schema.FaultAttribute, "FF01"},
	"xsi:type":              {strings.Replace(reject("x"), "<Ref>", `<Ref xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="a">`, 1), schema.FaultAttribute, "FF01"},
	"xsi:nil":               {strings.Replace(reject("x"), "<Ref>", `<Ref xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true">`, 1), schema.FaultAttribute, "FF01"},
	"wrong order":           {opening + because + related + closing, schema.FaultMissing, "FF01"},
	"element twice":         {opening + related + related + because + closing, schema.FaultRepeated, "FF01"},
	"element missing":       {opening + related + closing, schema.FaultMissing, "FF01"},
	"unknown element":       {opening + related + because + "<a/>" + closing, schema.FaultElement, "FF01"},
	"element in a value":    {reject("<b>x</b>"), schema.FaultElement, "FF01"},
	"text between":          {opening + "x" + related + because + closing, schema.FaultSyntax, "FF01"},
	"too long":              {reject(strings.Repeat("é", 36)), schema.FaultText, "FF01"},
	"exponent":              {amount("2.1e+07"), schema.FaultAmount, "AM12"},
	"not a number":          {amount("NaN"), schema.FaultAmount, "AM12"},
	"infinite":              {amount("INF"), schema.FaultAmount, "AM12"},
	"20 digits":             {amount("12345678901234567890"), schema.FaultAmount, "AM12"},
	"six decimals":          {amount("0.123456"), schema.FaultAmount, "AM12"},
	"negative":              {amount("-1"), schema.FaultAmount, "AM12"},
	"comma":                 {amount("1,00"), schema.FaultAmount, "AM12"},
	"no amount":             {amount(""), schema.FaultAmount, "AM12"},
	"other digits":          {amount("١٢"), schema.FaultAmount, "AM12"},
	"no currency":           {strings.Replace(amount("1"), ` Ccy="PHP"`, "", 1), schema.FaultAttribute, "FF01"},
	"bad currency":          {strings.Replace(amount("1"), `"PHP"`, `"php"`, 1), schema.FaultCode, "AM11"},
	"bad BIC":               {strings.Replace(amount("1"), "BOPIPHMMXXX", "BOP", 1), schema.FaultCode, "RC01"},
	"bad moment":            {strings.Replace(amount("1"), "2026-03-02T", "2026-02-30T", 1), schema.FaultCode, "DT01"},
	"bad code":              {strings.Replace(amount("1"), "SLEV", "slev", 1), schema.FaultCode, "FF01"},
	"two of a choice": {
		strings.Replace(amount("1"), "<Id><Othr>", "<Id><IBAN>DE89370400440532013000</IBAN><Othr>", 1), schema.FaultChoice, "FF01",
	},
	"open, nothing":         {open(""), schema.FaultMissing, "FF01"},
	"open, text":            {open("x"), schema.FaultSyntax, "FF01"},
	"open, two":             {open("<a/><b/>"), schema.FaultRepeated, "FF01"},
	"open, undeclared":      {open("<p:a/>"), schema.FaultNamespace, "FF01"},
	"open, crossed":         {open("<a><b></a></b>"), schema.FaultSyntax, "FF01"},
	"open, DOCTYPE":         {open("<a><!DOCTYPE a></a>"), schema.FaultDoctype, "FF01"},
	"open, control":         {open("<a>\a</a>"), schema.FaultText, "FF01"},
	"open, attribute twice": {open(`<a xmlns:p="urn:a" xmlns:q="urn:a" p:x="" q:x=""/>`), schema.FaultSyntax, "FF01"},
}

func manyAttributes(count int) string {
	var b strings.Builder
	for i := range count {
		b.WriteString(" a" + strings.Repeat("b", i%100) + `="1"`)
	}
	return b.String()
}

// nested are elements that each declare a namespace.
func nested(levels int) string {
	var b strings.Builder
	for range levels {
		b.WriteString(`<a xmlns:p="urn:p">`)
	}
	return b.String() + strings.Repeat("</a>", levels)
}

func TestHostileInput(t *testing.T) {
	_, err := schema.Parse([]byte(reject("x")), maxTestBytes)
	require.NoError(t, err)
	for name, c := range hostile {
		_, err := schema.Parse([]byte(c.text), maxTestBytes)
		var e *schema.Error
		if assert.ErrorAs(t, err, &e, name) {
			assert.Equal(t, c.fault, e.Fault, "%s: %v", name, err)
			assert.Equal(t, c.reason, e.Reason, "%s: %v", name, err)
			assert.LessOrEqual(t, len(err.Error()), 700, name)
		}
		// Read in pieces, it is refused in the same way.
		assert.Equal(t, err, drain(schema.NewReader(oneByOne(c.text), maxTestBytes)), name)
	}
}

func TestWhereAFaultIs(t *testing.T) {
	data := bytes.Replace(credit(3), []byte(`<InstrId>I2</InstrId>`), []byte(`<InstrId></InstrId>`), 1)
	_, err := schema.Parse(data, maxTestBytes)
	assert.EqualError(t, err, "iso20022: pacs.008.001.08: text at Document/FIToFICstmrCdtTrf/CdtTrfTxInf[2]/PmtId/InstrId: 0 characters, at least 1")
	_, err = schema.Parse([]byte(strings.Replace(amount("1"), `"PHP"`, `"P"`, 1)), maxTestBytes)
	assert.ErrorContains(t, err, "Document/FIToFICstmrCdtTrf/CdtTrfTxInf[1]/IntrBkSttlmAmt/@Ccy")
}

// Ten megabytes that no schema allows cost as little as their first bytes.
func TestLargeRubbishCostsLittle(t *testing.T) {
	const size = 10 << 20
	for name, text := range map[string]string{
		"elements":           strings.Repeat("<a/>", size/4),
		"open elements":      strings.Repeat("<a>", size/3),
		"in a document":      opening + strings.Repeat("<a/>", size/4),
		"in an open element": open(strings.Repeat("<a>", size/3)),
		"a name":             "<" + strings.Repeat("a", size),
		"attributes":         "<a" + strings.Repeat(" a=''", size/5) + ">",
		"references":         reject(strings.Repeat("&amp;", size/5)),
		"comments":           strings.Repeat("<!---->", size/7),
		"space":              strings.Repeat(" ", size),
		"text":               reject(strings.Repeat("a", size)),
		"openings":           strings.Repeat("<", size),
		"an amount":          amount(strings.Repeat("\n", size)),
		"a code":             strings.Replace(amount("1"), "SLEV", strings.Repeat("é", size/2), 1),
		"a moment":           strings.Replace(amount("1"), "2026-03", strings.Repeat("\t", size), 1),
	} {
		var before, after runtime.MemStats
		data := []byte(text)
		runtime.ReadMemStats(&before)
		_, err := schema.Parse(data, maxTestBytes)
		runtime.ReadMemStats(&after)
		assert.Error(t, err, name)
		assert.Less(t, after.Mallocs-before.Mallocs, uint64(1000), name)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*size), name)
	}
	_, err := schema.Parse(make([]byte, size), size-1)
	assert.ErrorContains(t, err, "oversized")
}

// Many elements that the schema allows any number of are bounded too.
func TestElementsAreBounded(t *testing.T) {
	text := strings.Replace(string(credit(1)), "</CdtTrfTxInf>", "<RmtInf>"+strings.Repeat("<Strd/>", 1_000_001)+"</RmtInf></CdtTrfTxInf>", 1)
	_, err := schema.Parse([]byte(text), maxTestBytes)
	assert.ErrorContains(t, err, "too many elements")
	assert.ErrorContains(t, drain(schema.NewReader(strings.NewReader(text), maxTestBytes)), "oversized")
}

// Documents that XML Schema allows and we do not, each for a reason that Parse states.
func TestWhatIsRefusedBeyondTheSchema(t *testing.T) {
	texts := map[string]string{
		"plus sign":         amount("+1.00"),
		"no whole part":     amount(".50"),
		"no decimals":       amount("1."),
		"minus nothing":     amount("-0"),
		"direction mark":    strings.Replace(amount("1"), "Maria", "\u202eMaria", 1),
		"control":           strings.Replace(amount("1"), "Maria", "\u0085Maria", 1),
		"name beyond ASCII": open("<Ä/>"),
		"year 12026":        strings.Replace(amount("1"), "2026-", "12026-", 1),
		"xsi:type": strings.Replace(amount("1"), "<ChrgBr>",
			`<ChrgBr xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:m="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08" i:type="m:ChargeBearerType1Code">`, 1),
		"instruction": amount("1") + "<?a?>",
		"DOCTYPE":     strings.Replace(amount("1"), "<Document", "<!DOCTYPE Document><Document", 1),
	}
	var documents [][]byte
	for name, text := range texts {
		_, err := schema.Parse([]byte(text), maxTestBytes)
		assert.Error(t, err, name)
		documents = append(documents, []byte(text))
	}
	for i, ok := range judge(t, map[string][][]byte{"pacs.008.001.08": documents})["pacs.008.001.08"] {
		assert.True(t, ok, "%s\n%s", documents[i], explain(t, "pacs.008.001.08", documents[i]))
	}
}
