package audit_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/audit"
)

func open(t require.TestingT, dir, key string) *audit.Export {
	x, err := audit.OpenExport(os.DirFS(dir), audit.Trust{Key: key})
	require.NoError(t, err)
	return x
}

func TestProofsBetweenAnySizes(t *testing.T) {
	log, other := newLog(t, 13, 1200), newLog(t, 14, 1200)
	forked := &sampleLog{signer: log.signer, roots: other.roots}
	dir := scratch(t)
	log.export(t, dir, 1200)
	x := open(t, dir, log.key)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 1200).Draw(t, "size")
		index := rapid.Int64Range(0, size-1).Draw(t, "index")
		earlier := rapid.Int64Range(1, size).Draw(t, "earlier")
		root, err := x.Root(size)
		require.NoError(t, err)
		require.Equal(t, log.roots[size], root)
		inclusion, err := x.ProveEntry(index, size)
		require.NoError(t, err)
		require.NoError(t, tlog.CheckRecord(inclusion, size, root, index, audit.Leaf(log.entries[index])))
		require.Error(t, tlog.CheckRecord(inclusion, size, root, index, audit.Leaf([]byte("another"))))
		consistency, err := x.ProveTree(earlier, size)
		require.NoError(t, err)
		require.NoError(t, tlog.CheckTree(consistency, size, root, earlier, log.roots[earlier]))

		c, err := x.Consistent(log.signed(t, int(earlier)))
		require.NoError(t, err)
		require.Equal(t, earlier, c.Size)
		var two *audit.RootError
		_, err = x.Consistent(forked.signed(t, int(earlier)))
		require.ErrorAs(t, err, &two)
	})
	c, err := x.Consistent(log.signed(t, 0))
	require.NoError(t, err)
	require.Zero(t, c.Size)
	_, err = x.Consistent(other.signed(t, 9))
	require.Error(t, err, "signed by another key")

	for _, wrong := range [][2]int64{{-1, 5}, {5, 5}, {0, 1201}, {3, 0}} {
		_, err := x.ProveEntry(wrong[0], wrong[1])
		require.Error(t, err, wrong)
	}
	for _, wrong := range [][2]int64{{0, 5}, {6, 5}, {1, 1201}, {-1, 4}} {
		_, err := x.ProveTree(wrong[0], wrong[1])
		require.Error(t, err, wrong)
	}
	_, err = x.Root(1201)
	require.Error(t, err)
}
