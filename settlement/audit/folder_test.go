package audit_test

import (
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// sizes at which tiles fill up, and any other.
func anySize() *rapid.Generator[int] {
	return rapid.OneOf(rapid.IntRange(0, 700), rapid.SampledFrom([]int{0, 1, 255, 256, 257, 511, 512, 513}))
}

// However an export is cut into pieces, the same entries and checkpoint make the same tiles, and an auditor finds
// nothing.
func TestExportIsTheSameInPieces(t *testing.T) {
	fresh := t.TempDir
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(anySize(), 1, 4).Draw(t, "sizes")
		slices.Sort(sizes)
		last := sizes[len(sizes)-1]
		log := newLog(t, rapid.Int64().Draw(t, "seed"), last)
		base := fresh()

		pieces, once := filepath.Join(base, "pieces"), filepath.Join(base, "once")
		for _, size := range sizes {
			log.export(t, pieces, size)
		}
		log.export(t, once, last)
		findings := verify(t, os.DirFS(pieces), log.key)
		require.Empty(t, findings)
		findings = verify(t, os.DirFS(once), "")
		require.Empty(t, findings)

		want, got := files(t, once), files(t, pieces)
		for name, body := range want {
			require.Equal(t, body, got[name], name)
			delete(got, name)
		}
		for name := range got {
			require.Regexp(t, "^checkpoints/", name)
		}
		require.Len(t, got, len(slices.Compact(slices.Clone(sizes)))-1)
	})
}

func TestFolderRefusesWhatIsNotOfItsLog(t *testing.T) {
	log, other := newLog(t, 1, 300), newLog(t, 2, 300)
	dir := scratch(t)
	f, err := audit.OpenFolder(dir, log.key)
	require.NoError(t, err)
	_, err = audit.OpenFolder(dir, log.key)
	require.ErrorIs(t, err, audit.ErrFolderInUse)

	log.append(t, f, 270)
	require.ErrorContains(t, f.Append(271, log.entries[271]), "entry 271")
	require.ErrorContains(t, f.Append(270, []byte(`{"b":1,"a":2}`)), "canonical")
	require.ErrorContains(t, f.Append(270, make([]byte, audit.MaxEntryBytes+1)), "bytes")
	require.Error(t, f.Commit(log.signed(t, 271)), "of another size")
	require.Error(t, f.Commit(other.signed(t, 270)), "of another key")
	forged := sampleLog{signer: log.signer, roots: other.roots}
	var root *audit.RootError
	require.ErrorAs(t, f.Commit(forged.signed(t, 270)), &root)
	require.EqualValues(t, 270, root.Checkpoint.Size)
	require.NoError(t, f.Commit(log.signed(t, 270)))
	require.NoError(t, f.Close())

	_, err = audit.OpenFolder(dir, other.key)
	var finding *audit.Finding
	require.ErrorAs(t, err, &finding)
	require.Equal(t, audit.Differs, finding.Fault)
}

// An export that dies has written some files of its new checkpoint, but never that before the rest, and removed some
// of the old edge, but never before that: the next export leaves what one that never died leaves.
func TestNextExportMendsOneThatDied(t *testing.T) {
	log := newLog(t, 3, 600)
	whole := scratch(t)
	log.export(t, whole, 250, 600)
	want, fresh := files(t, whole), t.TempDir
	rapid.Check(t, func(t *rapid.T) {
		base := fresh()
		dir, other := filepath.Join(base, "died"), filepath.Join(base, "other")
		log.export(t, dir, 250)
		old := files(t, dir)
		log.export(t, other, 250, rapid.IntRange(251, 600).Draw(t, "size"))
		committed := rapid.Bool().Draw(t, "committed")
		random := rand.New(rand.NewSource(rapid.Int64().Draw(t, "files")))
		for name, body := range files(t, other) {
			if body != old[name] && (committed || name != "checkpoint" && random.Intn(2) > 0) {
				put(t, dir, name, body)
			}
		}
		put(t, dir, ".new-7", "half a ti")
		x, err := audit.OpenExport(os.DirFS(dir), audit.Trust{Key: log.key})
		require.NoError(t, err, "the log is there meanwhile")
		for _, err := range x.Entries(t.Context(), 0) {
			require.NoError(t, err)
		}
		log.export(t, dir, 600)
		findings := verify(t, os.DirFS(dir), log.key)
		require.Empty(t, findings)
		got := files(t, dir)
		for name := range got {
			if name != "checkpoints/250" && strings.HasPrefix(name, "checkpoints/") {
				delete(got, name) // those of the export that died are of this log too
			}
		}
		require.Equal(t, want, got)
	})
}

func TestFolderRebuildsTilesFromEntries(t *testing.T) {
	log := newLog(t, 4, 700)
	dir := scratch(t)
	log.export(t, dir, 600)
	want := files(t, dir)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "tile", "0")))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "tile", "1")))
	log.export(t, dir, 600)
	require.Equal(t, want, files(t, dir))

	bundle := filepath.Join(dir, "tile", "entries", "001")
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "tile", "0")))
	require.NoError(t, os.Remove(bundle))
	_, err := audit.OpenFolder(dir, log.key)
	var finding *audit.Finding
	require.ErrorAs(t, err, &finding)
}
