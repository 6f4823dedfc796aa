package iso20022

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNegotiate(t *testing.T) {
	agreed, err := Negotiate([]string{"pacs.008.001.08", "pacs.008.001.10", "pacs.008.001.13", "pain.001.001.03", "setr.010.001.04"})
	require.NoError(t, err)
	assert.Equal(t, Dialect{"pacs.008": "pacs.008.001.10", "pain.001": "pain.001.001.03"}, agreed)
	_, err = Negotiate([]string{"pacs.008.001.10", "pacs.002.001.15"})
	var version *VersionError
	require.ErrorAs(t, err, &version)
	assert.Equal(t, "pacs.002", version.Family)
	none, err := Negotiate(nil)
	require.NoError(t, err)
	data, err := sampleTransfer().MarshalIn(none)
	require.NoError(t, err)
	assert.Contains(t, string(data), MessageCreditTransfer, "nothing agreed on is as always")
}

// TestNegotiateIsFair: both sides come to the same version, whoever asks and in whatever order.
func TestNegotiateIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known := Versions("pacs.008")
		theirs := rapid.SliceOfN(rapid.SampledFrom(known), 1, 5).Draw(t, "theirs")
		agreed, err := Negotiate(theirs)
		require.NoError(t, err)
		assert.Contains(t, theirs, agreed["pacs.008"])
		for _, message := range theirs {
			assert.LessOrEqual(t, message, agreed["pacs.008"])
		}
	})
}

func TestFamily(t *testing.T) {
	for message, family := range map[string]string{"pacs.008.001.08": "pacs.008", "pacs.008": "pacs.008", "": ".", "x": "x."} {
		assert.Equal(t, family, Family(message))
	}
	assert.Empty(t, Versions("pacs.999"))
}
