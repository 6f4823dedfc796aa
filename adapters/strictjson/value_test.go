package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/strictjson"
)

var limits = strictjson.Limits{Bytes: 4096, Depth: 4}

func TestRefused(t *testing.T) {
	for name, text := range map[string]string{
		"a name twice":         `{"a":1,"a":1}`,
		"a name in two cases":  `{"a":{"Amount":1,"amount":1}}`,
		"two values":           `{} {}`,
		"something behind it":  `{}x`,
		"too deep":             `[[[[[1]]]]]`,
		"too long":             `"` + strings.Repeat("a", 4096) + `"`,
		"no UTF-8":             "\"\xff\"",
		"nothing":              "",
		"half":                 `{"a":`,
		"a number that is not": `{"a":01}`,
	} {
		var fault *strictjson.Error
		require.ErrorAs(t, strictjson.Check([]byte(text), limits), &fault, name)
	}
}

func TestNumbersKeepTheirText(t *testing.T) {
	v, err := strictjson.Parse([]byte(`{"a":1500.10,"b":"x","c":9007199254740993,"d":null}`), limits)
	require.NoError(t, err)
	var a, b, c, d, e string
	require.NoError(t, v.Fields(map[string]*string{"a": &a, "b": &b, "c": &c, "d": &d, "e": &e}))
	assert.Equal(t, []string{"1500.10", "x", "9007199254740993", "", ""}, []string{a, b, c, d, e})
	var fault *strictjson.Error
	require.ErrorAs(t, v.Fields(map[string]*string{"A": &a}), &fault, "in another case it is another name")
}

func TestSpacesInNames(t *testing.T) {
	loose := limits
	loose.IgnoreSpaces = true
	v, err := strictjson.Parse([]byte(`{"Conversation ID":"x"}`), loose)
	require.NoError(t, err)
	id, err := v.Get("ConversationID")
	require.NoError(t, err)
	text, err := id.Scalar()
	require.NoError(t, err)
	assert.Equal(t, "x", text)
	require.Error(t, strictjson.Check([]byte(`{"Conversation ID":"x","ConversationID":"y"}`), loose))
}

// What is taken is what the standard library takes too, and says the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"b",true,null,{}]}`, `[[[]]]`, `"\ud800"`, `{"K":1,"k":2}`, `{"ſ":1,"s":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := strictjson.Parse(body, limits)
		if err != nil {
			var fault *strictjson.Error
			require.ErrorAs(t, err, &fault)
			return
		}
		var std any
		require.NoError(t, json.Unmarshal(body, &std))
		object, ok := std.(map[string]any)
		require.Equal(t, ok, v.IsObject())
		for name, member := range object {
			got, err := v.Get(name)
			require.NoError(t, err)
			if text, ok := member.(string); ok {
				scalar, err := got.Scalar()
				require.NoError(t, err)
				require.Equal(t, text, scalar)
			}
		}
		require.Len(t, v.Names(), len(object))
	})
}
