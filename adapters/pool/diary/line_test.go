package diary_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
)

func TestALineHasOneForm(t *testing.T) {
	line, err := diary.NewLine("payouts", "paid", struct {
		To    string `json:"to"`
		Minor int64  `json:"minor"`
	}{"m2", 9007199254740993}, "m2", "m10", "m2")
	require.NoError(t, err)
	text, err := line.Text()
	require.NoError(t, err)
	require.True(t, bytes.Equal(text, []byte(`{"about":["m10","m2"],"kind":"paid","minor":"9007199254740993","section":"payouts","to":"m2"}`)), "%s", text)
	var body struct {
		Minor int64  `json:"minor"`
		To    string `json:"to"`
	}
	require.NoError(t, line.Read(&body))
	require.EqualValues(t, 9007199254740993, body.Minor)
	var less struct {
		To string `json:"to"`
	}
	require.Error(t, line.Read(&less), "a member that nobody knows")

	bare, err := diary.NewLine("decisions", "begun", nil)
	require.NoError(t, err)
	text, err = bare.Text()
	require.NoError(t, err)
	require.True(t, bytes.Equal(text, []byte(`{"about":[],"kind":"begun","section":"decisions"}`)), "%s", text)
	require.NoError(t, bare.Read(&struct{}{}))
}

func TestWhatIsNoLine(t *testing.T) {
	for name, text := range map[string]string{
		"space":            `{"about":[], "kind":"k","section":"s"}`,
		"order":            `{"kind":"k","about":[],"section":"s"}`,
		"number":           `{"about":[],"kind":"k","n":1,"section":"s"}`,
		"number within":    `{"about":[],"kind":"k","n":{"m":[1]},"section":"s"}`,
		"twice":            `{"about":[],"kind":"k","kind":"k","section":"s"}`,
		"null about":       `{"about":null,"kind":"k","section":"s"}`,
		"no about":         `{"kind":"k","section":"s"}`,
		"about a number":   `{"about":["m1",1],"kind":"k","section":"s"}`,
		"about unsorted":   `{"about":["m2","m1"],"kind":"k","section":"s"}`,
		"about twice":      `{"about":["m1","m1"],"kind":"k","section":"s"}`,
		"about a name":     `{"about":["Wanjiku Kamau"],"kind":"k","section":"s"}`,
		"about nobody":     `{"about":[""],"kind":"k","section":"s"}`,
		"no kind":          `{"about":[],"kind":"","section":"s"}`,
		"a long kind":      `{"about":[],"kind":"` + strings.Repeat("k", 65) + `","section":"s"}`,
		"no section":       `{"about":[],"kind":"k"}`,
		"a line feed":      "{\"about\":[],\"kind\":\"k\",\"section\":\"s\"}\n",
		"escaped":          `{"about":[],"kind":"\u006b","section":"s"}`,
		"no object":        `["about","kind","section"]`,
		"no JSON":          `about`,
		"nothing":          ``,
		"no UTF-8":         "{\"about\":[],\"kind\":\"k\",\"section\":\"s\",\"x\":\"\xff\"}",
		"too long":         `{"about":[],"kind":"k","section":"s","x":"` + strings.Repeat("x", diary.MaxLineBytes) + `"}`,
		"names fold":       `{"About":["m1"],"about":[],"kind":"k","section":1}`,
		"deep":             `{"about":[],"kind":"k","section":"s","x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`,
		"two values":       `{"about":[],"kind":"k","section":"s"}{}`,
		"section is false": `{"about":[],"kind":"k","section":false}`,
	} {
		_, err := diary.ParseLine([]byte(text))
		var form *diary.FormError
		assert.ErrorAs(t, err, &form, name)
	}
	for name, body := range map[string]any{
		"its kind twice": map[string]string{"kind": "x"}, "about in it": map[string][]string{"about": {"m1"}},
		"text": "text", "a row": []string{"x"}, "no JSON": func() {}, "no UTF-8": map[string]string{"x": "\xff"},
		"too long": map[string]string{"x": strings.Repeat("x", diary.MaxLineBytes)},
	} {
		_, err := diary.NewLine("s", "k", body)
		var form *diary.FormError
		assert.ErrorAs(t, err, &form, name)
	}
}

// anyLine draws a line as a pool could write it.
func anyLine(t *rapid.T) diary.Line {
	name := rapid.StringMatching(`[a-z][a-z0-9_.-]{0,20}`)
	body := rapid.MapOf(rapid.StringMatching(`x[a-zé]{0,5}`), rapid.SampledFrom([]any{"", "é<>\"\\", int64(-5), uint64(1 << 63), true, nil, []string{"a"}, map[string]int{"b": 1}})).Draw(t, "body")
	line, err := diary.NewLine(name.Draw(t, "section"), name.Draw(t, "kind"), body, rapid.SliceOfN(name, 0, 4).Draw(t, "about")...)
	require.NoError(t, err)
	return line
}

func TestEveryLineIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := anyLine(t)
		text, err := line.Text()
		require.NoError(t, err)
		again, err := diary.ParseLine(text)
		require.NoError(t, err)
		require.Equal(t, line, again)
		require.True(t, slices.IsSorted(line.About))
		salt := diary.Salt(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "salt"))
		gotSalt, gotLine, err := diary.ParseBlob(diary.Blob(salt, text))
		require.NoError(t, err)
		require.Equal(t, salt, gotSalt)
		require.Equal(t, line, gotLine)
	})
}
