package witness

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// Our reading of a proof and the reference's agree, for trees that are not complete.
func TestProvedAgreesWithTheReference(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 130, "")
	roots := make([]tlog.Hash, 131)
	for size := range roots {
		roots[size], _ = rootAt(int64(size), h)
	}
	for newer := int64(2); newer <= 130; newer++ {
		for older := int64(1); older < newer; older++ {
			p := h.prove(t, older, newer)
			beginning, root, ok := proved(p, older, newer)
			if older&(older-1) == 0 {
				require.False(t, ok, "a complete tree's proof does not hold its root")
				continue
			}
			require.True(t, ok)
			require.Equal(t, roots[newer], root)
			require.Equal(t, roots[older], beginning)
			_, _, ok = proved(p[:len(p)-1], older, newer)
			require.False(t, ok, "too short: %d %d", older, newer)
			_, _, ok = proved(append(p, tlog.Hash{}), older, newer)
			require.False(t, ok, "too long: %d %d", older, newer)
		}
	}
}

// Any fork of any tree, at any place: two checkpoints beyond it are never taken for one history, and evidence holds.
func TestForksAreProved(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 80).Draw(t, "size")
		one := (&history{world: w}).grow(t, size, "one")
		at := rapid.Int64Range(0, size-1).Draw(t, "fork")
		other := one.fork(t, at).grow(t, rapid.Int64Range(size-at, size-at+80).Draw(t, "more"), "other")
		older := rapid.Int64Range(at+1, size).Draw(t, "older")
		newer := rapid.Int64Range(older, other.size).Draw(t, "newer")
		known, submitted := one.open(t, older), other.open(t, newer)

		err := judge(known, Request{Old: older, Proof: other.prove(t, older, newer), Checkpoint: submitted.Note}, submitted)
		require.Error(t, err)
		_, heard := OneHistory(w.logs(t), []Heard{{"a", submitted.Note}, {"b", known.Note}}, other)
		for _, err := range []error{err, heard} {
			if older != newer && older&(older-1) == 0 && err != heard { //nolint:errorlint // which of the two it is
				require.Equal(t, FaultProof, fault(t, err), "the proof does not hold the other root")
				continue
			}
			var fork *SplitViewError
			require.ErrorAs(t, err, &fork)
			text, err := fork.Evidence()
			require.NoError(t, err)
			read, err := ParseEvidence(text, w.logs(t))
			require.NoError(t, err)
			require.Equal(t, fork.Name(), read.Name())
			again, err := read.Evidence()
			require.NoError(t, err)
			require.Equal(t, text, again)
		}
	})
}

// No proof, right or wrong, makes evidence of two checkpoints of one history.
func TestNobodyIsAccusedWrongly(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		newer := rapid.Int64Range(1, 100).Draw(t, "newer")
		older := rapid.Int64Range(0, newer).Draw(t, "older")
		h := (&history{world: w}).grow(t, newer, "")
		p := append(tlog.TreeProof{}, h.prove(t, older, newer)...)
		switch rapid.IntRange(0, 4).Draw(t, "fault") {
		case 0:
			p = append(p, tlog.Hash{1})
		case 1:
			p = p[:rapid.IntRange(0, len(p)).Draw(t, "cut")]
		case 2:
			if len(p) > 0 {
				p[rapid.IntRange(0, len(p)-1).Draw(t, "hash")][7] ^= 1
			}
		case 3:
			p = h.prove(t, rapid.Int64Range(0, newer).Draw(t, "another"), newer)
		default:
		}
		known, submitted := nothing(), h.open(t, newer)
		if older > 0 {
			known = h.open(t, older)
		}
		err := judge(known, Request{Old: older, Proof: p}, submitted)
		if err != nil {
			require.Equal(t, FaultProof, fault(t, err))
		}
		wrong := (&history{world: w}).grow(t, newer, "another tree")
		for _, hashes := range []tlog.HashReader{h, wrong, liar{h, wrong}, liar{wrong, h}, nil} {
			_, err := OneHistory(w.logs(t), []Heard{{"a", known.note(h, t)}, {"b", submitted.Note}}, hashes)
			require.NoError(t, err)
		}
	})
}

// note is what was signed, or the empty tree's where nothing was.
func (s Signed) note(h *history, t require.TestingT) string {
	if s.Note != "" {
		return s.Note
	}
	return h.at(t, 0)
}

// liar gives hashes of one tree for the newest entry's side, and of another below.
type liar struct{ one, other tlog.HashReader }

func (l liar) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	if len(indexes)%2 == 0 {
		return l.one.ReadHashes(indexes)
	}
	return l.other.ReadHashes(indexes)
}

func TestHistoriesThatCannotBeProved(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 20, "")
	logs := h.logs(t)
	all := []Heard{{"seven", h.at(t, 7)}, {"twenty", h.at(t, 20)}, {"also twenty", h.at(t, 20)}, {"none", h.at(t, 0)}}

	found, err := OneHistory(logs, all, h)
	require.NoError(t, err)
	require.Empty(t, found.Unproved)
	require.Equal(t, int64(20), found.Newest.Size)

	found, err = OneHistory(logs, all, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"seven"}, found.Unproved)

	found, err = OneHistory(logs, all, h.fork(t, 10)) // tiles that are behind
	require.NoError(t, err)
	require.Equal(t, "seven", found.From)
	require.Equal(t, []string{"twenty", "also twenty"}, found.Unproved)

	_, err = OneHistory(logs, append(all, Heard{"nonsense", "nonsense\n"}), h)
	var heard *HeardError
	require.ErrorAs(t, err, &heard)
	require.Equal(t, "nonsense", heard.From)
	require.Equal(t, FaultUnknown, fault(t, err))

	found, err = OneHistory(logs, nil, h)
	require.NoError(t, err)
	require.Equal(t, History{}, found)
}

// Hashes that show the wanted root, but not in the tree, prove nothing.
func TestHashesAreNotTrusted(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 20, "")
	other := h.fork(t, 3).grow(t, 5, "other")
	forged := &history{world: h.world, hashes: append([]tlog.Hash{}, h.hashes...), size: 20}
	forged.hashes[tlog.StoredHashIndex(3, 0)] = other.open(t, 8).Root
	found, err := OneHistory(h.logs(t), []Heard{{"eight", other.at(t, 8)}, {"twenty", h.at(t, 20)}}, forged)
	require.NoError(t, err)
	require.Equal(t, []string{"eight"}, found.Unproved)
}

func TestEvidenceThatIsNone(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 9, "")
	other := h.fork(t, 3).grow(t, 6, "other")
	fork := diverge(h.open(t, 5), other.open(t, 9), other.prove(t, 5, 9))
	require.NotNil(t, fork)
	for name, change := range map[string]func(*SplitViewError){
		"the other way round":          func(f *SplitViewError) { f.Older, f.Newer = f.Newer, f.Older },
		"of one history":               func(f *SplitViewError) { f.Newer, f.Proof = h.open(t, 9), h.prove(t, 5, 9) },
		"that begins as the older one": func(f *SplitViewError) { f.Beginning = f.Older.Root },
		"with another beginning":       func(f *SplitViewError) { f.Beginning[0] ^= 1 },
		"with less proof":              func(f *SplitViewError) { f.Proof = f.Proof[1:] },
		"of the empty tree":            func(f *SplitViewError) { f.Older = h.open(t, 0) },
		"with a note of nobody":        func(f *SplitViewError) { f.Older.Note = "nobody\n" },
	} {
		changed := *fork
		changed.Proof = append(tlog.TreeProof{}, fork.Proof...)
		change(&changed)
		text, err := changed.Evidence()
		require.NoError(t, err)
		_, err = ParseEvidence(text, h.logs(t))
		require.Error(t, err, name)
	}
}

// What two logs say of a size is no contradiction, in evidence and in gossip.
func TestTwoLogsAreNoFork(t *testing.T) {
	one, other := (&history{world: newWorld(t)}).grow(t, 9, "one"), (&history{world: worldOf(t, "other.example/log")}).grow(t, 9, "other")
	logs, err := ParseLogs(one.vkey, other.vkey)
	require.NoError(t, err)
	text, err := (&SplitViewError{Older: one.open(t, 9), Newer: other.open(t, 9), Beginning: other.open(t, 9).Root}).Evidence()
	require.NoError(t, err)
	_, err = ParseEvidence(text, logs)
	require.Equal(t, FaultProof, fault(t, err))
	_, err = OneHistory(logs, []Heard{{"a", one.at(t, 9)}, {"b", other.at(t, 9)}}, nil)
	require.Equal(t, FaultUnknown, fault(t, err))

	w, err := Open(Config{Folder: t.TempDir(), Name: "w.example/1", Logs: []string{one.vkey, other.vkey}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	for _, h := range []*history{one, other} {
		_, err := w.Add(h.request(t, 0, 9))
		require.NoError(t, err)
	}
}

func FuzzEvidence(f *testing.F) {
	h := (&history{world: newWorld(f)}).grow(f, 9, "")
	other := h.fork(f, 3).grow(f, 6, "other")
	text, err := diverge(h.open(f, 5), other.open(f, 9), other.prove(f, 5, 9)).Evidence()
	require.NoError(f, err)
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		if fork, err := ParseEvidence(text, h.logs(t)); err == nil {
			require.NoError(t, fork.check())
		}
	})
}
