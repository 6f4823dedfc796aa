package persons

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// summed is a snapshot of a tree that is written as it stands, with the right checksum.
func summed(tree ...byte) []byte {
	text := slices.Concat([]byte(snapshotForm), make([]byte, 32), tree)
	sum := sha256.Sum256(text)
	return append(text, sum[:]...)
}

// leaf writes a held node.
func leaf() []byte { return append([]byte{'h'}, make([]byte, 32)...) }

// splitOf writes a split node whose first child is the given one.
func splitOf(first []byte) []byte {
	return slices.Concat([]byte{'s'}, first, bytes.Repeat(leaf(), fan-1))
}

func TestSnapshotRefuses(t *testing.T) {
	erased := []byte{'g'}
	for range levels {
		erased = splitOf(erased)
	}
	_, err := ReadSnapshot(summed(erased...))
	require.NoError(t, err)

	tooDeep := []byte{'g'}
	for range levels + 1 {
		tooDeep = splitOf(tooDeep)
	}
	good := Generate().Snapshot()
	flipped := bytes.Clone(good)
	flipped[60] ^= 1
	for name, text := range map[string][]byte{
		"nothing":                    nil,
		"another version":            append([]byte("ayni.persons.v2\n"), good[16:]...),
		"cut":                        good[:len(good)-1],
		"longer":                     append(bytes.Clone(good), 0),
		"a bit flipped":              flipped,
		"no tree":                    summed(),
		"half a seed":                summed(leaf()[:20]...),
		"a node of no kind":          summed('x'),
		"something behind the tree":  summed(append(leaf(), 0)...),
		"gone above the last level":  summed('g'),
		"gone two above":             summed(splitOf([]byte{'g'})...),
		"split for nobody":           summed(splitOf(leaf())...),
		"too few children":           summed(erased[:len(erased)-33]...),
		"deeper than the tree":       summed(tooDeep...),
		"split without end":          summed(bytes.Repeat([]byte{'s'}, 1000)...),
		"only the head and checksum": good[:snapshotHead+sha256.Size],
	} {
		_, err := ReadSnapshot(text)
		require.ErrorAs(t, err, new(*FormError), name)
	}
}

// crowded writes a node with this many leaves gone, the leftmost ones.
func crowded(count, level int) []byte {
	if level == levels {
		return []byte{'g'}
	}
	text, room := []byte{'s'}, 1<<(stepBits*min(levels-level-1, 5))
	for range fan {
		here := min(count, room)
		if count -= here; here == 0 {
			text = append(text, leaf()...)
		} else {
			text = append(text, crowded(here, level+1)...)
		}
	}
	return text
}

func TestHowManyCanBeDestroyed(t *testing.T) {
	full, err := ReadSnapshot(summed(crowded(MaxDestroyed, 0)...))
	require.NoError(t, err)
	require.Len(t, full.Destroyed(), MaxDestroyed)
	require.NoError(t, full.Destroy(0), "who is gone counts once")
	limit := &LimitError{What: "persons destroyed", Got: MaxDestroyed + 1, Max: MaxDestroyed}
	require.Equal(t, limit, full.Destroy(1<<63))
	_, err = full.at(1 << 63)
	require.NoError(t, err, "all or none")

	last, err := ReadSnapshot(summed(crowded(MaxDestroyed-1, 0)...))
	require.NoError(t, err)
	require.Equal(t, limit, last.Destroy(1<<62, 1<<63))
	require.NoError(t, last.Destroy(1<<62, 1<<62))
	require.Equal(t, limit, last.Destroy(1<<63))

	_, err = ReadSnapshot(summed(crowded(MaxDestroyed+1, 0)...))
	require.Equal(t, limit, err)
	_, err = ReadSnapshot(make([]byte, MaxSnapshotBytes+1))
	require.ErrorAs(t, err, new(*LimitError))

	keys := Generate()
	require.NoError(t, keys.Destroy(0))
	one := len(keys.Snapshot())
	require.Equal(t, snapshotHead+sha256.Size+1+levels*(1+(fan-1)*33), one, "the bound counts on it")
	require.LessOrEqual(t, one, MaxSnapshotBytes)
}

// Whatever comes in is refused with a typed error, or is exactly what would be written.
func FuzzSnapshot(f *testing.F) {
	keys := Generate()
	f.Add(keys.Snapshot()[16 : len(keys.Snapshot())-32])
	_ = keys.Destroy(1, 2, 1<<60)
	f.Add(keys.Snapshot()[16 : len(keys.Snapshot())-32])
	f.Fuzz(func(t *testing.T, body []byte) {
		text := append([]byte(snapshotForm), body...) // a fuzzer finds no checksum
		sum := sha256.Sum256(text)
		text = append(text, sum[:]...)
		keys, err := ReadSnapshot(text)
		if err != nil {
			var form *FormError
			var limit *LimitError
			require.True(t, errors.As(err, &form) || errors.As(err, &limit))
			return
		}
		require.Equal(t, text, keys.Snapshot())
	})
}
