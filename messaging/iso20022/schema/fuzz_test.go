package schema_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

const maxFuzzBytes = 1 << 16

// check holds for any bytes: no panic, typed errors, and of what is accepted: the standard library reads the same in
// it, it comes back equal, and read in pieces it is the same.
func check(t require.TestingT, data []byte) {
	d, err := schema.Parse(data, maxFuzzBytes)
	inPieces := drain(schema.NewReader(bytes.NewReader(data), maxFuzzBytes))
	if err != nil {
		var e *schema.Error
		require.ErrorAs(t, err, &e)
		require.NotEmpty(t, e.Reason)
		require.Less(t, len(err.Error()), 1000)
		require.Equal(t, err, inPieces)
		return
	}
	require.NoError(t, inPieces)
	require.Equal(t, standard(t, data), plain(d))
	out, err := d.Marshal()
	require.NoError(t, err)
	again, err := schema.Parse(out, 16*maxFuzzBytes)
	require.NoError(t, err, "%s", out)
	require.Equal(t, d.Body, again.Body)
	require.Equal(t, d.Header, again.Header)
	twice, err := again.Marshal()
	require.NoError(t, err)
	require.Equal(t, string(out), string(twice))
}

// plain writes a document's names, attributes and values one a line; open elements without what they hold.
func plain(d *schema.Document) string {
	var b strings.Builder
	var write func(e *schema.Element)
	write = func(e *schema.Element) {
		b.WriteString("<" + e.Name)
		for _, a := range e.Attrs {
			b.WriteString(" " + a.Name + "=" + a.Value)
		}
		b.WriteString("\n")
		if len(e.Children) == 0 && e.Raw == "" {
			b.WriteString(strings.Trim(e.Text, " \t\r\n") + "\n")
		}
		for _, child := range e.Children {
			write(child)
		}
		b.WriteString(">\n")
	}
	if d.Header != nil {
		write(d.Header)
	}
	write(d.Body)
	return b.String()
}

// standard writes the same of what encoding/xml reads.
func standard(t require.TestingT, data []byte) string {
	var b strings.Builder
	var text []byte
	decoder := xml.NewDecoder(bytes.NewReader(data))
	begun, inOpen, inside, leaf := false, 0, 0, false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			if inOpen > 0 {
				inOpen++
				leaf = false
				continue
			}
			local := token.Name.Local
			if inside == 0 && local != "AppHdr" && local != "Document" {
				continue // a wrapper
			}
			if inside++; local == "Document" && inside == 1 {
				begun = true
				continue
			}
			b.WriteString("<" + local)
			for _, a := range token.Attr {
				if a.Name.Space == "" && a.Name.Local != "xmlns" {
					b.WriteString(" " + a.Name.Local + "=" + strings.Trim(a.Value, " \t\r\n"))
				}
			}
			b.WriteString("\n")
			text, leaf = text[:0], true
			if local == "Envlp" || local == "Sgntr" {
				inOpen = 1
			}
		case xml.EndElement:
			if inOpen > 1 {
				inOpen--
				continue
			}
			inOpen = 0
			if inside == 0 {
				continue
			}
			if inside--; inside == 0 && begun {
				continue
			}
			if leaf {
				b.WriteString(strings.Trim(string(text), " \t\r\n") + "\n")
			}
			b.WriteString(">\n")
			leaf = false
		case xml.CharData:
			text = append(text, token...)
		}
	}
}

func corpus(tb testing.TB) [][]byte {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.xml")
	require.NoError(tb, err)
	require.NotEmpty(tb, files)
	var all [][]byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(tb, err)
		all = append(all, data)
	}
	for _, c := range hostile {
		if len(c.text) <= maxFuzzBytes {
			all = append(all, []byte(c.text))
		}
	}
	return all
}

func FuzzParse(f *testing.F) {
	for _, data := range corpus(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) <= maxFuzzBytes {
			check(t, data)
		}
	})
}

// The same, a fixed number of times: pieces of the corpus cut, doubled, and put together.
func TestAnyBytes(t *testing.T) {
	all := corpus(t)
	for _, data := range all {
		check(t, data)
	}
	hostileBits := append([]string{"\x00", "\xff", "\u202e", "<?", "&#0;"}, bits...)
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SampledFrom(all).Draw(t, "base")
		for range rapid.IntRange(1, 4).Draw(t, "times") {
			at := rapid.IntRange(0, len(data)).Draw(t, "at")
			rest := at + rapid.IntRange(0, min(40, len(data)-at)).Draw(t, "gone")
			bit := rapid.OneOf(rapid.SampledFrom(hostileBits), rapid.Map(rapid.IntRange(0, 40), func(n int) string {
				return string(data[max(0, at-n):at])
			})).Draw(t, "bit")
			data = []byte(string(data[:at]) + bit + string(data[rest:]))
		}
		check(t, data)
	})
}

func TestTheCorpusIsAccepted(t *testing.T) {
	files, err := filepath.Glob("testdata/*.xml")
	require.NoError(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		_, err = schema.Parse(data, maxFuzzBytes)
		assert.NoError(t, err, file)
	}
}
