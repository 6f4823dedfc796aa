package decidetest

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// LogKeys are the keys of a pool's log, the same in every run.
func LogKeys(t require.TestingT, pool string) (secret, public string) {
	seed := sha256.Sum256([]byte("log of " + pool))
	secret, public, err := note.GenerateKey(bytes.NewReader(seed[:]), string(diary.Origin(pool)))
	require.NoError(t, err)
	return secret, public
}

// LogKey is the public one.
func LogKey(t require.TestingT, pool string) string {
	_, public := LogKeys(t, pool)
	return public
}

// Receipt proves the newest line of a kind in the village's log.
func (v *Village) Receipt(kind string) *diary.Receipt {
	var entries [][]diary.Line
	at, place := -1, -1
	for _, e := range v.Entries {
		if len(e.Lines) == 0 {
			continue
		}
		var lines []diary.Line
		for i, l := range e.Lines {
			line, err := diary.NewLine(string(l.Section), l.Kind, l.Body, slices.Compact(slices.Sorted(slices.Values(l.About)))...)
			require.NoError(v.T, err)
			if lines = append(lines, line); l.Kind == kind {
				at, place = len(entries), i
			}
		}
		entries = append(entries, lines)
	}
	require.GreaterOrEqual(v.T, at, 0, kind)
	return proven(v.T, v.Pool, entries, at, place)
}

// Proven proves a line of a log that has it alone.
func Proven(t require.TestingT, pool, section, kind string, body any) *diary.Receipt {
	line, err := diary.NewLine(section, kind, body)
	require.NoError(t, err)
	return proven(t, pool, [][]diary.Line{{line}}, 0, 0)
}

func proven(t require.TestingT, pool string, entries [][]diary.Line, at, place int) *diary.Receipt {
	secret, public := LogKeys(t, pool)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	key, err := audit.ParseKey(public)
	require.NoError(t, err)
	salts, err := diary.ReadSaltKey(strings.Repeat("A", 43))
	require.NoError(t, err)
	log, err := diary.NewLog(signer, key, salts)
	require.NoError(t, err)
	var entry, blob []byte
	for i, lines := range entries {
		draft, err := log.Draft(lines)
		require.NoError(t, err)
		require.NoError(t, log.Take(draft))
		if i == at {
			entry, blob = draft.Entry, draft.Lines[place].Blob
		}
	}
	receipt, err := log.Receipt(int64(at), place, entry, blob)
	require.NoError(t, err)
	return receipt
}

// Declares has the node hear a receipt, whatever becomes of it.
func (v *Village) Declares(receipt *diary.Receipt) decide.Entry {
	return v.Word(decide.WordDeclared, decide.Declared{Receipt: *receipt})
}
