package iso20022

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestHeader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &drawn{T: t, old: true}
		want := Header{
			From: d.agent(), To: d.agent(), ID: d.id(), Message: MessagePaymentReturn, Service: d.one("", "swift.cbprplus.02"),
			Created: d.moment(), Duplicate: rapid.Bool().Draw(t, "duplicate"),
		}
		message, err := sampleReturn().Marshal()
		require.NoError(t, err)
		version := rapid.SampledFrom(versions["head.001"]).Draw(t, "version")
		data, err := want.Under(Dialect{"head.001": version}, message)
		require.NoError(t, err)
		read, err := ParsePaymentReturn(data)
		require.NoError(t, err)
		require.Equal(t, noun(sampleReturn()), sourceless(read))
		got, found, err := read.Source.Header()
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, want, got)
	})
}

func TestHeaderThatIsRefused(t *testing.T) {
	message, err := sampleReturn().Marshal()
	require.NoError(t, err)
	_, err = Header{From: Agent{BIC: "AYNIXXBKXXX"}, ID: "1", Created: created}.Under(nil, message)
	requireFault(t, err, FaultMissing)
	_, err = Header{From: Agent{BIC: "AYNIXXBKXXX"}, To: Agent{BIC: "AYNIXXBKXXX"}, ID: "1"}.Under(nil, message)
	requireFault(t, err, FaultMissing)
	_, err = Header{}.Under(nil, []byte("<Document/>"))
	requireFault(t, err, FaultNamespace)
	bare, err := ParsePaymentReturn(message)
	require.NoError(t, err)
	_, found, err := bare.Source.Header()
	require.NoError(t, err)
	assert.False(t, found)
}

// TestHeaderOfAnotherMessage: a header that announces what does not follow refuses what follows.
func TestHeaderOfAnotherMessage(t *testing.T) {
	message, err := sampleReturn().Marshal()
	require.NoError(t, err)
	agent := Agent{BIC: "AYNIXXBKXXX"}
	data, err := Header{From: agent, To: agent, ID: "1", Created: created}.Under(nil, message)
	require.NoError(t, err)
	_, err = ParsePaymentReturn(replaced(t, data, "<MsgDefIdr>pacs.004.001.09", "<MsgDefIdr>pacs.008.001.08"))
	requireFault(t, err, FaultNamespace)
}
