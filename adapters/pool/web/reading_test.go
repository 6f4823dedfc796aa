package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web"
)

// drafts are what a device is handed out, and why it refuses it: "" where it reads it. m1's device asks, of chama-umoja.
func drafts() map[string]struct {
	web.Draft
	refused string
} {
	type one = struct {
		web.Draft
		refused string
	}
	act := func(change string) []byte { return fmt.Appendf(nil, `{%s}`, change) }
	whole := func(body string) []byte {
		return act(`"body":` + body + `,"by":"m1","expires":"2099-01-01T00:00:00Z","id":"12345678","kind":"vote","pool":"chama-umoja","version":"2"`)
	}
	document := []byte(`{"a":{"minor":"-5","unit":"KES"},"b":["x","y"],"max_cost_minor":"7","yes":true}`)
	closed := []byte("00112233445566778899aabbccddeeff\n\"maneno ya siri\"\n")
	named := func(bytes []byte) string {
		hash := sha256.Sum256(bytes)
		return `"` + hex.EncodeToString(hash[:]) + `"`
	}
	invite := func(code string, documents ...[]byte) web.Draft {
		return web.Draft{Documents: documents, Act: act(`"body":{"code":` + named([]byte(code)) + `},"by":"m1","expires":"2099-01-01T00:00:00Z","id":"12345678","kind":"invite","pool":"chama-umoja","version":"2"`)}
	}
	const code = "karibu-umoja-2026"
	return map[string]one{
		"a code":                   {invite(code, []byte(code)), ""},
		"a code kept back":         {invite(code), "unshown_document"},
		"another code":             {invite(code, []byte(code+"7")), "unshown_document"},
		"a short code":             {invite("karibu", []byte("karibu")), "not_canonical"},
		"a code behind a mark":     {invite("\xef\xbb\xbf"+code, []byte("\xef\xbb\xbf"+code)), "not_canonical"},
		"a code and a line":        {invite(code+"\n", []byte(code+"\n")), "not_canonical"},
		"a document for a code":    {invite(string(document), document), "not_canonical"},
		"a code in a vote":         {web.Draft{Act: whole(`{"hash":` + named([]byte(code)) + `}`), Documents: [][]byte{[]byte(code)}}, "not_canonical"},
		"whole":                    {web.Draft{Act: whole(`{"choice":"for"}`)}, ""},
		"with what it names":       {web.Draft{Act: whole(`{"hash":` + named(document) + `,"text":` + named(closed) + `}`), Documents: [][]byte{document}, Closed: [][]byte{closed}}, ""},
		"naming through":           {web.Draft{Act: whole(`{"hash":` + named([]byte(`{"x":`+named(document)+`}`)) + `}`), Documents: [][]byte{document, []byte(`{"x":` + named(document) + `}`)}}, ""},
		"unnamed document":         {web.Draft{Act: whole(`{}`), Documents: [][]byte{document}}, "unnamed_document"},
		"another document":         {web.Draft{Act: whole(`{"hash":` + named(closed) + `}`), Documents: [][]byte{document}}, "unshown_document"},
		"another salt":             {web.Draft{Act: whole(`{"hash":` + named(append([]byte("A"), closed[1:]...)) + `}`), Closed: [][]byte{append([]byte("A"), closed[1:]...)}}, "not_canonical"},
		"a line too many":          {web.Draft{Act: whole(`{"hash":` + named(append(closed, '\n')) + `}`), Closed: [][]byte{append(closed, '\n')}}, "not_canonical"},
		"no line at the end":       {web.Draft{Act: whole(`{"hash":` + named(closed[:len(closed)-1]) + `}`), Closed: [][]byte{closed[:len(closed)-1]}}, "not_canonical"},
		"named by its number":      {web.Draft{Act: act(`"body":{},"by":"m1","expires":"2099-01-01T00:00:00Z","id":` + named(document) + `,"kind":"vote","pool":"chama-umoja","version":"2"`), Documents: [][]byte{document}}, "unshown_document"},
		"naming what is not there": {web.Draft{Act: whole(`{"hash":` + named(document) + `}`)}, "unshown_document"},
		"no salt":                  {web.Draft{Act: whole(`{"hash":` + named([]byte("x")) + `}`), Closed: [][]byte{[]byte("x")}}, "not_canonical"},
		"document is text":         {web.Draft{Act: whole(`{"hash":` + named([]byte("x")) + `}`), Documents: [][]byte{[]byte("x")}}, "not_canonical"},
		"another pool":             {web.Draft{Act: act(`"body":{},"by":"m1","expires":"2099-01-01T00:00:00Z","id":"12345678","kind":"vote","pool":"stokvel","version":"2"`)}, "wrong_pool"},
		"a space":                  {web.Draft{Act: whole(`{ }`)}, "not_canonical"},
		"a name twice":             {web.Draft{Act: whole(`{"choice":"for","choice":"against"}`)}, "not_canonical"},
		"names out of order":       {web.Draft{Act: whole(`{"b":"1","a":"2"}`)}, "not_canonical"},
		"a number":                 {web.Draft{Act: whole(`{"n":1}`)}, "not_canonical"},
		"null":                     {web.Draft{Act: whole(`{"n":null}`)}, "not_canonical"},
		"an escape":                {web.Draft{Act: whole(`{"n":"\u0041"}`)}, "not_canonical"},
		"a byte order mark":        {web.Draft{Act: append([]byte("\xef\xbb\xbf"), whole(`{}`)...)}, "not_canonical"},
		"not UTF-8":                {web.Draft{Act: whole("{\"n\":\"\xff\"}")}, "not_canonical"},
		"more behind":              {web.Draft{Act: append(whole(`{}`), '\n')}, "not_canonical"},
		"a list":                   {web.Draft{Act: []byte(`[]`)}, "not_an_act"},
		"nothing":                  {web.Draft{Act: []byte(``)}, "not_canonical"},
		"a name more":              {web.Draft{Act: act(`"body":{},"by":"m1","expires":"2099-01-01T00:00:00Z","id":"12345678","kind":"vote","more":"x","pool":"chama-umoja","version":"2"`)}, "not_an_act"},
		"a name less":              {web.Draft{Act: act(`"body":{},"by":"m1","id":"12345678","kind":"vote","pool":"chama-umoja","version":"2"`)}, "not_an_act"},
		"a name of a prototype":    {web.Draft{Act: whole(`{"__proto__":{"x":"1"},"constructor":"y"}`)}, ""},
	}
}

func TestTheServerReadsDraftsStrictly(t *testing.T) {
	for name, draft := range drafts() {
		_, err := web.Read(draft.Draft, "chama-umoja")
		if draft.refused == "" {
			require.NoError(t, err, name)
		} else {
			require.Error(t, err, name)
		}
	}
	reading, err := web.Read(drafts()["with what it names"].Draft, "chama-umoja")
	require.NoError(t, err)
	assert.Equal(t, "m1", reading.By)
	rows := reading.Named[0]
	assert.Equal(t, []string{"a", "b", "b", "max_cost", "yes"}, []string{rows[0].Name, rows[1].Name, rows[2].Name, rows[3].Name, rows[4].Name})
	assert.Equal(t, "-0.05 KES", rows[0].Money.String())
	assert.True(t, rows[3].Minor)
	assert.Equal(t, []web.Said{{Name: "text", Value: "maneno ya siri"}}, reading.Named[1])
}

func FuzzRead(f *testing.F) {
	for _, draft := range drafts() {
		f.Add(draft.Act, append(draft.Documents, nil)[0], append(draft.Closed, nil)[0])
	}
	f.Fuzz(func(t *testing.T, act, document, closed []byte) {
		draft := web.Draft{Act: act}
		if document != nil {
			draft.Documents = [][]byte{document}
		}
		if closed != nil {
			draft.Closed = [][]byte{closed}
		}
		reading, err := web.Read(draft, "chama-umoja")
		if err == nil {
			require.NotEmpty(t, reading.Act)
			require.Len(t, reading.Named, len(draft.Documents)+len(draft.Closed))
		}
	})
}
