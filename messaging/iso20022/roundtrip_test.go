package iso20022

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestGolden(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.file, func(t *testing.T) {
			data, err := k.sample.MarshalIn(nil)
			require.NoError(t, err)
			read, err := k.parse(data)
			require.NoError(t, err)
			assert.Equal(t, k.sample, read)
			golden(t, k.file, versions[k.family][0], data)
		})
	}
}

// TestRoundTrip writes drawn nouns in every version; each reads as it was written, carries all that it says, and is
// what the official schema allows.
func TestRoundTrip(t *testing.T) {
	for _, k := range kinds() {
		for _, message := range versions[k.family] {
			t.Run(k.file+" as "+message, func(t *testing.T) {
				t.Parallel()
				var written [][]byte
				rapid.Check(t, func(t *rapid.T) {
					want := k.gen(&drawn{T: t, old: (&writer{message: message}).old()})
					data, err := want.MarshalIn(Dialect{k.family: message})
					require.NoError(t, err)
					got, err := k.parse(data)
					require.NoError(t, err, string(data))
					require.Equal(t, want, got)
					written = append(written, data)
				})
				validate(t, message, written...)
			})
		}
	}
}

// TestRest: what we wrote is carried whole; what somebody added is told, and nothing else.
func TestRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genTransfer(&drawn{T: t}).(CreditTransfer)
		data, err := want.Marshal()
		require.NoError(t, err)
		got, err := ParseCreditTransfer(data)
		require.NoError(t, err)
		require.Empty(t, got.Rest())
		got.Remittance, got.Creditor.Name = "", "another"
		var left []string
		for _, field := range got.Rest() {
			left = append(left, field.Path)
		}
		expected := []string{"CdtTrfTxInf/Cdtr/Nm"}
		if want.Remittance != "" {
			expected = append(expected, "CdtTrfTxInf/RmtInf/Ustrd")
		}
		require.Equal(t, expected, left)
	})
}
