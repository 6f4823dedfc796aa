package fx

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const sheetText = `ayni.rates.v1
serial 7
from 2024-12-31T00:00:00Z
until 2025-01-02T00:00:00Z
base USD
EUR 10000/10389 2024-12-31 ECB
KES 134.82248 2024-12-31 IMF: annual average 2024
UGX 3757 2024-12-31 IMF: annual average 2024
hours.chama-nairobi.2 0.4 2024-12-30 assembly of 30 December
`

// member is the nth key of a test.
func member(n int) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(n + 1)}, ed25519.SeedSize))
}

func committee(members, threshold int) Committee {
	c := Committee{Threshold: threshold}
	for n := range members {
		c.Keys = append(c.Keys, KeyOf(member(n)))
	}
	return c
}

// signedBy is the sheet above with members' signatures.
func signedBy(t require.TestingT, members ...int) []byte {
	s, err := ParseSignedSheet([]byte(sheetText))
	require.NoError(t, err)
	for _, n := range members {
		s = s.Sign(member(n))
	}
	return s.Text()
}

func requireSheetFault(t require.TestingT, fault SheetFault, err error, about ...any) {
	var refused *SheetError
	require.ErrorAs(t, err, &refused, about...)
	require.Equal(t, fault, refused.Fault, about...)
	require.Less(t, len(err.Error()), 600)
}

func TestParseSheet(t *testing.T) {
	s, err := ParseSheet([]byte(sheetText))
	require.NoError(t, err)
	assert.Equal(t, int64(7), s.Serial)
	rate, err := s.Table.Cross(MustCurrency("KES"), MustCurrency("hours.chama-nairobi.2"))
	require.NoError(t, err)
	assert.True(t, rate.Equal(MustRate("40000000/13482248000")))
	assert.False(t, s.HoldsAt(s.From.Add(-1)))
	assert.True(t, s.HoldsAt(s.From))
	assert.False(t, s.HoldsAt(s.Until))
	text, err := s.Encode()
	require.NoError(t, err)
	assert.Equal(t, sheetText, string(text))
}

func TestParseSheetRefuses(t *testing.T) {
	for _, c := range []struct {
		fault    SheetFault
		old, new string
	}{
		{SheetSyntax, "ayni.rates.v1", "ayni.intent.v1"},
		{SheetSyntax, "serial 7", "serial 0"},
		{SheetSyntax, "serial 7", "serial -7"},
		{SheetSyntax, "serial 7", "serial x"},
		{SheetSyntax, "serial 7", "number 7"},
		{SheetSyntax, "from 2024", "from 2026"},
		{SheetSyntax, "T00:00:00Z", "T00:00:00.5Z"},
		{SheetSyntax, "T00:00:00Z", ""},
		{SheetSyntax, "base USD", "base US"},
		{SheetSyntax, "3757", "1e3"},
		{SheetSyntax, "EUR 10000/10389 2024-12-31 ECB", "EUR 10000/10389 2024-12-31"},
		{SheetSyntax, "EUR 10000/10389 2024-12-31", "EUR 10000/10389 31.12.2024"},
		{SheetSyntax, "EUR", "EURO"},
		{SheetSyntax, "December\n", "December"},
		{SheetRates, "EUR", "KES"},
		{SheetRates, "base USD", "base KES"},
		{SheetRates, " ECB", " ECB "},
		{SheetRates, " ECB", " \x00"},
		{SheetCanonical, "serial 7", "serial 07"},
		{SheetCanonical, "3757", "3757.0"},
		{SheetCanonical, "0.4", "2/5"},
		{SheetCanonical, "10000/10389", "20000/20778"},
		{SheetCanonical, "T00:00:00Z", "T00:00:00+00:00"},
		{SheetCanonical, "T00:00:00Z", "T03:00:00+03:00"},
		{SheetCanonical, "EUR", "ZAR"},
		{SheetCanonical, "UGX 3757 ", "USD 1 "},
	} {
		text := strings.Replace(sheetText, c.old, c.new, 1)
		require.NotEqual(t, sheetText, text)
		_, err := ParseSheet([]byte(text))
		requireSheetFault(t, c.fault, err, "%s → %s", c.old, c.new)
	}
	_, err := ParseSheet(make([]byte, MaxSheetBytes+1))
	requireSheetFault(t, SheetSize, err)
	_, err = ParseSheet([]byte(strings.Repeat("\n", 1000)))
	requireSheetFault(t, SheetSyntax, err)
	_, err = Sheet{}.Encode()
	requireSheetFault(t, SheetSyntax, err)
}

// What a table holds, a sheet carries exactly.
func TestSheetRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "from"), 0).UTC()
		s := Sheet{
			Serial: rapid.Int64Min(1).Draw(t, "serial"), From: from, Until: from.Add(time.Hour), Table: anyTable(t, "a source"),
		}
		text, err := s.Encode()
		require.NoError(t, err)
		read, err := ParseSheet(text)
		require.NoError(t, err)
		require.Equal(t, s.Serial, read.Serial)
		require.Equal(t, s.From, read.From)
		require.Equal(t, s.Until, read.Until)
		require.Equal(t, s.Table.Base(), read.Table.Base())
		for i, r := range s.Table.References() {
			require.True(t, r.PerBase.Equal(read.Table.References()[i].PerBase))
		}
	})
}

func TestCommitteeVerifies(t *testing.T) {
	ours := committee(3, 2)
	for _, members := range [][]int{{0, 1}, {2, 0}, {0, 1, 2}} {
		s, err := ours.Verify(signedBy(t, members...))
		require.NoError(t, err)
		assert.Equal(t, int64(7), s.Serial)
	}
	for _, c := range []struct {
		fault  SheetFault
		signed []byte
	}{
		{SheetTooFew, []byte(sheetText)},
		{SheetTooFew, signedBy(t, 1)},
		{SheetTooFew, signedBy(t, 1, 1)},
		{SheetUnknownKey, signedBy(t, 0, 1, 3)},
		{SheetSignature, bytes.Replace(signedBy(t, 0, 1), []byte("serial 7"), []byte("serial 8"), 1)},
		{SheetCanonical, bytes.Replace(signedBy(t, 0, 1), []byte("3757"), []byte("3757.0"), 1)},
		{SheetSyntax, append(signedBy(t, 0, 1), "signature x y\n"...)},
		{SheetCanonical, bytes.TrimSuffix(signedBy(t, 0, 1), []byte("\n"))},
		{SheetSyntax, append(signedBy(t, 0, 1), '\n')},
	} {
		_, err := ours.Verify(c.signed)
		requireSheetFault(t, c.fault, err, "%s", c.signed)
	}
	// One member's line twice, and lines out of order.
	text := signedBy(t, 0, 1)
	lines := strings.SplitAfter(strings.TrimPrefix(string(text), sheetText+"\n"), "\n")[:2]
	_, err := ours.Verify([]byte(sheetText + "\n" + lines[0] + lines[0]))
	requireSheetFault(t, SheetRepeatedKey, err)
	_, err = ours.Verify([]byte(sheetText + "\n" + lines[1] + lines[0]))
	requireSheetFault(t, SheetCanonical, err)
	// A signature of something else by the right key.
	s, err := ParseSignedSheet(signedBy(t, 0))
	require.NoError(t, err)
	s.Signatures[0].Signature = [ed25519.SignatureSize]byte(ed25519.Sign(member(0), []byte(strings.TrimPrefix(sheetText, "ayni.rates.v1\n"))))
	_, err = committee(1, 1).Verify(s.Text())
	requireSheetFault(t, SheetSignature, err)
}

func TestCommitteeChecks(t *testing.T) {
	twice, zero := committee(2, 1), committee(2, 1)
	twice.Keys[1], zero.Keys[1] = twice.Keys[0], CommitteeKey{}
	for _, c := range []Committee{{}, committee(3, 0), committee(3, 4), committee(0, 1), committee(MaxCommittee+1, 2), twice, zero} {
		requireSheetFault(t, SheetCommittee, c.Check(), c.Threshold)
		_, err := c.Verify(signedBy(t, 0, 1))
		requireSheetFault(t, SheetCommittee, err)
	}
	key := KeyOf(member(0))
	read, err := ParseCommitteeKey(key.String())
	require.NoError(t, err)
	assert.Equal(t, key, read)
	for _, text := range []string{"", key.String() + "=", key.String()[1:], "!" + key.String()[1:], key.String() + "\n", "\n" + key.String()} {
		assert.Error(t, new(CommitteeKey).UnmarshalText([]byte(text)), text)
	}
}

func FuzzParseSignedSheet(f *testing.F) {
	f.Add([]byte(sheetText))
	f.Add(signedBy(f, 0, 1))
	f.Add([]byte(""))
	f.Add([]byte("ayni.rates.v1\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseSignedSheet(text)
		if err != nil {
			var refused *SheetError
			require.ErrorAs(t, err, &refused)
			require.Less(t, len(err.Error()), 1000)
			return
		}
		require.Equal(t, string(text), string(s.Text()))
		body, err := s.Sheet.Encode()
		require.NoError(t, err)
		require.Equal(t, string(s.Body), string(body))
		_, err = committee(3, 1).Verify(text)
		if err != nil {
			var refused *SheetError
			require.ErrorAs(t, err, &refused)
		}
	})
}
