package verify_test

import (
	"context"
	"iter"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/verify"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
)

var kes = decidetest.KES

// log is a pool's log in memory.
type log struct {
	*diary.Log

	public string
	all    []diary.Logged
}

func (l *log) Newest(context.Context) (int64, string, error) { return l.Size(), l.Checkpoint(), nil }

func (l *log) Entries(_ context.Context, size int64) iter.Seq2[diary.Logged, error] {
	return func(yield func(diary.Logged, error) bool) {
		for _, e := range l.all[:size] {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// write writes entries under a fresh key, after edit has had its way with each.
func write(t *testing.T, entries []decide.Entry, edit func(index int, lines []diary.Line) []diary.Line) *log {
	t.Helper()
	secret, public, err := diary.GenerateKey("chama-nairobi")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	key, err := audit.ParseKey(public)
	require.NoError(t, err)
	l := &log{public: public}
	l.Log, err = diary.NewLog(signer, key, diary.GenerateSaltKey())
	require.NoError(t, err)
	for i, e := range entries {
		var lines []diary.Line
		for _, line := range e.Lines {
			made, err := verify.Line(line)
			require.NoError(t, err)
			lines = append(lines, made)
		}
		if edit != nil {
			lines = edit(i, lines)
		}
		draft, err := l.Draft(lines)
		require.NoError(t, err)
		logged := diary.Logged{Index: draft.Index, Entry: draft.Entry}
		for _, line := range draft.Lines {
			logged.Blobs = append(logged.Blobs, line.Blob)
		}
		require.NoError(t, l.Take(draft))
		l.all = append(l.all, logged)
	}
	return l
}

// day is a payout from dues to paid.
func day(t *testing.T) []decide.Entry {
	t.Helper()
	v := decidetest.Found(t, decidetest.Rules(), 3)
	v.PaysIn("m1", decide.Amount{Minor: 5_000_00, Unit: kes})
	v.PaysIn("m2", decide.Amount{Minor: 1_000_00, Unit: kes})
	p := v.Propose("m1", charter.Payout, decide.Payout{
		Fund: "main", To: "gcash-ph", Beneficiary: decidetest.Closed("Maria"), Amount: decide.Amount{Minor: 3_000_00, Unit: kes},
		Fixed: fx.FixedSource, MaxCost: decide.Amount{Minor: 3_000_00, Unit: kes},
	})
	v.Approve(p, "m1", "m3")
	v.Say("m2", "vote", v.Ballot(p, decide.For)) // too late: refused, and in the log
	v.Word("priced", decide.Priced{Proposal: p, Order: "r1", CostMinor: 3_000_00})
	v.Word("paid", decide.Ended{Proposal: p})
	return v.Entries
}

func read(t *testing.T, dir, key string) *verify.Report {
	t.Helper()
	r, err := verify.Verify(t.Context(), os.DirFS(dir), diary.Trust{Key: key}, nil)
	require.NoError(t, err)
	return r
}

func TestAWholeLogIsDecidedAgain(t *testing.T) {
	l := write(t, day(t), nil)
	dir := t.TempDir()
	require.NoError(t, diary.WriteExport(t.Context(), dir, l.public, l))
	r := read(t, dir, l.public)
	require.True(t, r.OK(), r)
	assert.Equal(t, r.Entries, r.Decided)
	assert.Equal(t, "chama-nairobi", r.Pool)
	assert.EqualValues(t, 7, r.Acts)
	assert.EqualValues(t, 4, r.Postings)
}

func TestAViewVerifiesAndHidesTheRest(t *testing.T) {
	l := write(t, day(t), nil)
	for name, view := range map[string]diary.View{"m2": {Audience: "members", Member: "m2"}, "public": {Audience: "public"}} {
		dir := t.TempDir()
		shows := view.Shows(func(section, audience string) bool {
			return decidetest.Rules().Shown(charter.Section(section), charter.Audience(audience))
		})
		require.NoError(t, diary.WriteView(t.Context(), dir, l.public, l, shows))
		r := read(t, dir, l.public)
		require.True(t, r.OK(), "%s: %s", name, r)
		assert.Positive(t, r.Hidden, name)
		assert.Positive(t, r.Shown, name)
	}
}

// Whoever has the log's key can sign any log, but not one that follows from what members signed.
func TestALogThatFollowsFromNothing(t *testing.T) {
	entries := day(t)
	forge := map[string]func(i int, lines []diary.Line) []diary.Line{
		"an amount": func(_ int, lines []diary.Line) []diary.Line {
			for n, line := range lines {
				var p struct {
					From    string      `json:"from"`
					To      string      `json:"to"`
					Unit    fx.Currency `json:"unit"`
					Amount  int64       `json:"amount_minor"`
					Purpose string      `json:"purpose,omitzero"`
				}
				if line.Kind == "posting" && line.Read(&p) == nil {
					p.Amount++
					made, err := diary.NewLine(line.Section, line.Kind, p, line.About...)
					require.NoError(t, err)
					lines[n] = made
				}
			}
			return lines
		},
		"a line more":  func(_ int, lines []diary.Line) []diary.Line { return append(lines, lines[0]) },
		"a line less":  func(i int, lines []diary.Line) []diary.Line { return lines[:max(1, len(lines)-i%2)] },
		"a visibility": func(_ int, lines []diary.Line) []diary.Line { lines[0].Section = "balance"; return lines },
	}
	for name, edit := range forge {
		l := write(t, entries, edit)
		dir := t.TempDir()
		require.NoError(t, diary.WriteExport(t.Context(), dir, l.public, l))
		r := read(t, dir, l.public)
		require.False(t, r.OK(), name)
	}
	dropped := write(t, append(entries[:2:2], entries[3:]...), nil)
	dir := t.TempDir()
	require.NoError(t, diary.WriteExport(t.Context(), dir, dropped.public, dropped))
	assert.False(t, read(t, dir, dropped.public).OK(), "an act left out")
}
