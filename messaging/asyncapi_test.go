package messaging

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asyncDocument is as much of an AsyncAPI 3 document as can be held against the code.
type asyncDocument struct {
	AsyncAPI string `json:"asyncapi"`
	Channels map[string]struct {
		Address    string                     `json:"address"`
		Parameters map[string]json.RawMessage `json:"parameters"`
		Messages   map[string]json.RawMessage `json:"messages"`
	} `json:"channels"`
	Operations map[string]struct {
		Action  string            `json:"action"`
		Channel map[string]string `json:"channel"`
	} `json:"operations"`
	Components struct {
		Messages map[string]struct {
			Headers map[string]string `json:"headers"`
			Payload struct {
				Schema map[string]string `json:"schema"`
			} `json:"payload"`
		} `json:"messages"`
		Schemas map[string]json.RawMessage `json:"schemas"`
	} `json:"components"`
}

func readAsyncAPI(t *testing.T) (asyncDocument, any) {
	t.Helper()
	var document asyncDocument
	var tree any
	require.NoError(t, json.Unmarshal(AsyncAPI(), &document))
	require.NoError(t, json.Unmarshal(AsyncAPI(), &tree))
	return document, tree
}

// Every reference of the document leads somewhere: inside it, or to one of the schemas.
func TestAsyncAPIRefersToWhatIsThere(t *testing.T) {
	_, tree := readAsyncAPI(t)
	references := 0
	walk(tree, func(name string, value any) {
		to, isText := value.(string)
		if name != "$ref" || !isText {
			return
		}
		references++
		if file, inFolder := strings.CutPrefix(to, "./"); inFolder {
			_, err := fs.Stat(Schemas(), file)
			assert.NoError(t, err, to)
			return
		}
		path, inside := strings.CutPrefix(to, "#/")
		require.True(t, inside, to)
		at := tree
		for part := range strings.SplitSeq(path, "/") {
			at = at.(map[string]any)[part] //nolint:forcetypeassert // a panic would name the reference too
			require.NotNil(t, at, to)
		}
	})
	assert.Greater(t, references, 30)
}

func walk(tree any, visit func(name string, value any)) {
	switch node := tree.(type) {
	case map[string]any:
		for name, value := range node {
			visit(name, value)
			walk(value, visit)
		}
	case []any:
		for _, value := range node {
			walk(value, visit)
		}
	}
}

// The subjects are those of the code, and the directions those that a participant is let do.
func TestAsyncAPISaysWhatTheCodeDoes(t *testing.T) {
	document, _ := readAsyncAPI(t)
	assert.Equal(t, "3.0.0", document.AsyncAPI)
	actions := map[string]string{}
	for name, o := range document.Operations {
		require.Contains(t, []string{"send", "receive"}, o.Action, name)
		actions[strings.TrimPrefix(o.Channel["$ref"], "#/channels/")] = o.Action
	}
	for kind, action := range map[PayloadKind]string{
		PayloadIntent: "send", PayloadOutcome: "send", PayloadPayout: "receive", PayloadStatus: "receive",
	} {
		channel, found := document.Channels[string(kind)]
		require.True(t, found, kind)
		assert.Equal(t, Subject(kind, "{participant}"), channel.Address)
		assert.Contains(t, channel.Parameters, "participant")
		assert.Equal(t, action, actions[string(kind)])
		assert.Contains(t, channel.Messages, string(kind))
		assert.Equal(t, "./"+string(kind)+".json", document.Components.Messages[string(kind)].Payload.Schema["$ref"])
	}
	assert.Contains(t, document.Channels["status"].Messages, string(mailSchema))
	addresses := map[string]bool{}
	for _, c := range document.Channels {
		addresses[c.Address] = true
	}
	for _, p := range passages("{participant}") {
		subject := p.imported
		if strings.HasPrefix(subject, "$JS.ACK.") {
			subject = strings.TrimSuffix(subject, ">") + "{delivery}"
		}
		assert.True(t, addresses[subject], "%s is not in the document", subject)
	}
}

// The headers are those that a signed message has.
func TestAsyncAPIHeaders(t *testing.T) {
	document, _ := readAsyncAPI(t)
	for _, kind := range []string{"intent", "outcome", "payout", "status", "mail"} {
		assert.Equal(t, "#/components/schemas/headers", document.Components.Messages[kind].Headers["$ref"])
	}
	compiler := jsonschema.NewCompiler()
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(string(document.Components.Schemas["headers"])))
	require.NoError(t, err)
	require.NoError(t, compiler.AddResource("mem:///headers.json", schema))
	headers, err := compiler.Compile("mem:///headers.json")
	require.NoError(t, err)
	seed, err := NewSeed()
	require.NoError(t, err)
	signer, err := NewSigner(seed)
	require.NoError(t, err)
	signature, err := signer.Sign(PayloadOutcome, []byte("{}"))
	require.NoError(t, err)
	sound := map[string]any{"Nats-Msg-Id": "x", HeaderSignature: signature, HeaderKey: signer.PublicKey()}
	require.NoError(t, headers.Validate(sound))
	for name := range sound {
		missing := map[string]any{}
		for other, value := range sound {
			if other != name {
				missing[other] = value
			}
		}
		require.Error(t, headers.Validate(missing), name)
	}
	sound[HeaderSignature] = signature + "="
	require.Error(t, headers.Validate(sound))
	assert.Regexp(t, `ayni\.<kind>\.v2`, string(document.Components.Schemas["headers"]))
}
