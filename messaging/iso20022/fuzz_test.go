package iso20022

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func FuzzParseCreditTransfer(f *testing.F) {
	data, err := sampleTransfer().Marshal()
	require.NoError(f, err)
	seed(f, data)
	f.Fuzz(func(t *testing.T, data []byte) {
		transfer, err := ParseCreditTransfer(data)
		if err != nil {
			requireBounded(t, err)
			return
		}
		assert.Positive(t, transfer.Amount.Minor)
		again, err := transfer.Marshal() // may refuse what others may write; what it writes must read the same
		if err != nil {
			return
		}
		back, err := ParseCreditTransfer(again)
		require.NoError(t, err, string(again))
		assert.Equal(t, transfer.Amount, back.Amount)
		assert.Equal(t, transfer.ID, back.ID)
		assert.Equal(t, transfer.CreditorAccount.ID, back.CreditorAccount.ID)
	})
}

// FuzzParse gives one input to every other reader: each has its family's message, or refuses with an error of ours.
func FuzzParse(f *testing.F) {
	for _, k := range kinds() {
		data, err := k.sample.MarshalIn(nil)
		require.NoError(f, err)
		seed(f, data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, k := range kinds() {
			read, err := k.parse(data)
			if err != nil {
				requireBounded(t, err)
				continue
			}
			again, err := read.MarshalIn(nil) // may refuse what others may write; what it writes must read
			if err != nil {
				requireBounded(t, err)
				continue
			}
			_, err = k.parse(again)
			require.NoError(t, err, string(again))
		}
	})
}

func FuzzReadCreditTransfers(f *testing.F) {
	data, err := sampleTransfer().Marshal()
	require.NoError(f, err)
	seed(f, data)
	f.Fuzz(func(t *testing.T, data []byte) {
		alone, refused := ParseCreditTransfer(data)
		group, err := ReadCreditTransfers(bytes.NewReader(data))
		var transfers []GroupedTransfer
		for err == nil {
			var transfer GroupedTransfer
			if transfer, err = group.Next(); err == nil {
				transfers = append(transfers, transfer)
			}
		}
		if !errors.Is(err, io.EOF) {
			requireBounded(t, err)
			require.Error(t, refused, "one by one and as a whole must agree")
			return
		}
		if len(transfers) == 1 && transfers[0].Fault == nil && len(data) <= MaxMessageBytes {
			require.NoError(t, refused)
			require.Equal(t, sourceless(alone), sourceless(transfers[0].CreditTransfer))
		}
	})
}

// TestSpoilt breaks sound messages a little: each is refused with an error of ours, or what is written of it reads.
func TestSpoilt(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.file, func(t *testing.T) {
			t.Parallel()
			good, err := k.sample.MarshalIn(nil)
			require.NoError(t, err)
			rapid.Check(t, func(t *rapid.T) {
				data := bytes.Clone(good)
				for range rapid.IntRange(1, 3).Draw(t, "times") {
					begin := rapid.IntRange(0, len(data)-1).Draw(t, "begin")
					end := min(len(data), begin+rapid.IntRange(0, 8).Draw(t, "length"))
					by := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[0-9A-Z.<>/&:-]{1,4}`), rapid.String()).Draw(t, "by")
					data = slices.Concat(data[:begin], []byte(by), data[end:])
				}
				read, err := k.parse(data)
				if err != nil {
					requireBounded(t, err)
					return
				}
				_ = read.Rest()
				if again, err := read.MarshalIn(nil); err == nil {
					_, err = k.parse(again)
					require.NoError(t, err, string(again))
				}
			})
		})
	}
}

func seed(f *testing.F, data []byte) {
	f.Helper()
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte(strings.Replace(string(data), ".00<", "e5<", 1)))
	f.Add([]byte(strings.ReplaceAll(string(data), "<", "<x:")))
}

func BenchmarkMarshal(b *testing.B) {
	transfer := sampleTransfer()
	for b.Loop() {
		_, _ = transfer.Marshal()
	}
}

func BenchmarkParse(b *testing.B) {
	data, err := sampleTransfer().Marshal()
	require.NoError(b, err)
	for b.Loop() {
		_, _ = ParseCreditTransfer(data)
	}
}

func BenchmarkParseReport(b *testing.B) {
	data, err := sampleReport().Marshal()
	require.NoError(b, err)
	for b.Loop() {
		_, _ = ParseStatusReport(data)
	}
}
