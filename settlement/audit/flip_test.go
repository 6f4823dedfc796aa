package audit_test

import (
	"encoding/binary"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// named verifies an export of which one file was changed, and demands a finding that names it.
func named(t require.TestingT, changed map[string]string, key, file string) *audit.Finding {
	findings := verify(t, memory(changed), key)
	for _, f := range findings {
		if f.File == file {
			return f
		}
	}
	require.Fail(t, "not found", "%s was changed; found: %v", file, findings)
	return nil
}

// bundleAt is the index, within its bundle, of the entry that the byte belongs to.
func bundleAt(bundle string, offset int) int64 {
	for i := int64(0); ; i++ {
		end := 2 + int(binary.BigEndian.Uint16([]byte(bundle)))
		if offset < end {
			return i
		}
		bundle, offset = bundle[end:], offset-end
	}
}

func flip(t require.TestingT, all map[string]string, key, file string, bit int) {
	body := []byte(all[file])
	body[bit/8] ^= 1 << (bit % 8)
	changed := maps.Clone(all)
	changed[file] = string(body)
	f := named(t, changed, key, file)
	require.NotEqual(t, audit.Missing, f.Fault)
	if rest, ok := strings.CutPrefix(file, "tile/entries/00"); ok {
		require.Equal(t, int64(rest[0]-'0')*256+bundleAt(all[file], bit/8), f.Index)
	}
}

// Every bit of a small export.
func TestAnyFlippedBitIsFound(t *testing.T) {
	log := newLog(t, 5, 0)
	log.grow(t, rand.New(rand.NewSource(5)), 3, 1)
	dir := scratch(t)
	log.export(t, dir, 1, 3)
	all := files(t, dir)
	require.Len(t, all, 8, "%v", slices.Sorted(maps.Keys(all)))
	bits := 0
	for file, body := range all {
		for bit := range 8 * len(body) {
			flip(t, all, log.key, file, bit)
			if file == "keys/log" {
				flip(t, all, "", file, bit)
			}
			bits++
		}
	}
	t.Logf("%d bits in %d files", bits, len(all))
}

// Any bit of a large one, and anything else that can happen to files and entries.
func TestAnyDamageIsFound(t *testing.T) {
	log := newLog(t, 6, 0)
	log.grow(t, rand.New(rand.NewSource(6)), 66_100, 500)
	dir := scratch(t)
	log.export(t, dir, 300, 65_536, 66_100)
	all := files(t, dir)
	everything := slices.Sorted(maps.Keys(all))
	require.Contains(t, everything, "tile/2/000.p/1")
	bundles := slices.DeleteFunc(slices.Clone(everything), func(s string) bool { return !strings.HasPrefix(s, "tile/entries/") })
	rapid.Check(t, func(t *rapid.T) {
		file := rapid.SampledFrom(everything).Draw(t, "file")
		body, changed := all[file], maps.Clone(all)
		switch rapid.SampledFrom([]string{"flip", "drop", "cut", "add", "swap", "copy", "entries"}).Draw(t, "damage") {
		case "flip":
			if len(body) > 0 {
				flip(t, all, log.key, file, rapid.IntRange(0, 8*len(body)-1).Draw(t, "bit"))
			}
			return
		case "drop":
			if strings.HasPrefix(file, "checkpoints/") {
				return // what is not there any more cannot be told from what never was
			}
			delete(changed, file)
			require.Equal(t, audit.Missing, named(t, changed, log.key, file).Fault)
			return
		case "cut":
			if len(body) == 0 {
				return
			}
			changed[file] = body[:rapid.IntRange(0, len(body)-1).Draw(t, "to")]
		case "add":
			changed[file] = body + rapid.SampledFrom([]string{"\n", " ", "\x00", "x"}).Draw(t, "more")
		case "swap":
			other := rapid.SampledFrom(everything).Draw(t, "other")
			if all[other] == body {
				return
			}
			changed[file], changed[other] = all[other], body
			require.NotEmpty(t, verify(t, memory(changed), log.key))
			return
		case "copy":
			file += rapid.SampledFrom([]string{".p/3", ".json", "~", ".p/256", ".p/0", "0"}).Draw(t, "as")
			changed[file] = body
		case "entries":
			file = rapid.SampledFrom(bundles).Draw(t, "bundle")
			if changed[file] = shuffle(t, all[file]); changed[file] == all[file] {
				return
			}
		}
		require.NotNil(t, named(t, changed, log.key, file))
	})
}

// shuffle drops, swaps or repeats entries of a bundle.
func shuffle(t *rapid.T, bundle string) string {
	var entries []string
	for bundle != "" {
		end := 2 + int(binary.BigEndian.Uint16([]byte(bundle)))
		entries, bundle = append(entries, bundle[:end]), bundle[end:]
	}
	a := rapid.IntRange(0, len(entries)-1).Draw(t, "a")
	b := rapid.IntRange(0, len(entries)-1).Draw(t, "b")
	switch rapid.SampledFrom([]string{"drop", "swap", "repeat", "replace"}).Draw(t, "how") {
	case "drop":
		entries = slices.Delete(entries, a, a+1)
	case "swap":
		entries[a], entries[b] = entries[b], entries[a]
	case "repeat":
		entries = slices.Insert(entries, b, entries[a])
	case "replace":
		entries[a] = entries[b]
	}
	return strings.Join(entries, "")
}
