package messaging

import (
	"crypto/ed25519"
	"encoding/base32"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The README tells other languages how to check a signature: this does it without nkeys.
func TestSignatureCanBeCheckedWithoutNkeys(t *testing.T) {
	signer := newSigner(t)
	payload := []byte(`{"version":1}`)
	text, err := signer.Sign(PayloadOutcome, payload)
	require.NoError(t, err)
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(signer.PublicKey())
	require.NoError(t, err)
	signature, err := base64.RawURLEncoding.DecodeString(text)
	require.NoError(t, err)
	assert.True(t, ed25519.Verify(key[1:33], append([]byte("ayni.outcome.v1\n"), payload...), signature))
}

func TestKeysOfOtherTypesAreRefused(t *testing.T) {
	_, err := NewSigner([]byte("SAADFKAIHHJVN2WLYDFNHNQLFNHFNNR4WKCWBJTGGWFKIKDTAJVGBXWBB4"))
	require.Error(t, err)
	_, err = NewVerifier("not a key")
	require.Error(t, err)
}
