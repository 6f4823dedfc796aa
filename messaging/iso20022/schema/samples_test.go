package schema_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

const (
	samplesFolder = "../../../../shared/samples/iso20022"
	xsdFolder     = "../../../../shared/xsd"
	maxTestBytes  = 16 << 20
	isoNamespace  = "urn:iso:std:iso:20022:tech:xsd:"
)

// samples are the collected documents beside the checkout, by file name.
func samples(tb testing.TB) map[string][]byte {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(samplesFolder, "*"))
	require.NoError(tb, err)
	if len(files) == 0 {
		tb.Skipf("NOT CHECKED: the samples of ISO 20022 documents are not at %s", samplesFolder)
	}
	all := map[string][]byte{}
	for _, file := range files {
		all[filepath.Base(file)], err = os.ReadFile(file)
		require.NoError(tb, err)
	}
	return all
}

// fragment is a header or document cut out of a file.
type fragment struct {
	message string // of its namespace, "" where it is not of ISO 20022
	text    []byte
}

// fragments cuts headers and documents out of a file, with the namespaces declared around them.
func fragments(data []byte) ([]fragment, error) {
	var found []fragment
	decoder := xml.NewDecoder(bytes.NewReader(data))
	declared := map[string]string{}
	var inside string
	depth, begin := 0, int64(0)
	for {
		before := decoder.InputOffset()
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth > 0 {
				depth++
				continue
			}
			if t.Name.Local == "Document" || t.Name.Local == "AppHdr" {
				depth, begin = 1, before
				inside, _ = strings.CutPrefix(t.Name.Space, isoNamespace)
				if inside == t.Name.Space {
					inside = ""
				}
				for _, a := range t.Attr { // its own come first
					delete(declared, name(a))
				}
				continue
			}
			for _, a := range t.Attr {
				if name(a) != "" {
					declared[name(a)] = a.Value
				}
			}
		case xml.EndElement:
			if depth > 0 {
				if depth--; depth == 0 {
					found = append(found, fragment{inside, declare(data[begin:decoder.InputOffset()], declared)})
				}
			}
		}
	}
}

// name is the prefixed name of a namespace declaration, "" for another attribute.
func name(a xml.Attr) string {
	switch {
	case a.Name.Space == "xmlns":
		return "xmlns:" + a.Name.Local
	case a.Name.Space == "" && a.Name.Local == "xmlns":
		return "xmlns"
	}
	return ""
}

func declare(element []byte, declared map[string]string) []byte {
	end := bytes.IndexAny(element, " \t\r\n>/")
	text := slices.Clone(element[:end])
	for name, uri := range declared {
		text = append(text, ` `+name+`="`+uri+`"`...)
	}
	return append(text, element[end:]...)
}

// Our verdict on every collected document is xmllint's on its header and document. Of documents of versions whose
// schema is not published here, there is nothing to compare: they are refused.
func TestSamplesAreJudgedAsXmllintDoes(t *testing.T) {
	known := append(schema.Messages(), schema.Headers()...)
	all := samples(t)
	documents := map[string][][]byte{}
	places := map[string][]string{} // by message: the files
	wanted := map[string]bool{}
	for file, data := range all {
		found, err := fragments(data)
		wanted[file] = err == nil && len(found) > 0 && found[len(found)-1].message != "" &&
			!slices.ContainsFunc(found, func(f fragment) bool { return !slices.Contains(known, f.message) })
		for _, f := range found {
			if slices.Contains(known, f.message) {
				documents[f.message] = append(documents[f.message], f.text)
				places[f.message] = append(places[f.message], file)
			}
		}
	}
	for message, verdicts := range judge(t, documents) {
		for i, ok := range verdicts {
			if !ok {
				wanted[places[message][i]] = false
			}
		}
	}
	accepted := 0
	for file, data := range all {
		_, err := schema.Parse(data, maxTestBytes)
		assert.Equal(t, wanted[file], err == nil, "%s: %v", file, err)
		if err == nil {
			accepted++
		}
	}
	t.Logf("%d files, %d accepted", len(all), accepted)
}

// What is written is what was read, and the published schemas allow it.
func TestSamplesComeBackEqual(t *testing.T) {
	documents := map[string][][]byte{}
	for file, data := range samples(t) {
		d, err := schema.Parse(data, maxTestBytes)
		if err != nil {
			continue // TestSamplesAreJudgedAsXmllintDoes says whether that is right
		}
		out, err := d.Marshal()
		if !assert.NoError(t, err, file) {
			continue
		}
		again, err := schema.Parse(out, maxTestBytes)
		if assert.NoError(t, err, file) {
			assert.Equal(t, d, again, file)
		}
		found, err := fragments(out)
		require.NoError(t, err)
		for _, f := range found {
			documents[f.message] = append(documents[f.message], f.text)
		}
	}
	for message, verdicts := range judge(t, documents) {
		for i, ok := range verdicts {
			assert.True(t, ok, "%s: %s", message, documents[message][i])
		}
	}
}
