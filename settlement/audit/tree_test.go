package audit_test

import (
	"bytes"
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// The edge-only tree agrees with the reference implementation that keeps every hash.
func TestTreeAgreesWithReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, 70).Draw(t, "entries")
		var tree audit.Tree
		var stored []tlog.Hash
		reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			hashes := make([]tlog.Hash, len(indexes))
			for i, index := range indexes {
				hashes[i] = stored[index]
			}
			return hashes, nil
		})
		for i, entry := range entries {
			more, err := tlog.StoredHashes(int64(i), entry, reader)
			require.NoError(t, err)
			stored = append(stored, more...)
			tree.Append(audit.Leaf(entry))
		}
		want, err := tlog.TreeHash(int64(len(entries)), reader)
		require.NoError(t, err)
		require.Equal(t, want, tree.Root())
		require.EqualValues(t, len(entries), tree.Size())

		resumed, err := audit.Resume(tree.Size(), tree.Edge())
		require.NoError(t, err)
		for _, next := range []string{"", "a", "b"} {
			require.Equal(t, tree.Root(), resumed.Root())
			tree.Append(audit.Leaf([]byte(next)))
			resumed.Append(audit.Leaf([]byte(next)))
		}
		require.Equal(t, tree.Root(), resumed.Root())
		_, err = audit.Resume(tree.Size()+1, append(tree.Edge(), tlog.Hash{}, tlog.Hash{}, tlog.Hash{}, tlog.Hash{}))
		require.Error(t, err, "an edge has as many hashes as its size has subtrees")
	})
}

func TestCheckpointOpensOnlyWithItsKeyAndBytes(t *testing.T) {
	secret, public, err := note.GenerateKey(rand.Reader, "ayni.example/log")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	verifier, err := note.NewVerifier(public)
	require.NoError(t, err)

	var tree audit.Tree
	tree.Append(audit.Leaf([]byte("one")))
	written := audit.Checkpoint{Origin: "ayni.example/log", Size: 1, Root: tree.Root()}
	signed, err := written.Sign(signer)
	require.NoError(t, err)
	read, err := audit.OpenCheckpoint(signed, verifier)
	require.NoError(t, err)
	require.Equal(t, written, read)

	for i := range len(signed) {
		flipped := []byte(signed)
		flipped[i] ^= 1
		_, err := audit.OpenCheckpoint(string(flipped), verifier)
		require.Error(t, err, "byte %d flipped", i)
	}
}

func TestCanonicalSortsAndStringifies(t *testing.T) {
	text, err := audit.Canonical(struct {
		B int64  `json:"b"`
		A string `json:"a"`
	}{B: 9007199254740993, A: "x"})
	require.NoError(t, err)
	require.True(t, bytes.Equal([]byte(`{"a":"x","b":"9007199254740993"}`), text), "%s", text)
}
