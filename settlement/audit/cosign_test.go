package audit_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// A checkpoint that four public witnesses cosigned on 2026-05-23, with their published keys.
const archeCheckpoint = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`

var archeWitnesses = []string{
	"transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
	"witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
	"remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
	"witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
}

func TestPublicWitnessesVerify(t *testing.T) {
	for _, text := range archeWitnesses {
		key, err := audit.ParseCosignerKey(text)
		require.NoError(t, err)
		require.Equal(t, text, key.String())
		opened, err := note.Open([]byte(archeCheckpoint), note.VerifierList(key))
		require.NoError(t, err, text)
		at, err := audit.CosignedAt(opened.Sigs[0])
		require.NoError(t, err)
		require.Equal(t, time.Unix(0x6a122120, 0).UTC(), at)
		_, err = note.Open([]byte(strings.Replace(archeCheckpoint, "1432088532", "1432088533", 1)), note.VerifierList(key))
		require.Error(t, err)
	}
}

// The example of C2SP tlog-cosignature: the time in the line is the one that its signed message shows.
func TestTimeOfTheSpecificationsExample(t *testing.T) {
	at, err := audit.CosignedAt(note.Signature{Name: "witness.example.com/w1", Base64: "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="})
	require.NoError(t, err)
	require.Equal(t, int64(1679315147), at.Unix())
}

func cosignerOf(t require.TestingT, seed byte, name string) audit.Cosigner {
	cosigner, err := audit.NewCosigner(name, ed25519.NewKeyFromSeed(append(make([]byte, 31), seed)))
	require.NoError(t, err)
	return cosigner
}

func TestCosignatureVerifiesAsItIsAndNotOtherwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cosigner := cosignerOf(t, rapid.Byte().Draw(t, "seed"), "w.example/1")
		at := time.Unix(rapid.Int64Range(0, math.MaxInt64).Draw(t, "seconds"), 0)
		text := rapid.StringMatching(`([a-z0-9/+=]+\n){3,5}`).Draw(t, "text")
		signed, err := note.Sign(&note.Note{Text: text}, cosigner.At(at))
		require.NoError(t, err)
		opened, err := note.Open(signed, note.VerifierList(cosigner.Key()))
		require.NoError(t, err)
		told, err := audit.CosignedAt(opened.Sigs[0])
		require.NoError(t, err)
		require.Equal(t, at.Unix(), told.Unix())

		raw, err := base64.StdEncoding.DecodeString(opened.Sigs[0].Base64)
		require.NoError(t, err)
		raw = raw[4:]
		require.True(t, cosigner.Key().Verify([]byte(text), raw))
		flipped := append([]byte{}, raw...)
		flipped[rapid.IntRange(0, len(raw)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		require.False(t, cosigner.Key().Verify([]byte(text), flipped))
		require.False(t, cosigner.Key().Verify([]byte(text+"x\n"), raw))
		require.False(t, cosigner.Key().Verify([]byte(text), raw[1:]))
	})
	_, err := note.Sign(&note.Note{Text: "o\n"}, cosignerOf(t, 1, "w").At(time.Unix(-1, 0)))
	require.Error(t, err)
}

func TestCosignerKeysThatAreNone(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                  "",
		"a log's key":            "Wit1+55ee4561+AVhZSmQj9+SoL+p/nN0Hh76xXmF7QcHfytUrI1XfSClk",
		"another id":             "remora.n621.de+da77ade8+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
		"an id in capitals":      "remora.n621.de+DA77ADE7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
		"another name":           "remora.n621.df+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
		"no name":                "+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
		"a short key":            "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw=",
		"what is not base64":     "remora.n621.de+da77ade7+!",
		"something more":         "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2+",
		"a line that goes on":    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2\n",
		"a key without its type": "remora.n621.de+da77ade7+683reOf9su+SJ7LB7xHpRgC1W01tmleHfjHuieWa3DY=",
	} {
		_, err := audit.ParseCosignerKey(text)
		require.Error(t, err, name)
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb", "\xff", "a b"} {
		_, err := audit.NewCosignerKey(name, make([]byte, 32))
		require.Error(t, err, "%q", name)
	}
}

func FuzzCosignerKey(f *testing.F) {
	for _, key := range archeWitnesses {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if key, err := audit.ParseCosignerKey(text); err == nil {
			require.Equal(t, text, key.String())
		}
	})
}
