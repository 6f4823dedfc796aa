package audit

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
)

// The quick way agrees with the general encoder on every text.
func FuzzCanonical(f *testing.F) {
	for _, text := range []string{
		``, `{}`, `[]`, `""`, `true`, `nul`, `1`, `-0`, `1.50`, `{"a":"b"}`, `{"a":"b","a":"c"}`, `{"b":"1","a":"2"}`, `{"a":{"b":["c",null,{}]},"d":false}`,
		`{"a":"b"}x`, `{"a":"b",}`, `["a",]`, `{"a" :"b"}`, `{"é":"1","z":"2"}`, `{"z":"1","é":"2"}`, "{\"\U00010000\":\"1\",\"\uffff\":\"2\"}", `{"":"","0":""}`,
		`{"a":"\u0041"}`, `{"a":"\\"}`, "\"\x7f\"", "\"\t\"", "\"\xff\"", `"<"`, "\"\u2028\"", strings.Repeat("[", 20) + strings.Repeat("]", 20), `{"a":"b"`, `{"a":`, `{"a"`, `{"`, `{`, `["`,
		`{"a":"1","":"2"}`, `{"a":1}`, "\"\xed\xa0\x80\"",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		value := jsontext.Value(slices.Clone(text))
		want := value.Canonicalize() == nil && bytes.Equal(value, text)
		require.Equal(t, want, isCanonical(text), "%q", text)
	})
}

// A name is read only in the form in which it is written.
func FuzzPlace(f *testing.F) {
	for _, p := range []place{
		{kind: checkpointKind}, {kind: keyKind}, earlierAt(0), earlierAt(1234067), tileAt(0, 5, 256), tileAt(3, 1234067, 7), tileAt(bundles, 999, 255),
		blobAt([32]byte{1, 0xab}), receiptAt(0), receiptAt(12345),
	} {
		got, ok := placeOf(p.name())
		require.True(f, ok, p.name())
		require.Equal(f, p, got)
		f.Add(p.name())
	}
	for _, name := range []string{
		"", "/", ".", "..", "checkpoint/", "keys", "keys/x", "tile/0/0", "tile/0/000.p/256", "tile/0/000.p/0", "tile/64/000", "tile/data/000", "tile/entries/x000/001",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/999", "checkpoints/000.p/3", "checkpoints/1", "blobs/ab/", "receipts/-1.json", "receipts/+1.json", "receipts/1", "tile/-1/000",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p, ok := placeOf(name)
		if !ok {
			return
		}
		require.Equal(t, name, p.name())
		require.NotContains(t, name, "..")
		require.False(t, strings.HasPrefix(name, "/"))
		require.GreaterOrEqual(t, p.first(), int64(-1))
		width(1<<62, p.tile.L, p.tile.N)
	})
}

// Whatever a bundle holds, nothing but entries of the wanted hashes comes out of it.
func FuzzBundle(f *testing.F) {
	entry := []byte(`{"a":"1"}`)
	f.Add(appendEntry(appendEntry(nil, entry), entry))
	f.Add(appendEntry(nil, entry))
	f.Add([]byte{0xff, 0xff, 1})
	f.Add([]byte{0})
	want := []tlog.Hash{Leaf(entry), Leaf(entry)}
	whole := appendEntry(appendEntry(nil, entry), entry)
	f.Fuzz(func(t *testing.T, data []byte) {
		at := tileAt(bundles, 0, len(want))
		cut, splitErr := at.split(data)
		if splitErr == nil {
			var again []byte
			for _, e := range cut {
				again = appendEntry(again, e)
			}
			require.Equal(t, data, again)
		}
		right := bytes.Equal(data, whole)
		entries, err := at.readBundle(slices.Clone(data), want)
		require.Equal(t, right, err == nil)
		for _, e := range entries {
			require.Equal(t, entry, e)
		}
	})
}

func FuzzKey(f *testing.F) {
	const key = "ayni.example/log+07e224bf+Ac4FNTrMpqWazYxF+wdLFhKxZUiGOVJOtt4P0MadPKkm"
	f.Add(key)
	f.Add(strings.ToUpper(key))
	f.Add(key + "\n")
	_, err := ParseKey(key)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		if verifier, err := ParseKey(text); err == nil {
			require.True(t, strings.HasPrefix(text, verifier.Name()+"+"))
			require.NotContains(t, text, "\n")
		}
	})
}
