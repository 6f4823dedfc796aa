package messaging

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"slices"
	"testing"

	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"
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
	hash := sha256.Sum256(payload)
	assert.True(t, ed25519.Verify(key[1:33], append([]byte("ayni.outcome.v2\n"), hash[:]...), signature))
}

func TestKeysOfOtherTypesAreRefused(t *testing.T) {
	_, err := NewSigner([]byte("SAADFKAIHHJVN2WLYDFNHNQLFNHFNNR4WKCWBJTGGWFKIKDTAJVGBXWBB4"))
	require.Error(t, err)
	_, err = NewVerifier("not a key")
	require.Error(t, err)
}

// nkeys makes the same signatures, and those over the payload itself, which were the first, still hold.
func TestSignaturesAreThoseOfNkeys(t *testing.T) {
	seed, err := NewSeed()
	require.NoError(t, err)
	signer, err := NewSigner(seed)
	require.NoError(t, err)
	pair, err := nkeys.FromSeed(seed)
	require.NoError(t, err)
	public, err := pair.PublicKey()
	require.NoError(t, err)
	assert.Equal(t, public, signer.PublicKey())
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOf(rapid.Byte()).Draw(t, "payload")
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		got, err := signer.Sign(kind, payload)
		require.NoError(t, err)
		hash := sha256.Sum256(payload)
		want, err := pair.Sign(slices.Concat([]byte("ayni."+kind+".v2\n"), hash[:]))
		require.NoError(t, err)
		require.Equal(t, base64.RawURLEncoding.EncodeToString(want), got)
		raw, err := pair.Sign(slices.Concat([]byte("ayni."+kind+".v1\n"), payload))
		require.NoError(t, err)
		first := base64.RawURLEncoding.EncodeToString(raw)
		for _, other := range kinds {
			require.Equal(t, kind == other, Verify(public, other, payload, got) == nil)
			require.Equal(t, kind == other, Verify(public, other, payload, first) == nil)
		}
		for _, signature := range []string{got, first} {
			require.Error(t, Verify(public, kind, append(payload, 0), signature))
		}
	})
}

// base64 reads over line ends, but a signature has one text.
func TestOnlyOneTextIsASignature(t *testing.T) {
	signer := newSigner(t)
	signature, err := signer.Sign(PayloadIntent, nil)
	require.NoError(t, err)
	for _, other := range []string{"", signature + "\n", signature[:40] + "\r\n" + signature[40:], signature + "=", signature[1:], signature + signature} {
		var fault *FaultError
		require.ErrorAs(t, Verify(signer.PublicKey(), PayloadIntent, nil, other), &fault, "%q", other)
		assert.Equal(t, FaultSignature, fault.Fault)
	}
}

func TestSignersAndVerifiersTakeManyGoroutines(t *testing.T) {
	signer := newSigner(t)
	verifier, err := NewVerifier(signer.PublicKey())
	require.NoError(t, err)
	var group errgroup.Group
	for n := range 8 {
		group.Go(func() error {
			for m := range 20 {
				payload := slices.Repeat([]byte{byte(n), byte(m)}, 1000*(1+(n+m)%5))
				signature, err := signer.Sign(PayloadIntent, payload)
				if err == nil {
					err = verifier.Verify(PayloadIntent, payload, signature)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
}
