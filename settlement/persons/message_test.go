package persons_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/persons"
)

func TestSealedMessages(t *testing.T) {
	keys, others := persons.Generate(), persons.Generate()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(anyLine), 0, 8).Draw(t, "lines")
		text, err := keys.SealAll(lines)
		require.NoError(t, err)
		got, err := keys.UnsealAll(text)
		require.NoError(t, err)
		require.Len(t, got, len(lines))
		m, err := persons.ReadMessage(text)
		require.NoError(t, err)
		require.Equal(t, keys.ID(), m.Keys)
		for i, line := range lines {
			require.NoError(t, got[i].Err)
			require.Equal(t, line.Text, got[i].Text)
			one, err := keys.Seal(line.Person, line.Text)
			require.NoError(t, err)
			require.Equal(t, one, m.Lines[i], "alone and among others it is the same")
		}
		_, err = others.UnsealAll(text)
		require.Equal(t, &persons.OtherKeysError{Want: keys.ID(), Got: others.ID()}, err)

		bit := rapid.IntRange(0, 8*len(text)-1).Draw(t, "flipped")
		wrong := bytes.Clone(text)
		wrong[bit/8] ^= 1 << (bit % 8)
		requireFound(t, keys, wrong, got)
	})
}

// requireFound demands that a changed message is refused, or that exactly one line of it is.
func requireFound(t require.TestingT, keys *persons.Keys, text []byte, before []persons.Unsealed) {
	after, err := keys.UnsealAll(text)
	if err != nil {
		return
	}
	require.Len(t, after, len(before))
	refused := 0
	for i := range after {
		if after[i].Err != nil {
			require.ErrorAs(t, after[i].Err, new(*persons.TamperedError))
			refused++
		} else {
			require.Equal(t, before[i], after[i])
		}
	}
	require.Equal(t, 1, refused)
}

func TestMessagesRefuse(t *testing.T) {
	keys := persons.Generate()
	good, err := keys.SealAll([]persons.Line{{Person: wanjiku, Text: []byte("a line")}, {Person: maria, Text: []byte("hers")}})
	require.NoError(t, err)
	for size := range good {
		_, err := persons.ReadMessage(good[:size])
		require.ErrorAs(t, err, new(*persons.FormError))
	}
	count := func(n uint16) []byte { return binary.BigEndian.AppendUint16(bytes.Clone(good[:9]), n) }
	line := func(box int) []byte {
		return slices.Concat(count(1), make([]byte, 40), binary.BigEndian.AppendUint16(nil, uint16(box)), make([]byte, box))
	}
	for name, text := range map[string][]byte{
		"longer":           append(bytes.Clone(good), 0),
		"another version":  append([]byte{2}, good[1:]...),
		"fewer than said":  append(count(3), good[11:]...),
		"more than said":   append(count(1), good[11:]...),
		"a box of a tag":   line(16),
		"a box too short":  line(1),
		"a box too long":   line(persons.MaxLineBytes + 17),
		"many of no bytes": count(persons.MaxLines),
	} {
		_, err := persons.ReadMessage(text)
		require.ErrorAs(t, err, new(*persons.FormError), name)
	}
	for _, text := range [][]byte{make([]byte, persons.MaxMessageBytes+1), count(persons.MaxLines + 1)} {
		_, err := keys.UnsealAll(text)
		require.ErrorAs(t, err, new(*persons.LimitError))
		_, err = (persons.Key{}).Open(text)
		require.ErrorAs(t, err, new(*persons.LimitError))
	}
	_, err = persons.ReadMessage(line(persons.MaxLineBytes + 16))
	require.NoError(t, err)
}

func TestSealingHasLimits(t *testing.T) {
	keys := persons.Generate()
	line := func(size int) persons.Line { return persons.Line{Person: wanjiku, Text: make([]byte, size)} }
	for name, lines := range map[string][]persons.Line{
		"an empty line": {line(0)},
		"a long line":   {line(persons.MaxLineBytes + 1)},
		"many lines":    slices.Repeat([]persons.Line{line(1)}, persons.MaxLines+1),
		"many bytes":    slices.Repeat([]persons.Line{line(persons.MaxLineBytes)}, 128),
	} {
		_, err := keys.SealAll(lines)
		require.ErrorAs(t, err, new(*persons.LimitError), name)
	}
	full, err := keys.SealAll(slices.Repeat([]persons.Line{line(900)}, persons.MaxLines))
	require.NoError(t, err)
	_, err = keys.UnsealAll(full)
	require.NoError(t, err)
}

// Whatever comes in is refused with a typed error, or read without a byte left over, and nothing of it opens.
func FuzzMessage(f *testing.F) {
	keys := persons.Generate()
	good, err := keys.SealAll([]persons.Line{{Person: wanjiku, Text: []byte("a line")}, {Person: maria, Text: []byte("hers")}})
	require.NoError(f, err)
	f.Add(good)
	f.Add(good[:40])
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := persons.ReadMessage(text)
		if err != nil {
			var form *persons.FormError
			var limit *persons.LimitError
			require.True(t, errors.As(err, &form) || errors.As(err, &limit))
			return
		}
		size := 11
		for _, s := range m.Lines {
			size += 42 + len(s.Box)
			if _, err := keys.Unseal(s); err == nil {
				require.True(t, bytes.Contains(good, s.Box))
			}
		}
		require.Equal(t, len(text), size)
	})
}
