package diary_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
)

// The figures were made with Python's hmac and hashlib.
func TestFormsToTheByte(t *testing.T) {
	salts, err := diary.ReadSaltKey(base64.RawURLEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")))
	require.NoError(t, err)
	salt := salts.Salt(7, 2)
	require.Equal(t, "a46cef7b63d1b2c4c8becc4b90febfaa", fmt.Sprintf("%x", salt[:]))
	blob := diary.Blob(salt, []byte(`{"about":["m1"],"kind":"paid","section":"payouts"}`))
	require.Equal(t, fmt.Sprintf("%x\n", salt[:])+`{"about":["m1"],"kind":"paid","section":"payouts"}`+"\n", string(blob))
	commitment := diary.Commit(blob)
	require.Equal(t, "4d81720f9c87009e233e0b414c5d1eff448d265691188c410fd304582679bb61", commitment.String())
	entry, err := diary.Entry([]diary.Commitment{commitment})
	require.NoError(t, err)
	require.Equal(t, `{"kind":"pool","lines":["`+commitment.String()+`"],"rules":"ayni-pool-1"}`, string(entry))
	read, err := diary.ParseEntry(entry)
	require.NoError(t, err)
	require.Equal(t, []diary.Commitment{commitment}, read)
}

func TestSaltsAreForOnePlace(t *testing.T) {
	key, other := diary.GenerateSaltKey(), diary.GenerateSaltKey()
	seen := map[diary.Salt]bool{}
	for index := range int64(50) {
		for place := range 50 {
			seen[key.Salt(index, place)] = true
			seen[other.Salt(index, place)] = true
		}
	}
	require.Len(t, seen, 2*50*50)
	again, err := diary.ReadSaltKey(key.Reveal())
	require.NoError(t, err)
	require.Equal(t, key, again)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s %x", key, key, key, key, key), key.Reveal())
	for _, text := range []string{"", key.Reveal() + "\n", key.Reveal()[1:], key.Reveal() + "A", strings.Repeat("=", 43)} {
		_, err := diary.ReadSaltKey(text)
		require.Error(t, err, text)
	}
}

func TestWhatIsNoBlob(t *testing.T) {
	const line = `{"about":[],"kind":"k","section":"s"}`
	salt := strings.Repeat("0a", 16)
	_, _, err := diary.ParseBlob([]byte(salt + "\n" + line + "\n"))
	require.NoError(t, err)
	for name, blob := range map[string]string{
		"no salt": line + "\n", "upper case": strings.ToUpper(salt) + "\n" + line + "\n", "short salt": salt[2:] + "\n" + line + "\n",
		"no hex": strings.Repeat("0g", 16) + "\n" + line + "\n", "no end": salt + "\n" + line, "two ends": salt + "\n" + line + "\n\n",
		"no line": salt + "\n\n", "nothing": "", "carriage return": salt + "\r\n" + line + "\n",
	} {
		_, _, err := diary.ParseBlob([]byte(blob))
		var form *diary.FormError
		assert.ErrorAs(t, err, &form, name)
	}
}

func TestWhatIsNoEntry(t *testing.T) {
	a, b := strings.Repeat("0a", 32), strings.Repeat("0b", 32)
	sound := `{"kind":"pool","lines":["` + a + `","` + b + `"],"rules":"ayni-pool-1"}`
	_, err := diary.ParseEntry([]byte(sound))
	require.NoError(t, err)
	change := func(from, to string) string { return strings.Replace(sound, from, to, 1) }
	for name, entry := range map[string]string{
		"space": change(`,"rules"`, `, "rules"`), "of a batch": change("pool", "batch"), "of other rules": change("pool-1", "pool-2"),
		"upper case": change(a, strings.ToUpper(a)), "short": change(a, a[2:]), "long": change(a, a+"00"), "twice": change(b, a),
		"no lines": `{"kind":"pool","lines":[],"rules":"ayni-pool-1"}`, "null": `{"kind":"pool","lines":null,"rules":"ayni-pool-1"}`,
		"more": change(`"lines"`, `"line":"","lines"`), "order": `{"lines":["` + a + `"],"kind":"pool","rules":"ayni-pool-1"}`,
		"a line feed": sound + "\n", "nothing": "", "no hex": change("0a", "0g"),
	} {
		_, err := diary.ParseEntry([]byte(entry))
		var form *diary.FormError
		assert.ErrorAs(t, err, &form, name)
	}
}

func TestEveryEntryIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, diary.MaxLines+1).Draw(t, "lines")
		commitments := make([]diary.Commitment, n)
		for i := range commitments {
			commitments[i] = diary.Commit(fmt.Append(nil, i))
		}
		entry, err := diary.Entry(commitments)
		if n == 0 || n > diary.MaxLines {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.LessOrEqual(t, len(entry), diary.MaxEntryBytes)
		again, err := diary.ParseEntry(entry)
		require.NoError(t, err)
		require.Equal(t, commitments, again)
	})
}
