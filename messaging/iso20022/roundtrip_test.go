package iso20022

import (
	"crypto/sha256"
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
			assert.Equal(t, k.sample, sourceless(read))
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
					require.Equal(t, want, sourceless(got))
					require.Empty(t, got.Rest())
					written = append(written, data)
				})
				validate(t, message, written...)
			})
		}
	}
}

// TestRest: what the noun would not write is told, and nothing else.
func TestRest(t *testing.T) {
	data, err := sampleTransfer().Marshal()
	require.NoError(t, err)
	data = replaced(t, data, "04:05:06.789Z", "07:05:06.789+03:00")
	data = replaced(t, data, "</IntrBkSttlmDt>", "</IntrBkSttlmDt><SttlmPrty>HIGH</SttlmPrty>")
	data = replaced(t, data, "<Ustrd>for school</Ustrd>", "<Ustrd>for school</Ustrd><Ustrd>and books</Ustrd>")
	data = replaced(t, data, "</CdtTrfTxInf>", "<SplmtryData><Envlp><own xmlns='urn:own'><a>1</a></own></Envlp></SplmtryData></CdtTrfTxInf>")
	read, err := ParseCreditTransfer(data)
	require.NoError(t, err)
	assert.Equal(t, []Field{
		{"GrpHdr/CreDtTm", "2026-03-02T07:05:06.789+03:00"},
		{"CdtTrfTxInf/SttlmPrty", "HIGH"},
		{"CdtTrfTxInf/RmtInf/Ustrd", "and books"},
		{"CdtTrfTxInf/SplmtryData/Envlp", "<own xmlns='urn:own'><a>1</a></own>"},
	}, read.Rest())
	assert.Equal(t, sha256.Sum256(data), read.Source.SHA256)
	assert.Empty(t, sampleTransfer().Rest(), "what was not read has no rest")
}
