package persons_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/persons"
)

var (
	wanjiku = persons.Person{Participant: "mpesa-ke", Account: "254712345678"}
	maria   = persons.Person{Participant: "gcash-ph", Account: "639171234567"}
)

func anyPerson(t *rapid.T) persons.Person {
	return persons.Person{
		Participant: rapid.StringMatching(`[a-z][a-z0-9-]{0,19}`).Draw(t, "participant"),
		Account:     rapid.StringN(1, 64, -1).Draw(t, "account"),
	}
}

func anyLine(t *rapid.T) persons.Line {
	return persons.Line{Person: anyPerson(t), Text: rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "line")}
}

// fixed are keys whose secrets count from 0.
func fixed(t *testing.T) *persons.Keys {
	t.Helper()
	secret := make([]byte, 64)
	for i := range secret {
		secret[i] = byte(i)
	}
	text := slices.Concat([]byte("ayni.persons.v1\n"), secret[:32], []byte{'h'}, secret[32:])
	sum := sha256.Sum256(text)
	keys, err := persons.ReadSnapshot(append(text, sum[:]...))
	require.NoError(t, err)
	return keys
}

// The bytes were made by a program in another language, with other libraries.
func TestVectors(t *testing.T) {
	keys := fixed(t)
	path, err := keys.Path(wanjiku)
	require.NoError(t, err)
	require.EqualValues(t, 0x3460c9fd049428b8, path)
	text, err := keys.Disclose(wanjiku)
	require.NoError(t, err)
	require.Equal(t, "ayni-person-key-1:qjRFPJz_vxdIyjbD5XbFcgK881deKq_MH8Z6O_Q6FrZ6P8JL", text)

	line := []byte(`{"name":"Wanjiku","account":"254712345678","salt":"AAAAAAAAAAAAAAAAAAAAAA"}`)
	sealed, err := keys.SealAll([]persons.Line{{Person: wanjiku, Text: line}})
	require.NoError(t, err)
	require.Equal(t, "0114ab96350c82362400017478e0393a80cb9094ce1186ee391b48e03a058015859977b7ba18f1113f6cbc144747157d1ee2"+
		"50005be2f83c9d4f7e54535bc82281ebd576cb50eac7ba3f825bf24887d887c5ff27f36aee73f8bfffef2b71f6651cd23faa"+
		"f783d385dd066b99709c959e86d253ef91d63a7155791cdf114d50fc4ea551ce4fa5008298b4d1c93d86b86c", hex.EncodeToString(sealed))
}

func TestSealAndUnseal(t *testing.T) {
	keys, others := persons.Generate(), persons.Generate()
	rapid.Check(t, func(t *rapid.T) {
		line := anyLine(t)
		sealed, err := keys.Seal(line.Person, line.Text)
		require.NoError(t, err)
		require.EqualValues(t, sha256.Sum256(line.Text), sealed.Commitment)
		got, err := keys.Unseal(sealed)
		require.NoError(t, err)
		require.Equal(t, line.Text, got)

		again, err := keys.Seal(line.Person, line.Text)
		require.NoError(t, err)
		require.Equal(t, sealed, again, "the same bytes, whoever seals and whenever")
		_, err = others.Unseal(sealed)
		require.ErrorAs(t, err, new(*persons.TamperedError))
	})
}

func TestAnyFlippedBitIsFound(t *testing.T) {
	keys := persons.Generate()
	sealed, err := keys.Seal(wanjiku, []byte(`{"name":"Wanjiku","salt":"AAAAAAAAAAAAAAAAAAAAAA"}`))
	require.NoError(t, err)
	tampered := func(s persons.Sealed) {
		_, err := keys.Unseal(s)
		require.Equal(t, &persons.TamperedError{Commitment: s.Commitment}, err)
	}
	for bit := range 8 * len(sealed.Box) {
		s := sealed
		s.Box = slices.Clone(s.Box)
		s.Box[bit/8] ^= 1 << (bit % 8)
		tampered(s)
	}
	for bit := range 8 * len(sealed.Commitment) {
		s := sealed
		s.Commitment[bit/8] ^= 1 << (bit % 8)
		tampered(s)
	}
	for bit := range 8 * len(sealed.Hidden) {
		s := sealed
		s.Hidden[bit/8] ^= 1 << (bit % 8)
		tampered(s)
	}
	for size := range sealed.Box {
		s := sealed
		s.Box = s.Box[:size]
		tampered(s)
	}
	other, err := keys.Seal(maria, []byte("x"))
	require.NoError(t, err)
	s := sealed
	s.Box = other.Box
	tampered(s)
}

func TestErasing(t *testing.T) {
	keys := persons.Generate()
	lines := []persons.Line{
		{Person: wanjiku, Text: []byte("wanjiku's")}, {Person: maria, Text: []byte("maria's")}, {Person: wanjiku, Text: []byte("another of hers")},
	}
	before, err := keys.SealAll(lines)
	require.NoError(t, err)
	path, err := keys.Path(wanjiku)
	require.NoError(t, err)
	require.NoError(t, keys.Destroy(path))

	_, err = keys.Key(wanjiku)
	require.ErrorAs(t, err, new(*persons.ErasedError))
	_, err = keys.Disclose(wanjiku)
	require.ErrorAs(t, err, new(*persons.ErasedError))
	_, err = keys.Seal(wanjiku, []byte("new"))
	require.ErrorAs(t, err, new(*persons.ErasedError))

	after, err := keys.SealAll(lines)
	require.NoError(t, err, "who is erased stops nobody else")
	require.NotContains(t, string(after), "wanjiku")
	for _, text := range [][]byte{before, after} {
		got, err := keys.UnsealAll(text)
		require.NoError(t, err)
		require.Len(t, got, len(lines))
		for i, line := range lines {
			require.EqualValues(t, sha256.Sum256(line.Text), got[i].Commitment)
		}
		require.ErrorAs(t, got[0].Err, new(*persons.ErasedError))
		require.Equal(t, persons.Unsealed{Commitment: got[1].Commitment, Text: lines[1].Text}, got[1])
		require.ErrorAs(t, got[2].Err, new(*persons.ErasedError))
	}
}

// A box that was emptied passes for an erased person's only where the person is erased.
func TestAnEmptyBoxIsNoErasure(t *testing.T) {
	keys := persons.Generate()
	sealed, err := keys.Seal(wanjiku, []byte("hers"))
	require.NoError(t, err)
	sealed.Box = nil
	_, err = keys.Unseal(sealed)
	require.ErrorAs(t, err, new(*persons.TamperedError))
}

func TestADisclosedKeyOpensOnePersonsLines(t *testing.T) {
	keys := persons.Generate()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(anyLine), 1, 6).Draw(t, "lines")
		sealed, err := keys.SealAll(lines)
		require.NoError(t, err)
		whose := lines[0].Person
		text, err := keys.Disclose(whose)
		require.NoError(t, err)
		key, err := persons.ReadKey(text)
		require.NoError(t, err)
		got, err := key.Open(sealed)
		require.NoError(t, err)
		var want []persons.Unsealed
		for _, line := range lines {
			if line.Person == whose {
				want = append(want, persons.Unsealed{Commitment: sha256.Sum256(line.Text), Text: line.Text})
			}
		}
		require.Equal(t, want, got)
	})
}

func TestReadKeyRefuses(t *testing.T) {
	text, err := persons.Generate().Disclose(wanjiku)
	require.NoError(t, err)
	for i := range text { // one letter for another
		wrong := []byte(text)
		wrong[i] = 'a' + (wrong[i]+1)%26
		_, err := persons.ReadKey(string(wrong))
		require.ErrorAs(t, err, new(*persons.FormError), string(wrong))
	}
	for _, wrong := range []string{"", text[:len(text)-1], text + "A", text + "\n", text[:30] + "\n" + text[31:], strings.ToUpper(text), " " + text} {
		_, err := persons.ReadKey(wrong)
		require.ErrorAs(t, err, new(*persons.FormError), wrong)
	}
}

func TestPersonsAreChecked(t *testing.T) {
	keys := persons.Generate()
	for _, p := range []persons.Person{{}, {Participant: "a"}, {Account: "1"}, {Participant: "a\nb", Account: "1"}} {
		_, err := keys.Key(p)
		require.ErrorAs(t, err, new(*persons.PersonError))
		_, err = keys.SealAll([]persons.Line{{Person: p, Text: []byte("x")}})
		require.ErrorAs(t, err, new(*persons.PersonError))
	}
	_, err := keys.Path(persons.Person{Participant: "a", Account: strings.Repeat("1", persons.MaxPersonBytes)})
	require.ErrorAs(t, err, new(*persons.LimitError))

	one, err := keys.Path(persons.Person{Participant: "a", Account: "b\nc"})
	require.NoError(t, err)
	two, err := keys.Path(persons.Person{Participant: "a-b", Account: "c"})
	require.NoError(t, err)
	require.NotEqual(t, one, two)
}

// Whatever is printed of keys, their secrets are not.
func TestSecretsDoNotPrint(t *testing.T) {
	keys := fixed(t)
	key, err := keys.Key(wanjiku)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		require.Equal(t, "persons.Key", fmt.Sprintf(verb, key))
		require.Equal(t, "persons.Keys(14ab96350c823624)", fmt.Sprintf(verb, keys))
	}
	for _, err := range []error{
		&persons.ErasedError{}, &persons.TamperedError{}, &persons.FormError{What: "key", Why: "why"}, &persons.LimitError{What: "bytes", Got: 2, Max: 1},
		&persons.PersonError{Why: "why"}, &persons.OtherKeysError{}, &persons.AccessError{File: "keys"},
	} {
		require.True(t, strings.HasPrefix(err.Error(), "persons: "))
	}
}
