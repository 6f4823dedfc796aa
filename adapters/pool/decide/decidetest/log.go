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

// newLog is an empty log of a pool.
func newLog(t require.TestingT, pool string) *diary.Log {
	secret, public := LogKeys(t, pool)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	key, err := audit.ParseKey(public)
	require.NoError(t, err)
	salts, err := diary.ReadSaltKey(strings.Repeat("A", 43))
	require.NoError(t, err)
	log, err := diary.NewLog(signer, key, salts)
	require.NoError(t, err)
	return log
}

// write puts an entry's lines into the village's log.
func (v *Village) write(entry decide.Entry) {
	var lines []diary.Line
	for _, l := range entry.Lines {
		line, err := diary.NewLine(string(l.Section), l.Kind, l.Body, slices.Compact(slices.Sorted(slices.Values(l.About)))...)
		require.NoError(v.T, err, l.Kind)
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return
	}
	draft, err := v.log.Draft(lines)
	require.NoError(v.T, err)
	require.NoError(v.T, v.log.Take(draft))
	v.drafts = append(v.drafts, draft)
}

// Receipt proves the newest line of a kind in the village's log.
func (v *Village) Receipt(kind string) *diary.Receipt {
	for _, draft := range slices.Backward(v.drafts) {
		for place, l := range slices.Backward(draft.Lines) {
			if l.Line.Kind == kind {
				return v.prove(draft, place)
			}
		}
	}
	require.Fail(v.T, "no line is "+kind)
	return nil
}

func (v *Village) prove(draft *diary.Draft, place int) *diary.Receipt {
	receipt, err := v.log.Receipt(draft.Index, place, draft.Entry, draft.Lines[place].Blob)
	require.NoError(v.T, err)
	return receipt
}

// Telling is a line that other pools are to hear.
type Telling struct {
	To      []string
	Receipt *diary.Receipt
}

// Tellings are the lines that other pools are to hear, once each.
func (v *Village) Tellings() (all []Telling) {
	for _, draft := range v.drafts[v.told:] {
		for place, l := range draft.Lines {
			if slices.Contains([]string{decide.LineCall, decide.LineReady, decide.LineSettle, decide.LineMoved}, l.Line.Kind) {
				all = append(all, Telling{To: decide.Addressees(l.Line.Body), Receipt: v.prove(draft, place)})
			}
		}
	}
	v.told = len(v.drafts)
	return all
}

// Proven proves a line of a log that has it alone.
func Proven(t require.TestingT, pool, section, kind string, body any) *diary.Receipt {
	line, err := diary.NewLine(section, kind, body)
	require.NoError(t, err)
	v := &Village{T: t, log: newLog(t, pool)}
	draft, err := v.log.Draft([]diary.Line{line})
	require.NoError(t, err)
	require.NoError(t, v.log.Take(draft))
	return v.prove(draft, 0)
}

// Declares has the node hear a receipt, whatever becomes of it.
func (v *Village) Declares(receipt *diary.Receipt) decide.Entry {
	return v.Word(decide.WordDeclared, decide.Declared{Receipt: *receipt})
}
