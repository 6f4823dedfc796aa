package diary

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement/audit"
)

const fuzzLine = `{"about":["m1"],"kind":"paid","minor":"5","section":"payouts"}`

// What is read is written again to the byte.
func FuzzLine(f *testing.F) {
	for _, text := range []string{
		fuzzLine, `{"about":[],"kind":"k","section":"s"}`, `{"about":null,"kind":"k","section":"s"}`, `{"":"","about":[],"kind":"k","section":"s"}`,
		`{"about":["m1","m1"],"kind":"k","section":"s"}`, `{"about":[],"kind":"k","section":"s","x":{"y":[null,true,"é"]}}`, `{`, ``, `[]`, `{"about":[],"kind":"k","n":1e3,"section":"s"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		line, err := ParseLine(text)
		if err != nil {
			return
		}
		again, err := line.Text()
		require.NoError(t, err)
		require.Equal(t, text, again)
		require.NotContains(t, line.Section+line.Kind+strings.Join(line.About, ""), " ")
	})
}

func FuzzBlob(f *testing.F) {
	f.Add(Blob(Salt{1, 2}, []byte(fuzzLine)))
	f.Add([]byte(strings.Repeat("0", 32) + "\n\n"))
	f.Add([]byte(strings.Repeat("A", 32) + "\n" + fuzzLine + "\n"))
	f.Fuzz(func(t *testing.T, blob []byte) {
		salt, line, err := ParseBlob(blob)
		if err != nil {
			return
		}
		text, err := line.Text()
		require.NoError(t, err)
		require.Equal(t, blob, Blob(salt, text))
	})
}

func FuzzEntry(f *testing.F) {
	entry, err := Entry([]Commitment{{1}, {2}})
	require.NoError(f, err)
	f.Add(entry)
	f.Add(bytes.Replace(entry, []byte("01"), []byte("0A"), 1))
	f.Add([]byte(`{"kind":"pool","lines":[],"rules":"ayni-pool-1"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		commitments, err := ParseEntry(text)
		if err != nil {
			return
		}
		again, err := Entry(commitments)
		require.NoError(t, err)
		require.Equal(t, text, again)
	})
}

// Nothing is proved by a receipt but what the log signed.
func FuzzReceipt(f *testing.F) {
	signer, key := fuzzKeys(f)
	log, err := NewLog(signer, key, SaltKey{})
	require.NoError(f, err)
	var last *Draft
	for range 3 {
		line, err := NewLine("payouts", "paid", map[string]int64{"minor": log.Size()}, "m1")
		require.NoError(f, err)
		last, err = log.Draft([]Line{line})
		require.NoError(f, err)
		require.NoError(f, log.Take(last))
	}
	r, err := log.Receipt(2, 0, last.Entry, last.Lines[0].Blob)
	require.NoError(f, err)
	text, err := r.Text()
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{}` + "\n"))
	f.Fuzz(func(t *testing.T, other []byte) {
		read, err := ReadReceipt(other)
		if err != nil {
			return
		}
		if _, _, err := read.Check(key); err == nil {
			require.Equal(t, text, other)
		}
	})
}

// A commitment is read only in the form in which it is written.
func FuzzCommitment(f *testing.F) {
	f.Add(Commitment{1}.String())
	f.Add(strings.Repeat("AB", 32))
	f.Fuzz(func(t *testing.T, text string) {
		if c, ok := ParseCommitment(text); ok {
			require.Equal(t, text, c.String())
		}
	})
}

func fuzzKeys(f *testing.F) (note.Signer, note.Verifier) {
	f.Helper()
	secret, public, err := GenerateKey("chama-nairobi")
	require.NoError(f, err)
	signer, err := note.NewSigner(secret)
	require.NoError(f, err)
	key, err := audit.ParseKey(public)
	require.NoError(f, err)
	return signer, key
}
