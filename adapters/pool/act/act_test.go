package act_test

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/settlement/audit"
)

func sound() act.Act {
	return act.Act{
		By: "m1", Expires: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), ID: "abcdefgh", Kind: "vote", Pool: "chama-nairobi", Version: 1,
	}
}

type vote struct {
	Choice string `json:"choice"`
	Minor  int64  `json:"minor"`
}

func TestWhatIsSignedIsWhatIsRead(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	open, err := act.New(sound(), vote{Choice: "for", Minor: 9007199254740993})
	require.NoError(t, err)
	want := []byte(`{"body":{"choice":"for","minor":"9007199254740993"},"by":"m1","expires":"2026-03-01T08:00:00Z","id":"abcdefgh",` +
		`"kind":"vote","pool":"chama-nairobi","version":"1"}`)
	assert.Equal(t, want, open, "to the byte")
	signed := act.Sign(key, open)
	assert.True(t, signed.Verify())
	a, err := act.Read(signed.Open)
	require.NoError(t, err)
	var v vote
	require.NoError(t, a.Decode(&v))
	assert.Equal(t, vote{Choice: "for", Minor: 9007199254740993}, v)
	for i := range signed.Open {
		other := signed
		other.Open = []byte(string(signed.Open))
		other.Open[i] ^= 1
		assert.False(t, other.Verify())
	}
}

func TestOneFormOnly(t *testing.T) {
	open, err := act.New(sound(), vote{Choice: "for"})
	require.NoError(t, err)
	text := string(open)
	for name, other := range map[string]string{
		"space":        strings.Replace(text, `,"by"`, `, "by"`, 1),
		"order":        strings.Replace(text, `"by":"m1",`, ``, 1)[:len(text)-len(`"by":"m1",`)-1] + `,"by":"m1"}`,
		"twice":        strings.Replace(text, `"by":"m1"`, `"by":"m1","by":"m1"`, 1),
		"unknown":      strings.Replace(text, `"by":"m1"`, `"by":"m1","bz":"m1"`, 1),
		"number":       strings.Replace(text, `"version":"1"`, `"version":1`, 1),
		"zone":         strings.Replace(text, `08:00:00Z`, `09:00:00+01:00`, 1),
		"body":         strings.Replace(text, `{"choice":"for","minor":"0"}`, `[]`, 1),
		"id":           strings.Replace(text, `abcdefgh`, `abc`, 1),
		"more":         text + " ",
		"too long":     strings.Replace(text, `"for"`, `"`+strings.Repeat("x", act.MaxBytes)+`"`, 1),
		"no act":       `{}`,
		"other pool":   strings.Replace(text, `chama-nairobi`, `Chama Nairobi`, 1),
		"empty string": ``,
	} {
		_, err := act.Read([]byte(other))
		var form *act.FormError
		assert.ErrorAs(t, err, &form, name)
	}
}

func TestAClosedValue(t *testing.T) {
	blob, err := act.Close([16]byte{1, 2}, vote{Choice: "for"})
	require.NoError(t, err)
	var v vote
	require.NoError(t, act.Open(blob, &v))
	assert.Equal(t, "for", v.Choice)
	require.Error(t, act.Open(blob[1:], &v))
	require.Error(t, act.Open(blob[:len(blob)-1], &v))
}

func FuzzRead(f *testing.F) {
	open, err := act.New(sound(), vote{Choice: "for"})
	require.NoError(f, err)
	f.Add(open)
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := act.Read(text)
		if err != nil {
			return
		}
		again, err := audit.Canonical(a)
		require.NoError(t, err)
		assert.Equal(t, string(text), string(again))
	})
}
