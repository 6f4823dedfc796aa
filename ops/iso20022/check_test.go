package iso20022_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/iso20022"
)

const good = `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:admi.002.001.01"><admi.002.001.01><RltdRef><Ref>R1</Ref></RltdRef>` +
	`<Rsn><RjctgPtyRsn>FF01</RjctgPtyRsn><RjctnDtTm>2026-03-02T04:05:06Z</RjctnDtTm></Rsn></admi.002.001.01></Document>`

// files writes texts to a folder, and returns their places.
func files(t *testing.T, texts ...string) []string {
	t.Helper()
	folder := t.TempDir()
	var places []string
	for i, text := range texts {
		places = append(places, filepath.Join(folder, string(rune('a'+i))))
		require.NoError(t, os.WriteFile(places[i], []byte(text), 0o600))
	}
	return append(places, filepath.Join(folder, "absent"))
}

func TestEveryFileHasItsVerdict(t *testing.T) {
	places := files(t, good, strings.Replace(good, "03-02T", "02-30T", 1), "no XML")
	for name, run := range map[string]func() (string, error){
		"check":     func() (string, error) { return output(iso20022.Check, places, false) },
		"roundtrip": func() (string, error) { return output(iso20022.RoundTrip, places, false) },
	} {
		text, err := run()
		require.ErrorIs(t, err, iso20022.ErrRefused, name)
		lines := strings.Split(strings.TrimSpace(text), "\n")
		require.Len(t, lines, 4, name)
		assert.Equal(t, places[0]+": accepted admi.002.001.01", lines[0])
		assert.Equal(t, places[1]+`: refused admi.002.001.01 DT01 code at Document/admi.002.001.01/Rsn/RjctnDtTm: "2026-02-30T04:05:06Z" is no dateTime`, lines[1])
		assert.Equal(t, places[2]+": refused FF01 syntax: text between elements", lines[2])
		assert.Contains(t, lines[3], places[3]+": refused unreadable: ")
	}
}

func TestVerdictsAsJSON(t *testing.T) {
	places := files(t, good, strings.Replace(good, "03-02T", "02-30T", 1))[:2]
	text, err := output(iso20022.Check, places, true)
	require.ErrorIs(t, err, iso20022.ErrRefused)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	require.Len(t, lines, 2)
	assert.JSONEq(t, `{"file":"`+places[0]+`","message":"admi.002","version":"001.01","accepted":true}`, lines[0])
	assert.JSONEq(t, `{"file":"`+places[1]+`","message":"admi.002","version":"001.01","accepted":false,"reason":"DT01","fault":"code",`+
		`"path":"Document/admi.002.001.01/Rsn/RjctnDtTm","detail":"\"2026-02-30T04:05:06Z\" is no dateTime"}`, lines[1])
}

func TestAllAccepted(t *testing.T) {
	_, err := output(iso20022.Check, files(t, good, good)[:2], false)
	require.NoError(t, err)
	_, err = output(iso20022.RoundTrip, files(t, good)[:1], false)
	require.NoError(t, err)
}

// The two agree on every collected document.
func TestBothAgreeOnTheSamples(t *testing.T) {
	samples, err := filepath.Glob("../../../shared/samples/iso20022/*")
	require.NoError(t, err)
	if len(samples) == 0 {
		t.Skip("NOT CHECKED: the samples of ISO 20022 documents are not beside the checkout")
	}
	checked, _ := output(iso20022.Check, samples, false)
	returned, _ := output(iso20022.RoundTrip, samples, false)
	assert.Equal(t, checked, returned)
	assert.Equal(t, len(samples), strings.Count(checked, "\n"))
}

func output(run func(out io.Writer, files []string, asJSON bool) error, places []string, asJSON bool) (string, error) {
	var out bytes.Buffer
	err := run(&out, places, asJSON)
	return out.String(), err
}
