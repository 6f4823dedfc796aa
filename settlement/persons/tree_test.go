package persons

import (
	"bytes"
	"crypto/sha256"
	"math/bits"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// reference computes a node as the construction is written, from the root of a tree that nobody punctured.
func reference(root seed, path Path, to int) seed {
	for level := 1; level <= to; level++ {
		index := byte(path >> (64 - 4*level) & 15)
		root = sha256.Sum256(append(append(root[:], "ayni.person.node.v1"...), byte(level), index))
	}
	return root
}

func anySeed(t *rapid.T, label string) seed {
	return seed(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, label))
}

// anyPaths are paths of which many share long beginnings, so that punctures meet.
func anyPaths(t *rapid.T, label string) []Path {
	stems := rapid.SliceOfN(rapid.Uint64(), 1, 3).Draw(t, label+" stems")
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Path {
		stem := rapid.SampledFrom(stems).Draw(t, "stem")
		kept := rapid.IntRange(0, 64).Draw(t, "bits in common")
		low := ^uint64(0) >> kept
		if kept == 64 {
			low = 0
		}
		return Path(stem&^low | rapid.Uint64().Draw(t, "own bits")&low)
	}), 1, 12, rapid.ID[Path]).Draw(t, label)
}

// besides are the paths that leave the given one at each level, by every other child.
func besides(path Path) (paths []Path) {
	for level := range levels {
		for i := range Path(fan) {
			other := path&^(Path(fan-1)<<(60-4*level)) | i<<(60-4*level)
			if other != path {
				paths = append(paths, other)
			}
		}
	}
	return paths
}

// What stays after any punctures in any order: no leaf that was destroyed, nothing from which it follows, and every
// other leaf as it was.
func TestPuncturing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		root, pepper := anySeed(t, "root"), anySeed(t, "pepper")
		keys := newKeys(pepper, node{state: held, seed: root})
		erased := map[Path]bool{}
		for _, path := range anyPaths(t, "erased") {
			require.NoError(t, keys.Destroy(path))
			erased[path] = true
			require.NoError(t, keys.Destroy(path), "again is the same as once")
		}

		text := keys.Snapshot()
		for path := range erased {
			_, err := keys.at(path)
			require.ErrorAs(t, err, new(*ErasedError))
			for level := range levels + 1 {
				above := reference(root, path, level)
				require.False(t, bytes.Contains(text, above[:]), "level %d is kept", level)
				require.False(t, level == nearLevel && slices.Contains(keys.near.seeds, above), "it is remembered")
			}
		}
		for _, other := range besides(rapid.SampledFrom(keys.Destroyed()).Draw(t, "whose neighbours")) {
			checkLeaf(t, keys, root, other, erased[other])
		}
		for _, other := range anyPaths(t, "others") {
			checkLeaf(t, keys, root, other, erased[other])
		}
		checkCover(t, &keys.root, erased)
	})
}

func checkLeaf(t require.TestingT, keys *Keys, root seed, path Path, erased bool) {
	key, err := keys.at(path)
	if erased {
		require.ErrorAs(t, err, new(*ErasedError))
		return
	}
	require.NoError(t, err)
	require.Equal(t, reference(root, path, levels), key.secret)
}

// checkCover adds up the leaves below what is held: all 2^64 but the erased ones, none of them twice, and no seed
// above an erased one.
func checkCover(t require.TestingT, root *node, erased map[Path]bool) {
	high, low := uint64(0), uint64(0)
	root.each(func(n *node, level int, first Path) {
		if n.state == gone {
			require.True(t, erased[first])
			require.Equal(t, seed{}, n.seed)
			return
		}
		size := uint64(1) << (64 - 4*level) // 0 for the root, which is never held here
		for path := range erased {
			require.False(t, path >= first && uint64(path-first) < size)
		}
		var carry uint64
		low, carry = bits.Add64(low, size, 0)
		high += carry
	})
	low, carry := bits.Add64(low, uint64(len(erased)), 0)
	require.Equal(t, [2]uint64{1, 0}, [2]uint64{high + carry, low})
}

// A split node's own seed is overwritten: nothing of it stays in the tree.
func TestSplittingForgets(t *testing.T) {
	keys := Generate()
	require.NoError(t, keys.Destroy(1<<63|5))
	n := &keys.root
	for level := range levels {
		require.Equal(t, split, n.state)
		require.Equal(t, seed{}, n.seed)
		n = &n.children[Path(1<<63|5).step(level)]
	}
	require.Equal(t, node{state: gone}, *n)
}

// The order of destructions leaves no trace: the same persons, the same bytes. And what is read is what was written.
func TestSnapshotIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		root, pepper, paths := anySeed(t, "root"), anySeed(t, "pepper"), anyPaths(t, "erased")
		one := newKeys(pepper, node{state: held, seed: root})
		require.NoError(t, one.Destroy(paths...))
		other := newKeys(pepper, node{state: held, seed: root})
		for _, path := range rapid.Permutation(paths).Draw(t, "order") {
			require.NoError(t, other.Destroy(path))
		}
		text := one.Snapshot()
		require.Equal(t, text, other.Snapshot())

		again, err := ReadSnapshot(text)
		require.NoError(t, err)
		require.Equal(t, text, again.Snapshot())
		require.Equal(t, one.ID(), again.ID())
		require.Equal(t, one.Destroyed(), again.Destroyed())
		require.ElementsMatch(t, paths, again.Destroyed())
		for _, path := range anyPaths(t, "others") {
			want, wantErr := one.at(path)
			got, err := again.at(path)
			require.Equal(t, wantErr, err)
			require.Equal(t, want, got)
		}
	})
}

// A box that was made with the right key for another line than the commitment's does not pass: the hash decides.
func TestTheHashDecides(t *testing.T) {
	key, err := Generate().Key(Person{Participant: "mpesa-ke", Account: "254712345678"})
	require.NoError(t, err)
	commitment := Commitment(sha256.Sum256([]byte("what was signed")))
	_, err = key.open(key.seal(nil, []byte("what was not"), &commitment), &commitment)
	require.Equal(t, &TamperedError{Commitment: commitment}, err)
	line, err := key.open(key.seal(nil, []byte("what was signed"), &commitment), &commitment)
	require.NoError(t, err)
	require.Equal(t, "what was signed", string(line))
}
